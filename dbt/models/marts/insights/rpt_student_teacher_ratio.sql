-- What each student takes now: the grades at the grade level of the latest session. Grades of earlier years, under
-- other teachers, would make every class look larger than it is.
with present as (
    select
        latest.student_key,
        dim_session.grade_level
    from {{ ref('int_student_latest_session') }} as latest
    inner join {{ ref('dim_session__laurel') }} as dim_session on latest.session_key = dim_session.session_key
),

taught as (
    select
        fct_grade.source_system,
        dim_course.course_name as subject,
        dim_session.grade_level,
        dim_session.grade_level_order,
        fct_grade.student_key,
        dim_teacher.teacher_key
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('dim_session__laurel') }} as dim_session on fct_grade.session_key = dim_session.session_key
    inner join present
        on fct_grade.student_key = present.student_key and dim_session.grade_level = present.grade_level
    inner join {{ ref('dim_course__laurel') }} as dim_course on fct_grade.course_key = dim_course.course_key
    inner join {{ ref('dim_teacher__laurel') }} as dim_teacher
        on fct_grade.teacher_key = dim_teacher.teacher_key and dim_teacher.member_type != 'unknown'
)

select
    source_system,
    subject,
    coalesce(grade_level, 'All grade levels') as grade_level,
    coalesce(grade_level_order, 0) as grade_level_order,
    count(distinct student_key)::integer as student_count,
    count(distinct teacher_key)::integer as teacher_count,
    count(distinct student_key)::double precision / count(distinct teacher_key) as student_teacher_ratio
from taught
group by grouping sets (
    (source_system, subject),
    (source_system, subject, grade_level, grade_level_order)
)
