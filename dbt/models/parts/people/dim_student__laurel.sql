{{ config(indexes=[
    {'columns': ['student_key'], 'unique': true},
    {'columns': ['source_system', 'student_id']},
]) }}

{% set attributes = [
    'gender', 'age_years', 'birth_year', 'health_status', 'has_disorder', 'state_of_origin', 'lga_of_residence',
    'living_arrangement', 'grade_level', 'stream', 'admission_date', 'graduation_date',
] %}

with registered as (
    select
        source_system,
        student_id,
        gender,
        age_years,
        extract(year from birth_date)::integer as birth_year,
        health_status,
        lower(disorder) <> 'none' as has_disorder,
        state_of_origin,
        lga_of_residence,
        living_arrangement,
        grade_level,
        stream,
        admission_date,
        graduation_date,
        _submission_id,
        _received_at
    from {{ ref('base_laurel__students') }}
),

{{ versions('registered', 'student_id', 'student_key', attributes) }},

mentioned as (
    select
        source_system,
        student_id,
        _received_at
    from {{ ref('stg_laurel__academic_history') }}
    union all
    select
        source_system,
        student_id,
        _received_at
    from {{ ref('stg_laurel__parents') }}
),

-- Known by number only: somebody's grades or parents name a student whom no students file lists.
inferred as (
    select
        mentioned.source_system,
        mentioned.student_id,
        min(mentioned._received_at) as valid_from
    from mentioned
    left join versions
        on mentioned.source_system = versions.source_system and mentioned.student_id = versions.student_id
    where versions.student_id is null
    group by mentioned.source_system, mentioned.student_id
)

select
    student_key,
    source_system,
    student_id,
    'known' as member_type,
    {% for attribute in attributes %}
    {{ attribute }},
    {% endfor %}
    valid_from,
    valid_to,
    is_current,
    _submission_id as submission_id,
    null::text as region,
    null::text as highest_education,
    null::text as imd_band,
    null::text as age_band,
    null::boolean as has_disability,
    {{ laurel_school_key() }} as school_key
from versions
union all
select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    source_system,
    student_id,
    'inferred' as member_type,
    {% for attribute in attributes %}
    null as {{ attribute }},
    {% endfor %}
    valid_from,
    null as valid_to,
    true as is_current,
    null as submission_id,
    null as region,
    null as highest_education,
    null as imd_band,
    null as age_band,
    null as has_disability,
    {{ laurel_school_key() }} as school_key
from inferred
