{#
    What holds now of a source that says when each of its rows was last changed: of the rows with one `id` the last changed,
    of equally old ones the newest file's; and nothing of those that were deleted there.
#}
{% macro current_rows(relation, id) %}
select *
from (
    select distinct on ({{ id }}) *
    from {{ relation }}
    order by {{ id }}, updated_at desc, _submission_id desc, _line_number
) as last_changed
where is_active
{% endmacro %}

{#
    SCD2 from the times of change that the source gives (compare `versions`, for sources that give none). `relation` has
    one row per entity and time of change. A row opens a period where one of `attributes` differs from the row before.
    The current version's key is made from the entity alone, as everywhere.
#}
{% macro versions_by_update(relation, entity_id, key, attributes) %}
observed as (
    select
        *,
        row({{ attributes | join(', ') }})::text as attribute_values
    from {{ relation }}
),

compared as (
    select
        *,
        lag(attribute_values) over (partition by {{ entity_id }} order by updated_at) as previous_attribute_values
    from observed
),

periods as (
    select
        *,
        lead(updated_at) over (partition by {{ entity_id }} order by updated_at) as next_updated_at
    from compared
    where attribute_values is distinct from previous_attribute_values
),

versions as (
    select
        case
            when next_updated_at is null then {{ surrogate_key(['source_system', entity_id]) }}
            else {{ surrogate_key(['source_system', entity_id, 'extract(epoch from updated_at)']) }}
        end as {{ key }},
        source_system,
        {{ entity_id }},
        {% for attribute in attributes -%}
        {{ attribute }},
        {% endfor -%}
        updated_at as valid_from,
        next_updated_at as valid_to,
        next_updated_at is null as is_current,
        _submission_id as submission_id,
        _line_number as line_number
    from periods
)
{% endmacro %}

{# The key of Laurel's one school, which its files do not name (seed school). #}
{% macro laurel_school_key() -%}
    (select {{ surrogate_key(['school.source_system', 'school.school_id']) }} from {{ ref('school') }} as school)
{%- endmacro %}
