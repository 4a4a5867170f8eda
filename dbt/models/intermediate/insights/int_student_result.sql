with graded as (
    select
        fct_grade.student_key,
        dim_session.grade_level,
        fct_grade.source_system,
        fct_grade.total_score,
        fct_grade.is_passed,
        fct_attendance.attendance_rate
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('dim_session__laurel') }} as dim_session
        on fct_grade.session_key = dim_session.session_key
    left join {{ ref('fct_attendance') }} as fct_attendance
        on
            fct_grade.student_key = fct_attendance.student_key
            and fct_grade.course_key = fct_attendance.course_key
            and fct_grade.session_key = fct_attendance.session_key
    where fct_grade.total_score is not null
)

select
    student_key,
    coalesce(grade_level, 'All grade levels') as population,
    source_system,
    avg(total_score)::double precision as mean_score,
    (100.0 * count(*) filter (where is_passed) / count(*))::double precision as pass_pct,
    (100 * avg(attendance_rate))::double precision as attendance_pct
from graded
group by grouping sets ((student_key, source_system), (student_key, source_system, grade_level))
