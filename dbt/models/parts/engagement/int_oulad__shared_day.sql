select
    section_key,
    date_day,
    source_system,
    count(*)::integer as submission_count
from {{ ref('int_oulad__section_day') }}
group by section_key, date_day, source_system
having count(*) > 1
