{# Fails with every entity of an SCD2 dimension that has not one current version, or whose periods do not meet. #}
{% test periods(model, entity) %}
with periods as (
    select
        source_system,
        {{ entity }},
        is_current,
        valid_to,
        lead(valid_from) over (
            partition by source_system, {{ entity }} order by is_current, valid_from, submission_id
        ) as next_valid_from
    from {{ model }}
)

select source_system, {{ entity }}
from periods
group by source_system, {{ entity }}
having count(*) filter (where is_current) <> 1 or bool_or(valid_to is distinct from next_valid_from)
{% endtest %}
