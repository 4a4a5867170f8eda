select
    section.section_key,
    section.source_system,
    section.section_name,
    -- A presentation that no file describes ends where its last student left.
    greatest(coalesce(section.length_days, max(enrollment.unregistered_day)), 0) as last_day,
    count(*)::integer as enrolled_count,
    count(*) < {{ threshold('suppression_minimum', 'section.source_system') }} as is_small
from {{ ref('fct_enrollment') }} as enrollment
inner join {{ ref('dim_course_section') }} as section on enrollment.section_key = section.section_key
group by section.section_key, section.source_system, section.section_name, section.length_days
