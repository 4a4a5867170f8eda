with source as (
    {{ submission_rows(source('district', 'homeworks')) }}
),

renamed as (
    select
        -- ids
        'district' as source_system,
        {{ tidy('homework_id') }} as homework_id,
        {{ tidy('course_id') }} as course_id,
        {{ tidy('student_id') }} as student_id,
        {{ tidy('assignment_name') }} as assignment_name,

        -- numbers
        score,

        -- dates
        assigned_on,
        due_on,
        submitted_at,
        seen_by_parent_at,
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
    {{ current_rows('renamed', 'homework_id') }}
)

select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    {{ surrogate_key(['source_system', 'course_id']) }} as section_key,
    {{ surrogate_key(['source_system', 'course_id', 'assignment_name']) }} as assessment_key,
    *
from current_row
