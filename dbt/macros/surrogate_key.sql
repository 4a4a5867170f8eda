{#
    A deterministic key: the same source system and natural key give the same key in every build and every warehouse.
    A row's text form quotes its parts, so that ('a', 'b,c') and ('a,b', 'c') never meet, and a null has a place.
#}
{% macro surrogate_key(columns) -%}
    md5(row({{ columns | join(', ') }})::text)::uuid
{%- endmacro %}
