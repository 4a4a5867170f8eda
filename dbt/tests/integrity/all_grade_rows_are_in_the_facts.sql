-- Rows, students and sums must be the same in staging and in the facts made from it.
{{ config(tags=['integrity']) }}

with staged as (
    select
        source_system,
        count(*) as grade_rows,
        count(distinct student_key) as students,
        sum(test_score) as test_scores,
        sum(exam_score) as exam_scores,
        count(attendance_pct) as attendance_rows,
        sum(attendance_pct) / 100 as attendance_rates
    from {{ ref('stg_laurel__academic_history') }}
    group by source_system
),

graded as (
    select
        source_system,
        count(*) as grade_rows,
        count(distinct student_key) as students,
        sum(test_score) as test_scores,
        sum(exam_score) as exam_scores
    from {{ ref('fct_grade__laurel') }}
    group by source_system
),

attended as (
    select
        source_system,
        count(*) as attendance_rows,
        sum(attendance_rate) as attendance_rates
    from {{ ref('fct_attendance') }}
    group by source_system
)

select
    staged.*,
    graded.grade_rows as fact_grade_rows,
    graded.students as fact_students,
    attended.attendance_rows as fact_attendance_rows
from staged
left join graded on staged.source_system = graded.source_system
left join attended on staged.source_system = attended.source_system
where
    (staged.grade_rows, staged.students, staged.test_scores, staged.exam_scores)
    is distinct from (graded.grade_rows, graded.students, graded.test_scores, graded.exam_scores)
    or staged.attendance_rows <> coalesce(attended.attendance_rows, 0)
    or abs(coalesce(staged.attendance_rates, 0) - coalesce(attended.attendance_rates, 0)) > 0.000001
