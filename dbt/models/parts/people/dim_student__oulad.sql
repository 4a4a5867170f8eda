{{ config(indexes=[
    {'columns': ['student_key'], 'unique': true},
    {'columns': ['source_system', 'student_id']},
]) }}

{% set attributes = ['gender', 'region', 'highest_education', 'imd_band', 'age_band', 'has_disability'] %}

-- Several modules in one presentation say the same of a student; where they do not, the newest file does.
with observed as (
    select distinct on (source_system, student_id, presentation_code)
        *,
        {{ presentation_start('presentation_code') }} as start_date,
        row({{ attributes | join(', ') }})::text as attribute_values
    from {{ ref('stg_oulad__student_info') }}
    order by source_system, student_id, presentation_code, _submission_id desc, module_code
),

compared as (
    select
        *,
        lag(attribute_values) over (partition by source_system, student_id order by start_date)
            as previous_attribute_values
    from observed
),

periods as (
    select
        *,
        lead(start_date) over (partition by source_system, student_id order by start_date) as next_start_date
    from compared
    where attribute_values is distinct from previous_attribute_values
),

mentioned as (
    select
        student_key,
        source_system,
        student_id,
        _received_at as received_at
    from {{ ref('stg_oulad__student_registration') }}
    union all
    select
        student_key,
        source_system,
        student_id,
        _received_at
    from {{ ref('stg_oulad__student_assessment') }}
    union all
    select
        activity.student_key,
        activity.source_system,
        {{ tidy('activity.id_student') }},
        submission.received_at
    from {{ ref('int_oulad__student_activity') }} as activity
    inner join {{ source('catalog', 'submission') }} as submission on activity.submission_id = submission.submission_id
),

inferred as (
    select
        mentioned.student_key,
        mentioned.source_system,
        mentioned.student_id,
        min(mentioned.received_at) as valid_from
    from mentioned
    left join observed on mentioned.student_key = observed.student_key
    where observed.student_key is null
    group by mentioned.student_key, mentioned.source_system, mentioned.student_id
)

{% set laurel_attributes = {
    'age_years': 'integer', 'birth_year': 'integer', 'health_status': 'text', 'has_disorder': 'boolean',
    'state_of_origin': 'text', 'lga_of_residence': 'text', 'living_arrangement': 'text', 'grade_level': 'text',
    'stream': 'text', 'admission_date': 'date', 'graduation_date': 'date',
} %}

select
    case
        when next_start_date is null then student_key
        else {{ surrogate_key(['source_system', 'student_id', 'presentation_code']) }}
    end as student_key,
    source_system,
    student_id,
    'known' as member_type,
    gender,
    {% for attribute, type in laurel_attributes.items() -%}
    null::{{ type }} as {{ attribute }},
    {% endfor -%}
    start_date::timestamp at time zone 'UTC' as valid_from,
    next_start_date::timestamp at time zone 'UTC' as valid_to,
    next_start_date is null as is_current,
    _submission_id as submission_id,
    region,
    highest_education,
    imd_band,
    age_band,
    has_disability,
    null::uuid as school_key
from periods
union all
select
    student_key,
    source_system,
    student_id,
    'inferred' as member_type,
    null as gender,
    {% for attribute in laurel_attributes -%}
    null as {{ attribute }},
    {% endfor -%}
    valid_from,
    null as valid_to,
    true as is_current,
    null as submission_id,
    null as region,
    null as highest_education,
    null as imd_band,
    null as age_band,
    null as has_disability,
    null as school_key
from inferred
