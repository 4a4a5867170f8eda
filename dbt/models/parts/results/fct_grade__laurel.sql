{{ config(indexes=[
    {'columns': ['student_key', 'course_key', 'session_key'], 'unique': true},
    {'columns': ['session_key']},
    {'columns': ['teacher_key']},
]) }}

with history as (
    select * from {{ ref('stg_laurel__academic_history') }}
),

weights as (
    select
        source_system,
        max(weight / maximum_score) filter (where component = 'test') as test_factor,
        max(weight / maximum_score) filter (where component = 'exam') as exam_factor
    from {{ ref('score_weight') }}
    group by source_system
),

pass_marks as (
    select
        source_system,
        threshold_value as pass_mark
    from {{ ref('kpi_threshold') }}
    where threshold_name = 'pass_mark'
),

letters as ({{ score_bands(ref('letter_scale')) }}),

wassce_bands as ({{ score_bands(ref('wassce_band')) }}),

scored as (
    select
        history.*,
        coalesce(
            round(history.test_score * weights.test_factor + history.exam_score * weights.exam_factor, 2),
            history.reported_total_score
        ) as total_score
    from history
    left join weights on history.source_system = weights.source_system
),

-- Many rows share few totals, so each total is graded once.
totals as materialized (
    select distinct
        source_system,
        total_score
    from scored
    where total_score is not null
),

graded as (
    select
        totals.source_system,
        totals.total_score,
        totals.total_score >= pass_marks.pass_mark as is_passed,
        letters.letter_grade,
        letters.grade_points,
        wassce_bands.wassce_grade,
        wassce_bands.is_credit
    from totals
    left join pass_marks on totals.source_system = pass_marks.source_system
    left join letters
        on
            totals.source_system = letters.source_system
            and totals.total_score >= letters.minimum_score
            and (totals.total_score < letters.below_score or letters.below_score is null)
    left join wassce_bands
        on
            totals.source_system = wassce_bands.source_system
            and totals.total_score >= wassce_bands.minimum_score
            and (totals.total_score < wassce_bands.below_score or wassce_bands.below_score is null)
)

select
    scored.student_key,
    scored.course_key,
    scored.session_key,
    scored.teacher_key,
    scored.source_system,
    scored.test_score,
    scored.exam_score,
    scored.total_score,
    scored.reported_total_score,
    graded.is_passed,
    graded.letter_grade,
    graded.grade_points,
    graded.wassce_grade,
    graded.is_credit,
    scored._submission_id as submission_id,
    scored._line_number as line_number,
    null::uuid as section_key,
    {{ laurel_school_key() }} as school_key,
    null::numeric as credits
from scored
left join graded on scored.source_system = graded.source_system and scored.total_score = graded.total_score
