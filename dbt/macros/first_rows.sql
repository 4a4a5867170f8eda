{#
    One row per key and submission: the first line that has the key. Lines of one file with equal keys were refused when
    it was loaded, so only keys that white space told apart meet here; `_key_line_numbers` remembers all their lines.
#}
{% macro first_rows(relation, key) %}
select distinct on ({{ key | join(', ') }}, _submission_id)
    *,
    array_agg(_line_number) over (partition by {{ key | join(', ') }}, _submission_id) as _key_line_numbers
from {{ relation }}
order by {{ key | join(', ') }}, _submission_id, _line_number
{% endmacro %}
