with source as (
    {{ submission_rows(source('district', 'schools')) }}
),

renamed as (
    select
        -- ids
        'district' as source_system,
        {{ tidy('school_id') }} as school_id,

        -- text
        {{ tidy('school_name') }} as school_name,
        {{ tidy('school_kind') }} as school_kind,
        {{ tidy('lga') }} as lga,

        -- numbers
        capacity,

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
    {{ current_rows('renamed', 'school_id') }}
)

select
    {{ surrogate_key(['source_system', 'school_id']) }} as school_key,
    *
from current_row
