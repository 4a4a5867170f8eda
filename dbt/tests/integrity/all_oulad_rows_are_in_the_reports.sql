-- Enrollments, results and clicks of each presentation are the same in the star and in each report. Where a report
-- withholds rows it may hold less, never more.
{{ config(tags=['integrity']) }}

with observed as (
    select
        section_key,
        min(presentation_day) as first_day,
        max(presentation_day) as as_of_day
    from {{ ref('int_oulad__section_day') }}
    group by section_key
),

expected as (
    select
        'rpt_cohort_retention' as report,
        section.section_name as part,
        count(*) as row_count
    from {{ ref('fct_enrollment__oulad') }} as enrollment
    inner join {{ ref('dim_course_section__oulad') }} as section on enrollment.section_key = section.section_key
    where enrollment.registration_submission_id is not null and section.length_days is not null
    group by section.section_name
    union all
    select
        'rpt_withdrawal_week',
        section.section_name,
        count(enrollment.unregistered_day)
    from {{ ref('fct_enrollment__oulad') }} as enrollment
    inner join {{ ref('dim_course_section__oulad') }} as section on enrollment.section_key = section.section_key
    where enrollment.registration_submission_id is not null and section.length_days is not null
    group by section.section_name
    union all
    select
        'rpt_engagement_activity',
        section.section_name,
        sum(click.click_count)
    from {{ ref('int_oulad__section_day') }} as click
    inner join {{ ref('dim_course_section__oulad') }} as section on click.section_key = section.section_key
    group by section.section_name
    union all
    -- Up to the end of the last week that is told whole, or of the only one.
    select
        'rpt_engagement_week',
        section.section_name,
        sum(click.click_count)
    from {{ ref('int_oulad__section_day') }} as click
    inner join observed on click.section_key = observed.section_key
    inner join {{ ref('dim_course_section__oulad') }} as section on click.section_key = section.section_key
    where
        {{ presentation_week('click.presentation_day') }} <= greatest(
            {{ presentation_week('observed.first_day') }}, {{ presentation_week('(observed.as_of_day + 1)') }} - 1
        )
        and exists (
            select 1 from {{ ref('fct_enrollment__oulad') }} as enrollment
            where enrollment.section_key = click.section_key and enrollment.submission_id is not null
        )
        and exists (
            select 1 from {{ ref('fct_enrollment__oulad') }} as enrollment
            where enrollment.section_key = click.section_key and enrollment.registration_submission_id is not null
        )
    group by section.section_name
    union all
    select
        'rpt_late_submission',
        coalesce(section.section_name, 'Unknown presentation'),
        count(*)
    from {{ ref('fct_assessment_result__oulad') }} as result
    left join {{ ref('dim_course_section__oulad') }} as section on result.section_key = section.section_key
    group by section.section_name
    union all
    select
        'rpt_background_result',
        attribute,
        count(*)
    from {{ ref('fct_enrollment__oulad') }}
    cross join unnest(array['deprivation', 'education', 'age', 'disability']) as attribute
    where final_result is not null
    group by attribute
    union all
    -- Enrolled on the last day on file: each is either in the list, or has a click in the last days.
    select
        'rpt_inactive_student',
        inactive.section_name,
        max(inactive.enrolled_count) - count(*)
    from {{ ref('rpt_inactive_student') }} as inactive
    group by inactive.section_name
),

actual as (
    select
        'rpt_cohort_retention' as report,
        section_name as part,
        enrolled_count as row_count,
        is_suppressed
    from {{ ref('rpt_cohort_retention') }}
    where presentation_day = 0
    union all
    select
        'rpt_withdrawal_week',
        section_name,
        sum(withdrawn_count),
        bool_or(is_suppressed)
    from {{ ref('rpt_withdrawal_week') }}
    group by section_name
    union all
    select
        'rpt_engagement_week',
        section_name,
        sum(click_count),
        bool_or(is_suppressed)
    from {{ ref('rpt_engagement_week') }}
    where final_result = 'All results'
    group by section_name
    union all
    select
        'rpt_engagement_activity',
        section_name,
        click_count,
        is_suppressed
    from {{ ref('rpt_engagement_activity') }}
    where activity_type = 'All activities'
    union all
    select
        'rpt_late_submission',
        section_name,
        result_count,
        is_suppressed
    from {{ ref('rpt_late_submission') }}
    where assessment_kind = 'All kinds'
    union all
    select
        'rpt_background_result',
        attribute,
        enrollment_count,
        is_suppressed
    from {{ ref('rpt_background_result') }}
    where level = 'All students'
    union all
    select
        'rpt_inactive_student',
        section.section_name,
        count(distinct activity.student_key),
        false
    from {{ ref('int_oulad__student_activity') }} as activity
    inner join {{ ref('dim_course_section__oulad') }} as section on activity.section_key = section.section_key
    inner join {{ ref('fct_enrollment__oulad') }} as enrollment
        on activity.section_key = enrollment.section_key and activity.student_key = enrollment.student_key
    inner join observed on activity.section_key = observed.section_key
    where
        observed.as_of_day - activity.last_day < {{ threshold('inactivity_days', 'activity.source_system') }}
        and enrollment.registration_submission_id is not null
        and coalesce(enrollment.registered_day, observed.as_of_day) <= observed.as_of_day
        and (enrollment.unregistered_day is null or enrollment.unregistered_day > observed.as_of_day)
    group by section.section_name
)

select
    report,
    part,
    expected.row_count,
    actual.row_count as actual_row_count
from expected
full join actual using (report, part)
where
    part <> 'All presentations'
    and case
        when report = 'rpt_inactive_student' and expected.row_count is null then false -- nobody is silent there
        when actual.is_suppressed then actual.row_count > expected.row_count
        else coalesce(expected.row_count, 0) <> coalesce(actual.row_count, 0)
    end
