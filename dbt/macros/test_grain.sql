{# Fails with every key of `columns` that occurs more than once, and every row where a key or `not_null` is missing. #}
{% test grain(model, columns, not_null=[]) %}
with keyed as (
    select
        {{ columns | join(', ') }},
        count(*) as row_count,
        bool_or(
            {% for column in columns + not_null -%}
            {{ column }} is null{{ ' or ' if not loop.last }}
            {%- endfor %}
        ) as has_missing_value
    from {{ model }}
    group by {{ columns | join(', ') }}
)

select * from keyed
where row_count > 1 or has_missing_value
{% endtest %}
