-- Counted here, so that who may know no student may know how many are missing.
select
    attendance.source_system,
    coalesce(dim_session.grade_level, 'All grade levels') as grade_level,
    count(distinct attendance.student_key)::integer as unregistered_count
from {{ ref('fct_attendance') }} as attendance
inner join {{ ref('fct_grade__laurel') }} as grade
    on
        attendance.student_key = grade.student_key
        and attendance.course_key = grade.course_key
        and attendance.session_key = grade.session_key
inner join {{ ref('dim_student__laurel') }} as dim_student on attendance.student_key = dim_student.student_key
inner join {{ ref('dim_session__laurel') }} as dim_session on attendance.session_key = dim_session.session_key
where
    dim_student.member_type = 'inferred'
    and attendance.attendance_rate is not null
    and grade.total_score is not null
group by grouping sets ((attendance.source_system), (attendance.source_system, dim_session.grade_level))
