{{ config(
    materialized='table',
    post_hook='set local default_statistics_target = 10; analyze {{ this }}',
) }}

with source as (
    {{ submission_rows(source('oulad', 'student_assessment')) }}
),

renamed as (
    select
        -- ids
        'oulad' as source_system,
        {{ tidy('id_assessment') }} as assessment_id,
        {{ tidy('id_student') }} as student_id,

        -- numbers
        date_submitted as submitted_day,
        is_banked,
        score,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
),

newest as (
    {{ newest_rows('renamed', ['assessment_id', 'student_id']) }}
)

select
    {{ surrogate_key(['source_system', 'assessment_id']) }} as assessment_key,
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    *
from newest
