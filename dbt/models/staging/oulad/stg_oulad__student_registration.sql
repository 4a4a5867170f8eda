{{ config(
    materialized='table',
    post_hook='set local default_statistics_target = 10; analyze {{ this }}',
) }}

with source as (
    {{ submission_rows(source('oulad', 'student_registration')) }}
),

renamed as (
    select
        -- ids
        'oulad' as source_system,
        {{ tidy('id_student') }} as student_id,
        {{ tidy('code_module') }} as module_code,
        {{ tidy('code_presentation') }} as presentation_code,

        -- numbers
        date_registration as registered_day,
        date_unregistration as unregistered_day,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
),

newest as (
    {{ newest_rows('renamed', ['module_code', 'presentation_code', 'student_id']) }}
)

select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    {{ surrogate_key(['source_system', 'module_code', 'presentation_code']) }} as section_key,
    *
from newest
