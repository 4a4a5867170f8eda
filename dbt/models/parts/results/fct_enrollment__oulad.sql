{{ config(indexes=[{'columns': ['student_key', 'section_key'], 'unique': true}, {'columns': ['section_key']}]) }}

-- A student may be on either file alone.
with enrolled as (
    select
        section_key,
        source_system,
        student_key,
        coalesce(info.module_code, registration.module_code) as module_code,
        coalesce(info.presentation_code, registration.presentation_code) as presentation_code,
        info.region,
        info.highest_education,
        info.imd_band,
        info.age_band,
        info.has_disability,
        info.previous_attempt_count,
        info.studied_credits,
        info.final_result,
        registration.registered_day,
        registration.unregistered_day,
        info._submission_id as submission_id,
        info._line_number as line_number,
        registration._submission_id as registration_submission_id,
        registration._line_number as registration_line_number
    from {{ ref('stg_oulad__student_info') }} as info
    full join {{ ref('stg_oulad__student_registration') }} as registration
        using (section_key, source_system, student_key)
)

select
    student_key,
    section_key,
    {{ surrogate_key(['source_system', 'module_code']) }} as course_key,
    {{ surrogate_key(['source_system', 'presentation_code']) }} as session_key,
    source_system,
    registered_day,
    {{ presentation_start('presentation_code') }} + registered_day as registered_date,
    unregistered_day,
    {{ presentation_start('presentation_code') }} + unregistered_day as unregistered_date,
    previous_attempt_count,
    studied_credits,
    final_result,
    region,
    highest_education,
    imd_band,
    age_band,
    has_disability,
    submission_id,
    line_number,
    registration_submission_id,
    registration_line_number,
    null::uuid as school_key,
    null::uuid as teacher_key,
    null::boolean as is_audited
from enrolled
