{{ config(indexes=[
    {'columns': ['student_key'], 'unique': true},
    {'columns': ['source_system', 'student_id']},
]) }}

{% set attributes = ['school_id', 'gender', 'birth_year', 'grade_level'] %}

with statement as (
    select * from {{ ref('base_district__users') }}
),

-- What was said of those who are students now.
told as (
    select
        statement.source_system,
        statement.user_id as student_id,
        statement.school_id,
        statement.gender,
        extract(year from statement.birth_date)::integer as birth_year,
        statement.grade_level,
        statement.updated_at,
        statement._submission_id,
        statement._line_number
    from statement
    inner join {{ ref('stg_district__users') }} as present on statement.user_id = present.user_id
    where statement.is_active and present.role = 'student'
),

{{ versions_by_update('told', 'student_id', 'student_key', attributes) }},

mentioned as (
    {% for table in ['grades', 'homeworks', 'adjustments', 'accesses'] %}
    select
        source_system,
        student_id,
        _received_at
    from {{ ref('stg_district__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

inferred as (
    select
        mentioned.source_system,
        mentioned.student_id,
        min(mentioned._received_at) as valid_from
    from mentioned
    left join versions on mentioned.student_id = versions.student_id
    where versions.student_id is null
    group by mentioned.source_system, mentioned.student_id
)

{% set not_told = {
    'health_status': 'text', 'has_disorder': 'boolean', 'state_of_origin': 'text', 'lga_of_residence': 'text',
    'living_arrangement': 'text',
} %}
{% set not_told_either = {
    'region': 'text', 'highest_education': 'text', 'imd_band': 'text', 'age_band': 'text', 'has_disability': 'boolean',
} %}

select
    student_key,
    source_system,
    student_id,
    'known' as member_type,
    gender,
    null::integer as age_years,
    birth_year,
    {% for attribute, type in not_told.items() -%}
    null::{{ type }} as {{ attribute }},
    {% endfor -%}
    grade_level,
    null::text as stream,
    null::date as admission_date,
    null::date as graduation_date,
    valid_from,
    valid_to,
    is_current,
    submission_id,
    {% for attribute, type in not_told_either.items() -%}
    null::{{ type }} as {{ attribute }},
    {% endfor -%}
    case when school_id is not null then {{ surrogate_key(['source_system', 'school_id']) }} end as school_key
from versions
union all
select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    source_system,
    student_id,
    'inferred' as member_type,
    null as gender,
    null as age_years,
    null as birth_year,
    {% for attribute in not_told -%}
    null as {{ attribute }},
    {% endfor -%}
    null as grade_level,
    null as stream,
    null as admission_date,
    null as graduation_date,
    valid_from,
    null as valid_to,
    true as is_current,
    null as submission_id,
    {% for attribute in not_told_either -%}
    null as {{ attribute }},
    {% endfor -%}
    null as school_key
from inferred
