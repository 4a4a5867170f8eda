-- Everybody whom a live submission lists is there exactly once as a current, known member, and nobody else is.
{{ config(tags=['integrity']) }}

with expected as (
    select 'student' as kind, source_system, student_id as person_id from {{ ref('stg_laurel__students') }}
    union all
    select 'teacher', source_system, teacher_id from {{ ref('stg_laurel__teachers') }}
    union all
    select distinct 'guardian', source_system, parent_id from {{ ref('stg_laurel__parents') }}
),

actual as (
    select 'student' as kind, source_system, student_id as person_id
    from {{ ref('dim_student__laurel') }}
    where is_current and member_type = 'known'
    union all
    select 'teacher', source_system, teacher_id
    from {{ ref('dim_teacher__laurel') }}
    where is_current and member_type = 'known'
    union all
    select 'guardian', source_system, guardian_id
    from {{ ref('dim_guardian__laurel') }}
    where is_current
)

(select 'missing' as problem, * from expected except all select 'missing', * from actual)
union all
(select 'surplus' as problem, * from actual except all select 'surplus', * from expected)
