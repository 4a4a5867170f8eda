{% set attributes = [
    'lasrra_id', 'title', 'first_name', 'last_name', 'email', 'phone_number', 'home_address', 'gender',
    'state_of_origin', 'lga_of_residence', 'occupation', 'financial_status', 'education_level', 'school_engagement',
    'age_years', 'birth_date',
] %}

with parents as (
    select * from {{ ref('base_laurel__parents') }}
),

answers as (
    select
        parents.source_system,
        parents.parent_id,
        parents._submission_id,
        parents._received_at,
        parents._line_number,
        answer.attribute_name,
        answer.attribute_value
    from parents
    cross join lateral (
        values
        {% for attribute in attributes %}
        ('{{ attribute }}', parents.{{ attribute }}::text){{ ',' if not loop.last }}
        {% endfor %}
    ) as answer (attribute_name, attribute_value)
),

counted as (
    select
        *,
        count(*) over (
            partition by source_system, parent_id, _submission_id, attribute_name, attribute_value
        ) as same_answers
    from answers
)

select
    source_system,
    parent_id as guardian_id,
    _submission_id,
    _received_at,
    attribute_name,
    -- An empty cell contradicts nothing, so it wins only where every row leaves the cell empty.
    (array_agg(attribute_value order by attribute_value is null, same_answers desc, _line_number))[1]
        as attribute_value,
    count(distinct attribute_value) as value_count,
    array_agg(_line_number order by _line_number) filter (where attribute_value is not null) as line_numbers
from counted
group by source_system, parent_id, _submission_id, _received_at, attribute_name
