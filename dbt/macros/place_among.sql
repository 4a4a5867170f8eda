{% macro place_among(relation, column) -%}
    {#- The share of those with a number who are below, ties by half, less 0.5: 0 is the middle, or no number. Needs the
        windows <column>_known and <column>_order. -#}
    case
        when {{ relation }}.{{ column }} is null then 0
        else
            ((rank() over {{ column }}_order - 1)::double precision / count(*) over {{ column }}_known
            + cume_dist() over {{ column }}_order) / 2 - 0.5
    end
{%- endmacro %}
