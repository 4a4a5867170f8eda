{{ config(indexes=[
    {'columns': ['student_key', 'resource_key', 'date_day'], 'unique': true},
    {'columns': ['section_key']},
]) }}

select
    access.student_key,
    access.resource_key,
    access.accessed_on as date_day,
    content.section_key,
    access.source_system,
    access.accessed_on - any_value(section.starts_on) as presentation_day,
    sum(access.access_count)::integer as click_count,
    count(*)::integer as line_count,
    max(access._submission_id) as submission_id,
    (array_agg(access._line_number order by access._submission_id desc, access._line_number))[1] as line_number
from {{ ref('stg_district__accesses') }} as access
left join {{ ref('stg_district__contents') }} as content on access.resource_key = content.resource_key
left join {{ ref('int_district__section') }} as section on content.section_key = section.section_key
group by access.student_key, access.resource_key, access.accessed_on, content.section_key, access.source_system
