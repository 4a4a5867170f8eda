{{ config(indexes=[
    {'columns': ['guardian_key'], 'unique': true},
    {'columns': ['source_system', 'guardian_id']},
]) }}

{% set attributes = [
    'title', 'gender', 'age_years', 'birth_year', 'state_of_origin', 'lga_of_residence', 'occupation',
    'financial_status', 'education_level', 'school_engagement',
] %}

with resolved as (
    select
        source_system,
        guardian_id,
        {{ guardian_attribute('title') }} as title,
        {{ guardian_attribute('gender') }} as gender,
        ({{ guardian_attribute('age_years') }})::integer as age_years,
        extract(year from ({{ guardian_attribute('birth_date') }})::date)::integer as birth_year,
        {{ guardian_attribute('state_of_origin') }} as state_of_origin,
        {{ guardian_attribute('lga_of_residence') }} as lga_of_residence,
        {{ guardian_attribute('occupation') }} as occupation,
        {{ guardian_attribute('financial_status') }} as financial_status,
        {{ guardian_attribute('education_level') }} as education_level,
        {{ guardian_attribute('school_engagement') }} as school_engagement,
        _submission_id,
        _received_at
    from {{ ref('int_guardian_attribute') }}
    group by source_system, guardian_id, _submission_id, _received_at
),

{{ versions('resolved', 'guardian_id', 'guardian_key', attributes) }},

told as (
    select
        source_system,
        parent_id as guardian_id,
        _submission_id,
        array_agg(_line_number order by _line_number) as line_numbers
    from {{ ref('base_laurel__parents') }}
    group by source_system, parent_id, _submission_id
)

select
    versions.guardian_key,
    versions.source_system,
    versions.guardian_id,
    {% for attribute in attributes %}
    versions.{{ attribute }},
    {% endfor %}
    versions.valid_from,
    versions.valid_to,
    versions.is_current,
    versions._submission_id as submission_id,
    told.line_numbers,
    {{ laurel_school_key() }} as school_key
from versions
inner join told using (source_system, guardian_id, _submission_id)
