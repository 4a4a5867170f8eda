select
    fct_student_risk.student_key,
    fct_student_risk.source_system,
    dim_student.student_id,
    dim_session.grade_level,
    dim_session.grade_level_order,
    dim_session.term,
    fct_student_risk.risk_tier,
    fct_student_risk.triggers,
    fct_student_risk.attendance_rate,
    fct_student_risk.attendance_band,
    fct_student_risk.graded_course_count,
    fct_student_risk.f_count,
    fct_student_risk.d_count
from {{ ref('fct_student_risk') }} as fct_student_risk
inner join {{ ref('dim_student__laurel') }} as dim_student on fct_student_risk.student_key = dim_student.student_key
inner join {{ ref('dim_session__laurel') }} as dim_session on fct_student_risk.session_key = dim_session.session_key
where fct_student_risk.risk_tier > 0
