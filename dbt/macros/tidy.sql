{#
    Text without the white space a spreadsheet leaves behind: none at either end, a single blank inside (no-break
    spaces, tabs and line ends count as blanks), and null where nothing else was in the cell.
#}
{% macro tidy(column) -%}
    nullif(btrim(regexp_replace({{ column }}, '[\s\u00a0]+', ' ', 'g')), '')
{%- endmacro %}

{# True for Yes, false for No, null for anything else. #}
{% macro yes_no(column) -%}
    case lower({{ tidy(column) }}) when 'yes' then true when 'no' then false end
{%- endmacro %}
