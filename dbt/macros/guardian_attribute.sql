{# One attribute of a guardian in one submission, from the rows of int_guardian_attribute grouped by the two. #}
{% macro guardian_attribute(name) -%}
    max(attribute_value) filter (where attribute_name = '{{ name }}')
{%- endmacro %}
