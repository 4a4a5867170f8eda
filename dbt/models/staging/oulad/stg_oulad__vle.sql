with source as (
    {{ submission_rows(source('oulad', 'vle')) }}
),

renamed as (
    select
        -- ids
        'oulad' as source_system,
        {{ tidy('id_site') }} as resource_id,
        {{ tidy('code_module') }} as module_code,
        {{ tidy('code_presentation') }} as presentation_code,

        -- text
        {{ tidy('activity_type') }} as activity_type,

        -- numbers
        week_from,
        week_to,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
),

newest as (
    {{ newest_rows('renamed', ['module_code', 'presentation_code', 'resource_id']) }}
)

select
    {{ surrogate_key(['source_system', 'module_code', 'presentation_code', 'resource_id']) }} as resource_key,
    {{ surrogate_key(['source_system', 'module_code', 'presentation_code']) }} as section_key,
    *
from newest
