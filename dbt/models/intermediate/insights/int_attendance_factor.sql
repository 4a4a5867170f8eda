with student as (
    select
        int_student_result.*,
        coalesce(int_household.household_key, int_student_result.student_key::text) as cluster_key
    from {{ ref('int_student_result') }} as int_student_result
    left join {{ ref('int_household') }} as int_household
        on int_student_result.student_key = int_household.student_key
    where int_student_result.attendance_pct is not null
)

select
    'attendance' as analysis,
    population,
    'mean_score' as outcome,
    'Mean total score' as outcome_label,
    'attendance' as factor,
    'Attendance' as factor_label,
    'per 10 percentage points' as step_label,
    student_key::text as unit_key,
    cluster_key,
    null as level,
    attendance_pct / 10 as factor_value,
    mean_score as outcome_value
from student
