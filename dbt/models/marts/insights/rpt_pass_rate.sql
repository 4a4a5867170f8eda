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
    from {{ ref('fct_grade') }} as fct_grade
    inner join {{ ref('dim_session') }} as dim_session on fct_grade.session_key = dim_session.session_key
    inner join {{ ref('dim_course') }} as dim_course on fct_grade.course_key = dim_course.course_key
    where fct_grade.is_passed is not null
)

select
    source_system,
    coalesce(grade_level, 'All grade levels') as grade_level,
    coalesce(grade_level_order, 0) as grade_level_order,
    subject,
    term,
    term_order,
    count(distinct student_key)::integer as student_count,
    count(*)::integer as graded_count,
    count(*) filter (where is_passed)::integer as passed_count,
    {{ threshold('pass_mark') }}::double precision as pass_mark,
    count(distinct student_key) < {{ threshold('suppression_minimum') }} as is_suppressed
from graded
group by grouping sets (
    (source_system, subject, term, term_order),
    (source_system, subject, term, term_order, grade_level, grade_level_order)
)
