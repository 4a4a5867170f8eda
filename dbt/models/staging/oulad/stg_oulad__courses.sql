with source as (
    {{ submission_rows(source('oulad', 'courses')) }}
),

renamed as (
    select
        -- ids
        'oulad' as source_system,
        {{ tidy('code_module') }} as module_code,
        {{ tidy('code_presentation') }} as presentation_code,

        -- numbers
        module_presentation_length as length_days,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
),

newest as (
    {{ newest_rows('renamed', ['module_code', 'presentation_code']) }}
)

select
    {{ surrogate_key(['source_system', 'module_code', 'presentation_code']) }} as section_key,
    *
from newest
