"""What the reports on classes and students read: who is in them, and their latest term on file."""

CLASS_NAME = "dim_student.grade_level || coalesce(' ' || dim_student.stream, '')"
ENROLLED = "dim_student.source_system = 'laurel' and dim_student.is_current and dim_student.member_type = 'known'"

# The classes, by grade level: a grade level, or a stream of it where the register tells streams.
CLASSES = f"""
select class_name
from (
    select distinct {CLASS_NAME} as class_name, dim_session.grade_level_order
    from marts.dim_student
    inner join marts.dim_session
        on dim_student.source_system = dim_session.source_system and dim_student.grade_level = dim_session.grade_level
    where {ENROLLED}
) as class
order by grade_level_order, class_name
"""  # noqa: S608

# One row per student of the class's grade level, those of the class marked `is_here`; who needs a hand comes first.
GRADE_LEVEL = f"""
select
    dim_student.student_key, dim_student.student_id, dim_student.grade_level,
    {CLASS_NAME} = %(class_name)s as is_here,
    risk.risk_tier, risk.triggers, risk.attendance_rate, risk.is_chronically_absent, risk.f_count, risk.d_count,
    dim_session.term, dim_session.session_name,
    result.mean_score, result.passed_count, result.graded_count
from marts.dim_student
left join marts.fct_student_risk as risk using (student_key)
left join marts.dim_session on risk.session_key = dim_session.session_key
left join lateral (
    select
        avg(total_score) as mean_score,
        count(*) filter (where is_passed) as passed_count,
        count(is_passed) as graded_count
    from marts.fct_grade
    where fct_grade.student_key = risk.student_key and fct_grade.session_key = risk.session_key
) as result on true
where
    {ENROLLED}
    and dim_student.grade_level = (
        select dim_student.grade_level from marts.dim_student
        where {ENROLLED} and {CLASS_NAME} = %(class_name)s limit 1
    )
order by risk.risk_tier desc nulls last, risk.attendance_rate, dim_student.student_id
"""  # noqa: S608

# One row per subject, weakest first: the grades of these students in their latest term.
SUBJECTS = """
select
    dim_course.course_name as subject,
    count(fct_grade.total_score) as graded_count,
    count(*) filter (where fct_grade.is_passed) as passed_count,
    avg(fct_grade.total_score) as mean_score,
    count(*) filter (where fct_grade.is_passed)::double precision / nullif(count(fct_grade.is_passed), 0) as pass_rate
from marts.fct_student_risk as risk
inner join marts.fct_grade on risk.student_key = fct_grade.student_key and risk.session_key = fct_grade.session_key
inner join marts.dim_course on fct_grade.course_key = dim_course.course_key
where risk.student_key = any(%(student_keys)s::uuid[])
group by dim_course.course_name
order by pass_rate, dim_course.course_name
"""

STUDENTS = f"select student_id from marts.dim_student where {ENROLLED} order by student_id"  # noqa: S608

# One row: the student as the register has it now, and the latest term.
STUDENT = f"""
select
    dim_student.student_key, dim_student.student_id, {CLASS_NAME} as class_name, dim_student.gender,
    dim_student.age_years, dim_student.admission_date, dim_student.living_arrangement,
    risk.session_key, risk.risk_tier, risk.triggers, risk.attendance_rate, risk.attendance_band,
    risk.f_count, risk.graded_course_count, dim_session.session_name,
    (
        select string_agg(activity, ', ' order by activity) from marts.bridge_student_activity
        where bridge_student_activity.student_key = dim_student.student_key
    ) as activities
from marts.dim_student
left join marts.fct_student_risk as risk using (student_key)
left join marts.dim_session on risk.session_key = dim_session.session_key
where {ENROLLED} and dim_student.student_id = %(student_id)s
"""  # noqa: S608

# One row per term that the student has grades of, in order, beside all grades of the grade level.
TERMS = """
select
    dim_session.session_name, dim_session.session_order,
    avg(fct_grade.total_score) as mean_score,
    avg(fct_attendance.attendance_rate) as attendance_rate,
    level.mean_score as level_mean_score
from marts.fct_grade
inner join marts.dim_session using (session_key)
left join marts.fct_attendance using (student_key, course_key, session_key)
left join marts.rpt_score_distribution as level
    on dim_session.grade_level = level.grade_level and level.subject = 'All subjects'
where fct_grade.student_key = %(student_key)s::uuid
group by dim_session.session_name, dim_session.session_order, level.mean_score
order by dim_session.session_order
"""

# One row per subject of the latest term, weakest first, beside all grades of the subject in the grade level.
SUBJECTS_OF_STUDENT = """
select
    dim_course.course_name as subject, fct_grade.test_score, fct_grade.exam_score, fct_grade.total_score,
    fct_grade.letter_grade, fct_grade.is_passed, fct_attendance.attendance_rate,
    level.mean_score as level_mean_score
from marts.fct_grade
inner join marts.dim_course using (course_key)
inner join marts.dim_session using (session_key)
left join marts.fct_attendance using (student_key, course_key, session_key)
left join marts.rpt_score_distribution as level
    on dim_session.grade_level = level.grade_level and dim_course.course_name = level.subject
where fct_grade.student_key = %(student_key)s::uuid and fct_grade.session_key = %(session_key)s::uuid
order by fct_grade.total_score nulls first, dim_course.course_name
"""
