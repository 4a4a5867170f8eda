with source as (
    {{ submission_rows(source('district', 'accesses')) }}
),

renamed as (
    select
        -- ids
        'district' as source_system,
        {{ tidy('access_id') }} as access_id,
        {{ tidy('student_id') }} as student_id,
        {{ tidy('content_id') }} as content_id,

        -- numbers
        access_count,

        -- dates
        accessed_on,
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
    {{ current_rows('renamed', 'access_id') }}
)

select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    {{ surrogate_key(['source_system', 'content_id']) }} as resource_key,
    *
from current_row
