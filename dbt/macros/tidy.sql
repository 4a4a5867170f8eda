{#
    Text without the white space a spreadsheet leaves behind: none at either end, a single blank inside (no-break
    spaces, tabs and line ends count as blanks), and null where nothing else was in the cell. Looking for white space
    to mend costs a third of mending it, and almost no cell has any.
#}
{% macro tidy(column) -%}
    case
        when {{ column }} ~ '^\s|\s\s|\s$|[\t\r\n\u00a0]'
            then nullif(btrim(regexp_replace({{ column }}, '[\s\u00a0]+', ' ', 'g')), '')
        else nullif({{ column }}, '')
    end
{%- endmacro %}

{# True for Yes, false for No, null for anything else. #}
{% macro yes_no(column) -%}
    case lower({{ tidy(column) }}) when 'yes' then true when 'no' then false end
{%- endmacro %}
