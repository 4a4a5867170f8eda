{# Fails with every row whose key, as `keys` maps columns to models, has no row in the model it points at. #}
{% test refers_to(model, keys) %}
{% for column, target in keys.items() %}
select distinct '{{ column }}' as column_name, child.{{ column }} as missing_key
from {{ model }} as child
where
    child.{{ column }} is not null
    and not exists (select from {{ target }} as parent where parent.{{ column }} = child.{{ column }})
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
