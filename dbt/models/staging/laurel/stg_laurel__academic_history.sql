-- A table, since a dozen models and tests read it, and sorting every live row for each of them costs more.
{{ config(
    materialized='table',
    pre_hook="set local work_mem = '64MB'",
    post_hook='set local default_statistics_target = 10; analyze {{ this }}',
) }}

with source as (
    {{ submission_rows(source('laurel', 'academic_history')) }}
),

renamed as (
    select
        -- ids
        'laurel' as source_system,
        {{ tidy('student_id') }} as student_id,
        {{ tidy('teacher_id') }} as teacher_id,

        -- text
        {{ tidy('grade_level') }} as grade_level,
        {{ tidy('subject') }} as subject,
        {{ tidy('term') }} as term,

        -- numbers
        test_score,
        exam_score,
        total_score as reported_total_score,
        cumulative_score as reported_cumulative_score,
        attendance_pct,
        average_attendance_pct as reported_average_attendance_pct,
        cumulative_attendance_pct as reported_cumulative_attendance_pct,
        jamb_score,
        {{ yes_no('passed_core_subjects') }} as has_passed_core_subjects,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
),

first_of_file as (
    {{ first_rows('renamed', ['student_id', 'grade_level', 'subject', 'term']) }}
),

newest as (
    select distinct on (student_id, grade_level, subject, term) *
    from first_of_file
    order by student_id, grade_level, subject, term, _submission_id desc
)

-- Keys are made here, once, instead of in each of the models that need them.
select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    {{ surrogate_key(['source_system', 'subject']) }} as course_key,
    {{ surrogate_key(['source_system', 'grade_level', 'term']) }} as session_key,
    {{ surrogate_key(['source_system', 'teacher_id']) }} as teacher_key,
    *
from newest
