{{ config(indexes=[
    {'columns': ['guardian_key'], 'unique': true},
    {'columns': ['source_system', 'guardian_id']},
]) }}

{% set attributes = ['school_id', 'gender', 'birth_year'] %}

with statement as (
    select * from {{ ref('base_district__users') }}
),

-- What was said of those who are parents now.
told as (
    select
        statement.source_system,
        statement.user_id as guardian_id,
        statement.school_id,
        statement.gender,
        extract(year from statement.birth_date)::integer as birth_year,
        statement.updated_at,
        statement._submission_id,
        statement._line_number
    from statement
    inner join {{ ref('stg_district__users') }} as present on statement.user_id = present.user_id
    where statement.is_active and present.role = 'parent'
),

{{ versions_by_update('told', 'guardian_id', 'guardian_key', attributes) }}

select
    guardian_key,
    source_system,
    guardian_id,
    null::text as title,
    gender,
    null::integer as age_years,
    birth_year,
    null::text as state_of_origin,
    null::text as lga_of_residence,
    null::text as occupation,
    null::text as financial_status,
    null::text as education_level,
    null::text as school_engagement,
    valid_from,
    valid_to,
    is_current,
    submission_id,
    array[line_number] as line_numbers,
    case when school_id is not null then {{ surrogate_key(['source_system', 'school_id']) }} end as school_key
from versions
