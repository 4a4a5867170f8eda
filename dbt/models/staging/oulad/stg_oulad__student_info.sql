{{ config(
    materialized='table',
    post_hook='set local default_statistics_target = 10; analyze {{ this }}',
) }}

with source as (
    {{ submission_rows(source('oulad', 'student_info')) }}
),

renamed as (
    select
        -- ids
        'oulad' as source_system,
        {{ tidy('id_student') }} as student_id,
        {{ tidy('code_module') }} as module_code,
        {{ tidy('code_presentation') }} as presentation_code,

        -- text
        {{ tidy('gender') }} as gender,
        {{ tidy('region') }} as region,
        {{ tidy('highest_education') }} as highest_education,
        -- one band of the published file lacks its percent sign
        regexp_replace({{ tidy('imd_band') }}, '^([0-9]+-[0-9]+)$', '\1%') as imd_band,
        {{ tidy('age_band') }} as age_band,
        {{ tidy('final_result') }} as final_result,

        -- numbers
        num_of_prev_attempts as previous_attempt_count,
        studied_credits,
        {{ tidy('disability') }} = 'Y' as has_disability,

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
