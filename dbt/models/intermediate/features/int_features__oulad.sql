{{ config(indexes=[{'columns': ['student_key', 'section_key', 'prediction_day'], 'unique': true}]) }}

with click_days as (
    select
        section_key,
        max(presentation_day) as last_day
    from {{ ref('int_oulad__section_day') }}
    group by section_key
),

sections as (
    select
        section.section_key,
        section.module_code,
        section.presentation_code,
        section.section_name,
        section.start_date,
        section.end_date,
        section.length_days,
        clicks.last_day as last_click_day
    from {{ ref('dim_course_section__oulad') }} as section
    left join click_days as clicks on section.section_key = clicks.section_key
    where section.length_days is not null
),

moments as (
    select
        enrollment.student_key,
        enrollment.section_key,
        prediction_day.prediction_day,
        enrollment.source_system,
        enrollment.registered_day,
        enrollment.unregistered_day,
        enrollment.previous_attempt_count,
        enrollment.studied_credits,
        enrollment.final_result,
        enrollment.region,
        enrollment.highest_education,
        enrollment.imd_band,
        enrollment.age_band,
        enrollment.has_disability
    from {{ ref('fct_enrollment__oulad') }} as enrollment
    inner join {{ ref('prediction_day') }} as prediction_day on enrollment.source_system = prediction_day.source_system
    where
        enrollment.registration_submission_id is not null
        and enrollment.registered_day <= prediction_day.prediction_day
        and (enrollment.unregistered_day is null or enrollment.unregistered_day > prediction_day.prediction_day)
),

assessments as (
    select
        assessment_key,
        section_key,
        due_day,
        weight_pct
    from {{ ref('stg_oulad__assessments') }}
    where assessment_kind <> 'Exam'
),

due as (
    select
        assessments.section_key,
        prediction_day.prediction_day,
        count(*) as due_count
    from assessments
    inner join {{ ref('prediction_day') }} as prediction_day on assessments.due_day <= prediction_day.prediction_day
    group by assessments.section_key, prediction_day.prediction_day
),

handed_in as (
    select
        result.student_key,
        assessments.section_key,
        prediction_day.prediction_day,
        count(*) as submitted_count,
        count(*) filter (where assessments.due_day <= prediction_day.prediction_day) as submitted_due_count,
        count(*) filter (where result.submitted_day > assessments.due_day and not result.is_banked) as late_count,
        avg(result.score) as mean_score,
        min(result.score) as lowest_score,
        max(result.submitted_day) as last_submitted_day
    from {{ ref('stg_oulad__student_assessment') }} as result
    inner join assessments on result.assessment_key = assessments.assessment_key
    inner join {{ ref('prediction_day') }} as prediction_day on result.submitted_day <= prediction_day.prediction_day
    group by result.student_key, assessments.section_key, prediction_day.prediction_day
),

weights as (
    select
        section_key,
        sum(weight_pct) as weight_pct
    from assessments
    group by section_key
),

final_scores as (
    select
        result.student_key,
        assessments.section_key,
        sum(result.score * assessments.weight_pct) as weighted_score
    from {{ ref('stg_oulad__student_assessment') }} as result
    inner join assessments on result.assessment_key = assessments.assessment_key
    group by result.student_key, assessments.section_key
),

-- Whole weeks before the moment.
clicks as (
    select
        week.student_key,
        week.section_key,
        prediction_day.prediction_day,
        sum(week.click_count) as click_count,
        sum(week.click_count) filter (
            where week.presentation_week >= floor(prediction_day.prediction_day / 7.0) - 2
        ) as recent_click_count,
        sum(bit_count(week.active_days::integer::bit(7))) as active_day_count,
        sum(bit_count(week.active_days::integer::bit(7))) filter (
            where week.presentation_week >= floor(prediction_day.prediction_day / 7.0) - 2
        ) as recent_active_day_count
    from (
        select
            student_key,
            section_key,
            presentation_week,
            sum(click_count) as click_count,
            bit_or(active_days) as active_days
        from {{ ref('int_oulad__student_week') }}
        group by student_key, section_key, presentation_week
    ) as week
    inner join {{ ref('prediction_day') }} as prediction_day
        on week.presentation_week < floor(prediction_day.prediction_day / 7.0)
    group by week.student_key, week.section_key, prediction_day.prediction_day
),

known as (
    select
        moments.student_key,
        moments.section_key,
        moments.prediction_day,
        moments.source_system,
        sections.section_name,
        sections.module_code,
        sections.presentation_code,
        sections.start_date,
        sections.end_date,
        -- A file that ends months before its presentation may lack lines anywhere: a task may ask for more.
        coalesce(sections.last_click_day >= sections.length_days - 7, false) as has_whole_clicks,
        coalesce(sections.last_click_day >= 7 * floor(moments.prediction_day / 7.0) - 1, false) as has_clicks,
        dim_student.gender,
        moments.region,
        moments.highest_education,
        moments.imd_band,
        moments.age_band,
        moments.has_disability,
        moments.registered_day,
        moments.previous_attempt_count,
        moments.studied_credits,
        coalesce(handed_in.submitted_count, 0)::integer as submitted_count,
        coalesce(due.due_count, 0)::integer as due_count,
        (coalesce(due.due_count, 0) - coalesce(handed_in.submitted_due_count, 0))::integer as missing_count,
        coalesce(handed_in.late_count, 0)::integer as late_count,
        handed_in.mean_score::double precision as mean_score,
        handed_in.lowest_score::double precision as lowest_score,
        (moments.prediction_day - handed_in.last_submitted_day)::integer as days_since_submitted,
        case
            when sections.last_click_day >= 7 * floor(moments.prediction_day / 7.0) - 1
                then coalesce(clicks.click_count, 0)
        end::integer as click_count,
        case
            when sections.last_click_day >= 7 * floor(moments.prediction_day / 7.0) - 1
                then coalesce(clicks.recent_click_count, 0)
        end::integer as recent_click_count,
        case
            when sections.last_click_day >= 7 * floor(moments.prediction_day / 7.0) - 1
                then coalesce(clicks.active_day_count, 0)
        end::integer as active_day_count,
        case
            when sections.last_click_day >= 7 * floor(moments.prediction_day / 7.0) - 1
                then coalesce(clicks.recent_active_day_count, 0)
        end::integer as recent_active_day_count,
        (moments.final_result = 'Withdrawn')::integer as is_withdrawn,
        (moments.final_result in ('Withdrawn', 'Fail'))::integer as is_failed_or_withdrawn,
        case
            when moments.final_result <> 'Withdrawn' and weights.weight_pct > 0
                then coalesce(final_scores.weighted_score, 0) / weights.weight_pct
        end::double precision as final_score
    from moments
    inner join sections on moments.section_key = sections.section_key
    left join {{ ref('dim_student__oulad') }} as dim_student on moments.student_key = dim_student.student_key
    left join due on moments.section_key = due.section_key and moments.prediction_day = due.prediction_day
    left join handed_in
        on
            moments.student_key = handed_in.student_key
            and moments.section_key = handed_in.section_key
            and moments.prediction_day = handed_in.prediction_day
    left join clicks
        on
            moments.student_key = clicks.student_key
            and moments.section_key = clicks.section_key
            and moments.prediction_day = clicks.prediction_day
    left join weights on moments.section_key = weights.section_key
    left join final_scores
        on moments.student_key = final_scores.student_key and moments.section_key = final_scores.section_key
)

-- Presentations differ in what is due when: beside those enrolled on the same day, a number means the same in all. Who
-- has no score yet is told by the number handed in; where nothing was due that says nothing, so it may not be missing.
-- Scores and clicks spread so differently (BBB 2014J: 0 or 100) that only the place among the others means the same.
select
    known.*,
    (known.submitted_count - avg(known.submitted_count) over same_day)::double precision as submitted_count_gap,
    (known.missing_count - avg(known.missing_count) over same_day)::double precision as missing_count_gap,
    (known.late_count - avg(known.late_count) over same_day)::double precision as late_count_gap,
    {{ place_among('known', 'mean_score') }} as mean_score_place,
    {{ place_among('known', 'lowest_score') }} as lowest_score_place,
    coalesce(known.days_since_submitted - avg(known.days_since_submitted) over same_day, 0)::double precision
        as days_since_submitted_gap,
    {{ place_among('known', 'click_count') }} as click_count_place,
    (known.active_day_count - avg(known.active_day_count) over same_day)::double precision as active_day_count_gap,
    (known.recent_active_day_count - avg(known.recent_active_day_count) over same_day)::double precision
        as recent_active_day_count_gap
from known
window
    same_day as (partition by known.section_key, known.prediction_day)
    {%- for column in ('mean_score', 'lowest_score', 'click_count') %},
    {{ column }}_known as (partition by known.section_key, known.prediction_day, known.{{ column }} is null),
    {{ column }}_order as (
        partition by known.section_key, known.prediction_day, known.{{ column }} is null order by known.{{ column }}
    )
    {%- endfor %}
