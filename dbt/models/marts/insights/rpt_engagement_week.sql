-- Several submissions may tell of one student and week.
with activity as (
    select
        section_key,
        student_key,
        presentation_week,
        sum(click_count) as click_count
    from {{ ref('int_oulad__student_week') }}
    group by section_key, student_key, presentation_week
),

-- Who has no line of registrations is not known to have been there.
enrollment as (
    select
        section_key,
        student_key,
        coalesce(final_result, 'Unknown') as final_result,
        {{ presentation_week('registered_day') }} as registered_week,
        {{ presentation_week('unregistered_day') }} as unregistered_week
    from {{ ref('fct_enrollment__oulad') }}
    where registration_submission_id is not null
),

-- Presentations of which both files of students are loaded.
listed as (
    select section_key
    from {{ ref('fct_enrollment__oulad') }}
    group by section_key
    having bool_or(submission_id is not null) and bool_or(registration_submission_id is not null)
),

-- Only weeks that files of clicks tell of: elsewhere nothing is known, which is not the same as no clicks. Where the
-- last week is not told to its end it is left out, unless it is the only one.
observed as (
    select
        day.section_key,
        {{ presentation_week('min(day.presentation_day)') }} as first_week,
        greatest(
            {{ presentation_week('min(day.presentation_day)') }},
            {{ presentation_week('(max(day.presentation_day) + 1)') }} - 1
        ) as last_week
    from {{ ref('int_oulad__section_day') }} as day
    inner join listed on day.section_key = listed.section_key
    group by day.section_key
),

clicked as (
    select
        activity.section_key,
        activity.presentation_week,
        coalesce(enrollment.final_result, 'Unknown') as final_result,
        sum(activity.click_count) as click_count,
        count(*) filter (
            where enrollment.student_key is not null
            and activity.presentation_week >= coalesce(enrollment.registered_week, activity.presentation_week)
            and activity.presentation_week <= coalesce(enrollment.unregistered_week, activity.presentation_week)
        ) as active_count
    from activity
    left join enrollment
        on activity.section_key = enrollment.section_key and activity.student_key = enrollment.student_key
    group by activity.section_key, activity.presentation_week, coalesce(enrollment.final_result, 'Unknown')
),

-- One more when a student comes, one less in the week after a student left, nothing in all the weeks between.
moved as (
    select
        enrollment.section_key,
        enrollment.final_result,
        greatest(enrollment.registered_week, observed.first_week) as presentation_week,
        1 as step
    from enrollment
    inner join observed on enrollment.section_key = observed.section_key
    union all
    select
        enrollment.section_key,
        enrollment.final_result,
        greatest(enrollment.unregistered_week + 1, enrollment.registered_week, observed.first_week)
            as presentation_week,
        -1 as step
    from enrollment
    inner join observed on enrollment.section_key = observed.section_key
    where enrollment.unregistered_week is not null
    union all
    select
        told.section_key,
        told.final_result,
        week.presentation_week,
        0 as step
    from (
        select
            section_key,
            final_result
        from enrollment
        union
        select
            section_key,
            final_result
        from clicked
    ) as told
    inner join observed on told.section_key = observed.section_key
    cross join lateral generate_series(observed.first_week, observed.last_week) as week (presentation_week)
),

enrolled as (
    select
        section_key,
        final_result,
        presentation_week,
        sum(sum(step)) over (partition by section_key, final_result order by presentation_week) as enrolled_count
    from moved
    group by section_key, final_result, presentation_week
),

counted as (
    select
        section.source_system,
        section.section_key,
        section.section_name,
        enrolled.presentation_week,
        coalesce(enrolled.final_result, 'All results') as final_result,
        grouping(enrolled.final_result) = 1 as is_margin,
        sum(enrolled.enrolled_count) as student_count,
        coalesce(sum(clicked.active_count), 0) as active_count,
        coalesce(sum(clicked.click_count), 0) as click_count
    from enrolled
    inner join observed on enrolled.section_key = observed.section_key
    inner join {{ ref('dim_course_section__oulad') }} as section on enrolled.section_key = section.section_key
    left join clicked
        on
            enrolled.section_key = clicked.section_key
            and enrolled.presentation_week = clicked.presentation_week
            and enrolled.final_result = clicked.final_result
    where enrolled.presentation_week <= observed.last_week
    group by grouping sets (
        (section.source_system, section.section_key, section.section_name, enrolled.presentation_week),
        (
            section.source_system, section.section_key, section.section_name, enrolled.presentation_week,
            enrolled.final_result
        )
    )
),

sized as (
    select
        *,
        {{ threshold('suppression_minimum', 'counted.source_system') }} as minimum_count,
        -- Nobody and nothing is not a few; clicks of students who had left are.
        (student_count > 0 or click_count > 0)
        and student_count < {{ threshold('suppression_minimum', 'counted.source_system') }} as is_small
    from counted
),

decided as (
    select
        *,
        {{ is_withheld(within='section_key, presentation_week', cell='final_result', disjoint=true) }} as is_suppressed
    from sized
),

{{ totals_withheld(within=['source_system', 'presentation_week'], cell='final_result') }},

reported as (
    select
        source_system,
        section_name,
        presentation_week,
        final_result,
        student_count,
        active_count,
        click_count,
        is_suppressed
    from decided
    union all
    select
        decided.source_system,
        'All presentations' as section_name,
        decided.presentation_week,
        decided.final_result,
        sum(decided.student_count) as student_count,
        sum(decided.active_count) as active_count,
        sum(decided.click_count) as click_count,
        bool_or(total_withheld.is_suppressed) as is_suppressed
    from decided
    inner join total_withheld
        on
            decided.source_system = total_withheld.source_system
            and decided.presentation_week = total_withheld.presentation_week
            and decided.final_result = total_withheld.final_result
    group by decided.source_system, decided.presentation_week, decided.final_result
)

select
    source_system,
    section_name,
    presentation_week,
    final_result,
    case when not is_suppressed then student_count end::integer as enrolled_count,
    case when not is_suppressed then active_count end::integer as active_count,
    case when not is_suppressed then click_count end::bigint as click_count,
    case when not is_suppressed then active_count::double precision / nullif(student_count, 0) end
        as active_rate,
    case when not is_suppressed then click_count::double precision / nullif(student_count, 0) end
        as clicks_per_student,
    is_suppressed
from reported
