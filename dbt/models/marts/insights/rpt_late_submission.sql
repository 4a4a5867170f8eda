with submitted as (
    select
        result.source_system,
        result.student_key,
        coalesce(section.section_name, 'Unknown presentation') as section_name,
        coalesce(assessment.assessment_kind, 'Unknown') as assessment_kind,
        result.is_banked,
        result.days_late
    from {{ ref('fct_assessment_result__oulad') }} as result
    inner join {{ ref('dim_assessment__oulad') }} as assessment on result.assessment_key = assessment.assessment_key
    left join {{ ref('dim_course_section__oulad') }} as section on assessment.section_key = section.section_key
),

counted as (
    select
        source_system,
        section_name,
        coalesce(assessment_kind, 'All kinds') as assessment_kind,
        grouping(assessment_kind) = 1 as is_margin,
        count(distinct student_key) as student_count,
        count(*) as result_count,
        count(*) filter (where is_banked) as banked_count,
        count(days_late) as due_count,
        count(*) filter (where days_late > 0) as late_count,
        coalesce(sum(days_late) filter (where days_late > 0), 0) as late_days,
        {{ threshold('suppression_minimum', 'submitted.source_system') }} as minimum_count,
        count(distinct student_key) < {{ threshold('suppression_minimum', 'submitted.source_system') }} as is_small
    from submitted
    group by grouping sets (
        (source_system, section_name),
        (source_system, section_name, assessment_kind)
    )
),

decided as (
    select
        *,
        {{ is_withheld(within='source_system, section_name', cell='assessment_kind') }} as is_suppressed
    from counted
),

{{ totals_withheld(within=['source_system'], cell='assessment_kind') }},

reported as (
    select
        source_system,
        section_name,
        assessment_kind,
        result_count,
        banked_count,
        due_count,
        late_count,
        late_days,
        is_suppressed
    from decided
    union all
    select
        decided.source_system,
        'All presentations' as section_name,
        decided.assessment_kind,
        sum(decided.result_count) as result_count,
        sum(decided.banked_count) as banked_count,
        sum(decided.due_count) as due_count,
        sum(decided.late_count) as late_count,
        sum(decided.late_days) as late_days,
        bool_or(total_withheld.is_suppressed) as is_suppressed
    from decided
    inner join total_withheld
        on
            decided.source_system = total_withheld.source_system
            and decided.assessment_kind = total_withheld.assessment_kind
    group by decided.source_system, decided.assessment_kind
)

select
    source_system,
    section_name,
    assessment_kind,
    case when not is_suppressed then result_count end::integer as result_count,
    case when not is_suppressed then banked_count end::integer as banked_count,
    case when not is_suppressed then due_count end::integer as due_count,
    case when not is_suppressed then late_count end::integer as late_count,
    case when not is_suppressed then late_count::double precision / nullif(due_count, 0) end as late_rate,
    case when not is_suppressed then late_days::double precision / nullif(late_count, 0) end as mean_days_late,
    is_suppressed
from reported
