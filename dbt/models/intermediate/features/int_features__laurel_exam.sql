{{ config(indexes=[{'columns': ['student_key', 'stage'], 'unique': true}]) }}

-- The moments are the beginnings of the terms of the last grade level; the outcomes count once it is over.
with last_stage as (
    select
        grade_level.source_system,
        max(grade_level.grade_level_order) as grade_level_order,
        max(grade_level.grade_level_order) * max(term.term_order) as stage
    from {{ ref('grade_level') }} as grade_level
    inner join {{ ref('term') }} as term on grade_level.source_system = term.source_system
    group by grade_level.source_system
),

moments as (
    select
        int_features.*,
        max(int_features.stage) filter (where not int_features.is_coming) over (
            partition by int_features.student_key
        ) = last_stage.stage as is_over
    from {{ ref('int_features__laurel_term') }} as int_features
    inner join {{ ref('grade_level') }} as grade_level
        on
            int_features.source_system = grade_level.source_system
            and int_features.grade_level = grade_level.grade_level
    inner join last_stage on int_features.source_system = last_stage.source_system
    where grade_level.grade_level_order = last_stage.grade_level_order
),

core as (
    select
        moments.student_key,
        moments.stage,
        avg(subject.subject_score_so_far) filter (where dim_course.is_core) as core_score_so_far,
        min(subject.subject_score_so_far) filter (where dim_course.is_core) as core_score_weakest,
        avg(subject.subject_score_last) filter (where dim_course.is_core) as core_score_last
    from moments
    inner join {{ ref('int_features__laurel_subject') }} as subject
        on moments.student_key = subject.student_key and moments.stage = subject.stage
    inner join {{ ref('dim_course__laurel') }} as dim_course on subject.course_key = dim_course.course_key
    group by moments.student_key, moments.stage
)

select
    moments.student_key,
    moments.source_system,
    moments.stage,
    moments.grade_level,
    moments.term,
    moments.session_name,
    moments.terms_ago,
    moments.is_coming,
    core.core_score_so_far,
    core.core_score_weakest,
    core.core_score_last,
    moments.mean_score_last,
    moments.mean_score_change,
    moments.failed_rate_last,
    moments.attendance_rate_last,
    moments.mean_score_so_far,
    moments.attendance_rate_so_far,
    moments.failed_rate_so_far,
    moments.term_count_so_far,
    moments.risk_tier_last,
    result.score::double precision as jamb_score,
    result.is_ready::integer as is_jamb_ready,
    result.has_five_credits::integer as has_five_credits
from moments
left join core on moments.student_key = core.student_key and moments.stage = core.stage
left join {{ ref('fct_assessment_result__laurel') }} as result
    on moments.student_key = result.student_key and moments.is_over
