with graded as (
    select
        fct_grade.source_system,
        dim_session.grade_level,
        dim_session.grade_level_order,
        dim_session.term,
        dim_session.term_order,
        dim_course.course_name as subject,
        fct_grade.student_key,
        fct_grade.is_passed
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('dim_session__laurel') }} as dim_session on fct_grade.session_key = dim_session.session_key
    inner join {{ ref('dim_course__laurel') }} as dim_course on fct_grade.course_key = dim_course.course_key
    where fct_grade.is_passed is not null
),

rated as (
    select
        source_system,
        coalesce(grade_level, 'All grade levels') as grade_level,
        coalesce(grade_level_order, 0) as grade_level_order,
        subject,
        term,
        term_order,
        grouping(grade_level) = 1 as is_margin,
        count(distinct student_key) as student_count,
        count(*) as graded_count,
        count(*) filter (where is_passed) as passed_count,
        count(distinct student_key) < {{ threshold('suppression_minimum', 'graded.source_system') }} as is_small
    from graded
    group by grouping sets (
        (source_system, subject, term, term_order),
        (source_system, subject, term, term_order, grade_level, grade_level_order)
    )
),

decided as (
    select
        *,
        {{ is_withheld(within='source_system, subject, term', cell='grade_level') }} as is_suppressed
    from rated
)

select
    source_system,
    grade_level,
    grade_level_order,
    subject,
    term,
    term_order,
    case when not is_suppressed then student_count end::integer as student_count,
    case when not is_suppressed then graded_count end::integer as graded_count,
    case when not is_suppressed then passed_count end::integer as passed_count,
    case when not is_suppressed then passed_count::double precision / graded_count end as pass_rate,
    {{ threshold('pass_mark', 'decided.source_system') }}::double precision as pass_mark,
    is_suppressed
from decided
