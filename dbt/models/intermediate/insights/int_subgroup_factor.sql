with active as (
    select distinct student_key from {{ ref('bridge_student_activity') }}
),

student as (
    select
        dim_student.*,
        int_student_result.mean_score,
        int_student_result.pass_pct,
        int_student_result.attendance_pct,
        case when active.student_key is null then 'No' else 'Yes' end as has_activity,
        coalesce(int_household.household_key, dim_student.student_key::text) as cluster_key
    from {{ ref('dim_student__laurel') }} as dim_student
    inner join {{ ref('int_student_result') }} as int_student_result
        on dim_student.student_key = int_student_result.student_key
    left join {{ ref('int_household') }} as int_household
        on dim_student.student_key = int_household.student_key
    left join active
        on dim_student.student_key = active.student_key
    where
        dim_student.is_current
        and dim_student.member_type = 'known'
        and int_student_result.population = 'All grade levels'
)

select
    'subgroup' as analysis,
    'All students' as population,
    outcome.outcome,
    outcome.outcome_label,
    attribute.factor,
    attribute.factor_label,
    null as step_label,
    student.student_key::text as unit_key,
    student.cluster_key,
    attribute.level,
    null::double precision as factor_value,
    outcome.outcome_value
from student
cross join lateral (
    values
    ('gender', 'Gender', student.gender),
    ('health_status', 'Health status', student.health_status),
    ('has_disorder', 'Disorder on file', case when student.has_disorder then 'Yes' else 'No' end),
    ('living_arrangement', 'Living arrangement', student.living_arrangement),
    ('stream', 'Stream', student.stream),
    ('state_of_origin', 'State of origin', student.state_of_origin),
    ('has_activity', 'Takes part in an activity', student.has_activity)
) as attribute (factor, factor_label, level)
cross join lateral (
    values
    ('mean_score', 'Mean total score', student.mean_score),
    ('pass_pct', 'Pass rate, in percentage points', student.pass_pct),
    ('attendance_pct', 'Attendance, in percentage points', student.attendance_pct)
) as outcome (outcome, outcome_label, outcome_value)
where attribute.level is not null
