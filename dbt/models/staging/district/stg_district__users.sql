with statement as (
    select * from {{ ref('base_district__users') }}
)

{{ current_rows('statement', 'user_id') }}
