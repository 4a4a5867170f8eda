with source as (
    {{ submission_rows(source('oulad', 'assessments')) }}
),

renamed as (
    select
        -- ids
        'oulad' as source_system,
        {{ tidy('id_assessment') }} as assessment_id,
        {{ tidy('code_module') }} as module_code,
        {{ tidy('code_presentation') }} as presentation_code,

        -- text
        {{ tidy('assessment_type') }} as assessment_kind,

        -- numbers
        date as due_day,
        weight as weight_pct,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
),

newest as (
    {{ newest_rows('renamed', ['assessment_id']) }}
)

select
    {{ surrogate_key(['source_system', 'assessment_id']) }} as assessment_key,
    {{ surrogate_key(['source_system', 'module_code', 'presentation_code']) }} as section_key,
    *
from newest
