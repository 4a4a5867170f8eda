{{ config(indexes=[{'columns': ['student_key', 'assessment_key'], 'unique': true}]) }}

-- The file repeats a student's JAMB score on every SS3 row.
with reported as (
    select
        history.*,
        term.term_order,
        count(*) over (
            partition by history.student_key, history._submission_id, history.jamb_score
        ) as same_answers
    from {{ ref('stg_laurel__academic_history') }} as history
    left join {{ ref('term') }} as term
        on history.source_system = term.source_system and history.term = term.term
    where history.jamb_score is not null
),

jamb as (
    select distinct on (student_key)
        student_key,
        source_system,
        jamb_score,
        _submission_id,
        _line_number
    from reported
    order by student_key, _submission_id desc, same_answers desc, _line_number
),

last_term as (
    select distinct on (student_key)
        student_key,
        has_passed_core_subjects
    from reported
    order by student_key, term_order desc nulls last, _submission_id desc, _line_number
),

credits as (
    select
        fct_grade.student_key,
        count(*) filter (where fct_grade.is_credit) as credit_count,
        count(*) filter (where fct_grade.is_credit and dim_course.is_core) as core_credit_count
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('int_student_latest_session') }} as latest_session
        on fct_grade.student_key = latest_session.student_key and fct_grade.session_key = latest_session.session_key
    inner join {{ ref('dim_course__laurel') }} as dim_course on fct_grade.course_key = dim_course.course_key
    group by fct_grade.student_key
),

-- Counted in the seed: a core subject without a grade is a credit that is missing.
core as (
    select
        source_system,
        count(*) as subject_count
    from {{ ref('core_subject') }}
    group by source_system
)

select
    jamb.student_key,
    dim_assessment.assessment_key,
    jamb.source_system,
    jamb.jamb_score as score,
    jamb.jamb_score >= dim_assessment.ready_score as is_ready,
    last_term.has_passed_core_subjects,
    coalesce(credits.credit_count, 0)::integer as credit_count,
    coalesce(credits.core_credit_count, 0) >= coalesce(core.subject_count, 0)
    and coalesce(credits.credit_count, 0) >= {{ threshold('credits_ready', 'jamb.source_system') }} as has_five_credits,
    jamb._submission_id as submission_id,
    jamb._line_number as line_number,
    null::uuid as section_key,
    null::boolean as is_passed,
    null::boolean as is_banked,
    null::integer as submitted_day,
    null::date as submitted_date,
    null::integer as days_late
from jamb
inner join {{ ref('dim_assessment__laurel') }} as dim_assessment
    on jamb.source_system = dim_assessment.source_system and dim_assessment.assessment_name = 'JAMB UTME'
inner join last_term on jamb.student_key = last_term.student_key
left join credits on jamb.student_key = credits.student_key
left join core on jamb.source_system = core.source_system
