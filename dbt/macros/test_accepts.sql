{# Fails with every row for which one of `rules` (SQL conditions) is false; an unknown (null) passes. #}
{% test accepts(model, rules) %}
{% for rule in rules %}
select '{{ rule | replace("'", "''") }}' as broken_rule, count(*) as row_count
from {{ model }}
where not ({{ rule }})
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
