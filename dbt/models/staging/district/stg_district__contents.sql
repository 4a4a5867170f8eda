with source as (
    {{ submission_rows(source('district', 'contents')) }}
),

renamed as (
    select
        -- ids
        'district' as source_system,
        {{ tidy('content_id') }} as content_id,
        {{ tidy('course_id') }} as course_id,

        -- text
        {{ tidy('content_kind') }} as content_kind,
        {{ tidy('content_title') }} as content_title,

        -- numbers
        course_week,

        -- dates
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
    {{ current_rows('renamed', 'content_id') }}
)

select
    {{ surrogate_key(['source_system', 'content_id']) }} as resource_key,
    {{ surrogate_key(['source_system', 'course_id']) }} as section_key,
    *
from current_row
