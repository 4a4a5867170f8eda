{#
    SCD2 from the sequence of live submissions: one row per entity and validity period.

    `relation` holds one row per entity and live submission, with `source_system`, `_submission_id` and `_received_at`.
    A submission opens a period where one of `attributes` differs from the submission before; one that says the same
    again opens none. Nothing is remembered between builds, so a retraction is exact: without the submission, its
    periods never were.

    The key of the current version is made from the entity alone, so that facts, which know the entity but not the
    day, always meet exactly one row, the current one. A superseded version's key also holds the submission that
    opened it.
#}
{% macro versions(relation, entity_id, key, attributes) %}
observed as (
    select
        source_system,
        {{ entity_id }},
        {% for attribute in attributes -%}
        {{ attribute }},
        {% endfor -%}
        _submission_id,
        -- Submissions are numbered as they arrive; the running maximum keeps periods in order whatever clocks did.
        max(_received_at) over (partition by source_system, {{ entity_id }} order by _submission_id) as observed_at,
        row({{ attributes | join(', ') }})::text as attribute_values
    from {{ relation }}
),

compared as (
    select
        *,
        lag(attribute_values) over (partition by source_system, {{ entity_id }} order by _submission_id)
            as previous_attribute_values
    from observed
),

periods as (
    select
        *,
        lead(observed_at) over (partition by source_system, {{ entity_id }} order by _submission_id) as next_observed_at,
        lead(_submission_id) over (partition by source_system, {{ entity_id }} order by _submission_id) is null
            as is_current
    from compared
    where attribute_values is distinct from previous_attribute_values
),

versions as (
    select
        case
            when is_current then {{ surrogate_key(['source_system', entity_id]) }}
            else {{ surrogate_key(['source_system', entity_id, '_submission_id']) }}
        end as {{ key }},
        source_system,
        {{ entity_id }},
        {% for attribute in attributes -%}
        {{ attribute }},
        {% endfor -%}
        observed_at as valid_from,
        next_observed_at as valid_to,
        is_current,
        _submission_id
    from periods
)
{% endmacro %}
