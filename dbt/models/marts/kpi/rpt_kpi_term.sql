-- The school year as it is now: what students did at the grade level of their latest session, term by term.
with present as (
    select
        latest.student_key,
        dim_session.grade_level
    from {{ ref('int_student_latest_session') }} as latest
    inner join {{ ref('dim_session__laurel') }} as dim_session on latest.session_key = dim_session.session_key
),

graded as (
    select
        fct_grade.source_system,
        dim_session.term,
        dim_session.term_order,
        fct_grade.student_key,
        fct_grade.total_score,
        fct_grade.is_passed,
        fct_grade.grade_points
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('dim_session__laurel') }} as dim_session on fct_grade.session_key = dim_session.session_key
    inner join present
        on fct_grade.student_key = present.student_key and dim_session.grade_level = present.grade_level
    where dim_session.term_order is not null
),

attended as (
    select
        fct_attendance.source_system,
        dim_session.term,
        dim_session.term_order,
        fct_attendance.student_key,
        avg(fct_attendance.attendance_rate) as attendance_rate
    from {{ ref('fct_attendance') }} as fct_attendance
    inner join {{ ref('dim_session__laurel') }} as dim_session on fct_attendance.session_key = dim_session.session_key
    inner join present
        on fct_attendance.student_key = present.student_key and dim_session.grade_level = present.grade_level
    where dim_session.term_order is not null
    group by fct_attendance.source_system, dim_session.term, dim_session.term_order, fct_attendance.student_key
),

graded_term as (
    select
        source_system,
        term,
        term_order,
        sum(total_score) as score_sum,
        count(total_score) as scored_count,
        count(*) filter (where is_passed) as passed_count,
        count(is_passed) as graded_count,
        sum(grade_points) as point_sum,
        count(grade_points) as point_count,
        -- Whom each figure is of: a grade may lack its score.
        count(distinct student_key) filter (where total_score is not null) as scored_student_count,
        count(distinct student_key) filter (where is_passed is not null) as graded_student_count,
        count(distinct student_key) filter (where grade_points is not null) as point_student_count
    from graded
    group by source_system, term, term_order
),

attended_term as (
    select
        source_system,
        term,
        term_order,
        sum(attendance_rate) as attendance_sum,
        count(attendance_rate) as attended_count,
        count(attendance_rate) as attended_student_count,  -- a row here is a student
        count(*) filter (
            where attendance_rate <= {{ threshold('chronic_absence_rate', 'attended.source_system') }}
        ) as absent_count
    from attended
    group by source_system, term, term_order
),

measured as (
    select
        source_system,
        term,
        term_order,
        'attendance_rate' as kpi_name,
        attendance_sum as numerator,
        attended_count as denominator,
        attended_student_count as behind_count
    from attended_term
    union all
    select
        source_system,
        term,
        term_order,
        'chronic_absenteeism',
        absent_count,
        attended_count,
        attended_student_count
    from attended_term
    union all
    select
        source_system,
        term,
        term_order,
        'mean_score',
        score_sum,
        scored_count,
        scored_student_count
    from graded_term
    union all
    select
        source_system,
        term,
        term_order,
        'pass_rate',
        passed_count,
        graded_count,
        graded_student_count
    from graded_term
    union all
    select
        source_system,
        term,
        term_order,
        'gpa',
        point_sum,
        point_count,
        point_student_count
    from graded_term
),

decided as (
    select
        *,
        behind_count < {{ threshold('suppression_minimum', 'measured.source_system') }} as is_suppressed
    from measured
)

select
    source_system,
    kpi_name,
    term,
    term_order,
    case when not is_suppressed then numerator / nullif(denominator, 0)::double precision end as kpi_value,
    case when not is_suppressed then numerator end::double precision as numerator,
    case when not is_suppressed then denominator end::double precision as denominator,
    is_suppressed
from decided
