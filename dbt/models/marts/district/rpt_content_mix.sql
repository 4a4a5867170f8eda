-- Contents that nobody has opened yet are part of the mix.
with content as (
    select
        resource.source_system,
        resource.resource_key,
        resource.activity_type as content_kind,
        school.school_key,
        school.school_label as school_name,
        interaction.student_key,
        interaction.click_count
    from {{ ref('dim_learning_resource__district') }} as resource
    inner join {{ ref('dim_course_section__district') }} as section on resource.section_key = section.section_key
    inner join {{ ref('dim_school__district') }} as school on section.school_key = school.school_key
    left join {{ ref('fct_resource_interaction__district') }} as interaction
        on resource.resource_key = interaction.resource_key
    where resource.member_type = 'known'
),

{{ school_cells(
    'content', 'content_kind',
    measures={
        'content_count': 'count(distinct resource_key)', 'opened_count': 'coalesce(sum(click_count), 0)',
    },
) }},

-- Of all that the school has, and of all that was opened there.
shared as (
    select
        *,
        max(content_count) filter (where is_margin) over school as total_content_count,
        max(opened_count) filter (where is_margin) over school as total_opened_count,
        bool_or(is_suppressed) filter (where is_margin) over school as is_total_suppressed
    from reported
    window school as (partition by source_system, school_name)
)

select
    source_system,
    school_name,
    content_kind,
    content_count::integer as content_count,
    content_count::double precision / total_content_count as content_rate,
    {{ shown_counts(['student_count', 'opened_count']) }}
    case
        when not (is_suppressed or is_total_suppressed)
            then opened_count::double precision / nullif(total_opened_count, 0)
    end as opened_rate,
    case when not is_suppressed then opened_count::double precision / content_count end as openings_per_content,
    is_suppressed,
    school_key,
    is_of_few_schools
from shared
where not is_margin
