{# The first day of an OULAD presentation. Only its month is published: B is February, J is October. #}
{% macro presentation_start(code) -%}
    make_date(left({{ code }}, 4)::integer, case right({{ code }}, 1) when 'B' then 2 else 10 end, 1)
{%- endmacro %}

{# The week of a presentation, from the day counted from its start: 0 for days 0 to 6, -1 for the seven before. #}
{% macro presentation_week(day) -%}
    floor({{ day }} / 7.0)::integer
{%- endmacro %}

{# One row per key: the newest submission that has it wins, in it the first line. #}
{% macro newest_rows(relation, key) %}
select distinct on ({{ key | join(', ') }}) *
from {{ relation }}
order by {{ key | join(', ') }}, _submission_id desc, _line_number
{% endmacro %}
