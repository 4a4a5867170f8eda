{{ config(indexes=[
    {'columns': ['teacher_key'], 'unique': true},
    {'columns': ['source_system', 'teacher_id']},
]) }}

{% set attributes = [
    'gender', 'age_years', 'birth_year', 'state_of_origin', 'lga_of_residence', 'residence_type', 'experience_years',
    'qualification', 'digital_literacy', 'teaching_level', 'subject_specialization',
] %}

with employed as (
    select
        source_system,
        teacher_id,
        gender,
        age_years,
        extract(year from birth_date)::integer as birth_year,
        state_of_origin,
        lga_of_residence,
        residence_type,
        experience_years,
        qualification,
        digital_literacy,
        teaching_level,
        subject_specialization,
        _submission_id,
        _received_at
    from {{ ref('base_laurel__teachers') }}
),

{{ versions('employed', 'teacher_id', 'teacher_key', attributes) }},

-- Known by number only, or, where the grade row names nobody, not even that.
mentioned as (
    select
        history.source_system,
        history.teacher_id,
        min(history._received_at) as valid_from
    from {{ ref('stg_laurel__academic_history') }} as history
    left join versions
        on history.source_system = versions.source_system and history.teacher_id = versions.teacher_id
    where versions.teacher_id is null
    group by history.source_system, history.teacher_id
)

select
    teacher_key,
    source_system,
    teacher_id,
    'known' as member_type,
    {% for attribute in attributes %}
    {{ attribute }},
    {% endfor %}
    valid_from,
    valid_to,
    is_current,
    _submission_id as submission_id,
    {{ laurel_school_key() }} as school_key
from versions
union all
select
    {{ surrogate_key(['source_system', 'teacher_id']) }} as teacher_key,
    source_system,
    teacher_id,
    case when teacher_id is null then 'unknown' else 'inferred' end as member_type,
    {% for attribute in attributes %}
    null as {{ attribute }},
    {% endfor %}
    valid_from,
    null as valid_to,
    true as is_current,
    null as submission_id,
    {{ laurel_school_key() }} as school_key
from mentioned
