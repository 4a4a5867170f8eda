with used as (
    select
        resource_key,
        section_key,
        source_system,
        sum(click_count) as click_count,
        sum(interaction_count) as visit_count
    from {{ ref('int_oulad__resource_week') }}
    group by resource_key, section_key, source_system
),

audience as (
    select
        section_key,
        count(distinct student_key) as student_count
    from {{ ref('int_oulad__student_activity') }}
    group by section_key
),

counted as (
    select
        used.source_system,
        used.section_key,
        section.section_name,
        audience.student_count as audience_count,
        case
            when grouping(coalesce(resource.activity_type, 'unknown')) = 1 then 'All activities'
            else coalesce(resource.activity_type, 'unknown')
        end as activity_type,
        grouping(coalesce(resource.activity_type, 'unknown')) = 1 as is_margin,
        count(*) as resource_count,
        sum(used.click_count) as click_count,
        sum(used.visit_count) as visit_count
    from used
    inner join audience on used.section_key = audience.section_key
    inner join {{ ref('dim_course_section__oulad') }} as section on used.section_key = section.section_key
    inner join {{ ref('dim_learning_resource__oulad') }} as resource on used.resource_key = resource.resource_key
    group by grouping sets (
        (used.source_system, used.section_key, section.section_name, audience.student_count),
        (
            used.source_system, used.section_key, section.section_name, audience.student_count,
            coalesce(resource.activity_type, 'unknown')
        )
    )
),

-- Which students use a type only the clicks themselves know, and they are not read whole: visits stand in for them.
sized as (
    select
        *,
        least(visit_count, audience_count) as student_count,
        {{ threshold('suppression_minimum', 'counted.source_system') }} as minimum_count,
        least(visit_count, audience_count) < {{ threshold('suppression_minimum', 'counted.source_system') }} as is_small
    from counted
),

decided as (
    select
        *,
        {{ is_withheld(within='section_key', cell='activity_type') }} as is_suppressed
    from sized
),

{{ totals_withheld(within=['source_system'], cell='activity_type') }},

reported as (
    select
        source_system,
        section_name,
        activity_type,
        is_margin,
        resource_count,
        visit_count,
        click_count,
        is_suppressed
    from decided
    union all
    select
        decided.source_system,
        'All presentations' as section_name,
        decided.activity_type,
        decided.is_margin,
        sum(decided.resource_count) as resource_count,
        sum(decided.visit_count) as visit_count,
        sum(decided.click_count) as click_count,
        bool_or(total_withheld.is_suppressed) as is_suppressed
    from decided
    inner join total_withheld
        on
            decided.source_system = total_withheld.source_system
            and decided.activity_type = total_withheld.activity_type
    group by decided.source_system, decided.activity_type, decided.is_margin
)

select
    source_system,
    section_name,
    activity_type,
    case when not is_suppressed then resource_count end::integer as resource_count,
    case when not is_suppressed then visit_count end::bigint as visit_count,
    case when not is_suppressed then click_count end::bigint as click_count,
    case
        when not is_suppressed then click_count::double precision
            / nullif(max(click_count) filter (where is_margin) over (partition by source_system, section_name), 0)
    end as click_rate,
    is_suppressed
from reported
