{{ config(indexes=[
    {'columns': ['teacher_key'], 'unique': true},
    {'columns': ['source_system', 'teacher_id']},
]) }}

{% set attributes = ['school_id', 'gender', 'birth_year'] %}

with statement as (
    select * from {{ ref('base_district__users') }}
),

-- What was said of those who are teachers now.
told as (
    select
        statement.source_system,
        statement.user_id as teacher_id,
        statement.school_id,
        statement.gender,
        extract(year from statement.birth_date)::integer as birth_year,
        statement.updated_at,
        statement._submission_id,
        statement._line_number
    from statement
    inner join {{ ref('stg_district__users') }} as present on statement.user_id = present.user_id
    where statement.is_active and present.role = 'teacher'
),

{{ versions_by_update('told', 'teacher_id', 'teacher_key', attributes) }},

-- Known by number only, or, where a course has no teacher or nobody describes it, not even that.
mentioned as (
    select
        section.source_system,
        section.teacher_id,
        min(section.known_from) as valid_from
    from {{ ref('int_district__section') }} as section
    left join versions on section.teacher_id = versions.teacher_id
    where versions.teacher_id is null
    group by section.source_system, section.teacher_id
)

{% set not_told = {
    'state_of_origin': 'text', 'lga_of_residence': 'text', 'residence_type': 'text', 'experience_years': 'integer',
    'qualification': 'text', 'digital_literacy': 'text', 'teaching_level': 'text', 'subject_specialization': 'text',
} %}

select
    teacher_key,
    source_system,
    teacher_id,
    'known' as member_type,
    gender,
    null::integer as age_years,
    birth_year,
    {% for attribute, type in not_told.items() -%}
    null::{{ type }} as {{ attribute }},
    {% endfor -%}
    valid_from,
    valid_to,
    is_current,
    submission_id,
    case when school_id is not null then {{ surrogate_key(['source_system', 'school_id']) }} end as school_key
from versions
union all
select
    {{ surrogate_key(['source_system', 'teacher_id']) }} as teacher_key,
    source_system,
    teacher_id,
    case when teacher_id is null then 'unknown' else 'inferred' end as member_type,
    null as gender,
    null as age_years,
    null as birth_year,
    {% for attribute in not_told -%}
    null as {{ attribute }},
    {% endfor -%}
    valid_from,
    null as valid_to,
    true as is_current,
    null as submission_id,
    null as school_key
from mentioned
