with source as (
    {{ submission_rows(source('district', 'adjustments')) }}
),

renamed as (
    select
        -- ids
        'district' as source_system,
        {{ tidy('adjustment_id') }} as adjustment_id,
        {{ tidy('student_id') }} as student_id,
        {{ tidy('course_id') }} as course_id,
        {{ tidy('from_course_id') }} as from_course_id,
        {{ tidy('clerk_id') }} as clerk_id,

        -- text
        {{ tidy('action_name') }} as action_name,
        {{ tidy('reason') }} as reason,

        -- dates
        effective_on,
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
    {{ current_rows('renamed', 'adjustment_id') }}
)

select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    {{ surrogate_key(['source_system', 'course_id']) }} as section_key,
    {{ surrogate_key(['source_system', 'from_course_id']) }} as from_section_key,
    *
from current_row
