{{ config(indexes=[{'columns': ['section_key'], 'unique': true}]) }}

with described as (
    select * from {{ ref('stg_oulad__courses') }}
),

mentioned as (
    {% for relation in [ref('stg_oulad__assessments'), ref('stg_oulad__vle'), ref('stg_oulad__student_info'),
                        ref('stg_oulad__student_registration')] %}
    select
        section_key,
        source_system,
        module_code,
        presentation_code
    from {{ relation }}
    union
    {% endfor %}
    select
        section_key,
        source_system,
        {{ tidy('code_module') }} as module_code,
        {{ tidy('code_presentation') }} as presentation_code
    from {{ ref('int_oulad__resource_activity') }}
),

section as (
    select
        section_key,
        source_system,
        module_code,
        presentation_code,
        'known' as member_type,
        length_days,
        _submission_id as submission_id,
        _line_number as line_number
    from described
    union all
    select
        mentioned.section_key,
        mentioned.source_system,
        mentioned.module_code,
        mentioned.presentation_code,
        'inferred' as member_type,
        null as length_days,
        null as submission_id,
        null as line_number
    from mentioned
    left join described on mentioned.section_key = described.section_key
    where described.section_key is null
)

select
    section_key,
    {{ surrogate_key(['source_system', 'module_code']) }} as course_key,
    {{ surrogate_key(['source_system', 'presentation_code']) }} as session_key,
    source_system,
    module_code || ' ' || presentation_code as section_name,
    module_code,
    presentation_code,
    member_type,
    {{ presentation_start('presentation_code') }} as start_date,
    length_days,
    {{ presentation_start('presentation_code') }} + length_days as end_date,
    submission_id,
    line_number,
    null::text as section_id,
    null::uuid as school_key,
    null::uuid as teacher_key,
    null::text as grade_level,
    null::numeric as credits,
    null::integer as capacity
from section
