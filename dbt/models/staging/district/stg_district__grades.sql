with source as (
    {{ submission_rows(source('district', 'grades')) }}
),

renamed as (
    select
        -- ids
        'district' as source_system,
        {{ tidy('grade_id') }} as grade_id,
        {{ tidy('student_id') }} as student_id,
        {{ tidy('course_id') }} as course_id,

        -- text
        {{ tidy('letter_grade') }} as letter_grade,

        -- numbers
        score,

        -- dates
        graded_on,
        created_at,
        updated_at,

        -- the rest
        is_active,
        metadata,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
),

current_row as (
    {{ current_rows('renamed', 'grade_id') }}
)

select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    {{ surrogate_key(['source_system', 'course_id']) }} as section_key,
    *
from current_row
