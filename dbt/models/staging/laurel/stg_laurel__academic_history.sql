-- A table, since a dozen models and tests read it, and sorting every live row for each of them costs more.
{{ config(materialized='table', post_hook='analyze {{ this }}') }}

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
)

select distinct on (student_id, grade_level, subject, term) *
from renamed
order by student_id, grade_level, subject, term, _submission_id desc, _line_number
