with source as (
    {{ submission_rows(source('district', 'courses')) }}
),

renamed as (
    select
        -- ids
        'district' as source_system,
        {{ tidy('course_id') }} as course_id,
        {{ tidy('school_id') }} as school_id,
        {{ tidy('teacher_id') }} as teacher_id,
        {{ tidy('course_code') }} as course_code,

        -- text
        {{ tidy('course_name') }} as course_name,
        {{ tidy('subject') }} as subject,
        {{ tidy('grade_level') }} as grade_level,
        {{ tidy('school_year') }} as school_year,
        {{ tidy('term') }} as term,

        -- numbers
        credits,
        capacity,

        -- dates
        starts_on,
        ends_on,
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
    {{ current_rows('renamed', 'course_id') }}
)

select
    {{ surrogate_key(['source_system', 'course_id']) }} as section_key,
    *
from current_row
