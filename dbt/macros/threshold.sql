{# The value of one row of the seed kpi_threshold, for the source system of the row at hand. #}
{% macro threshold(name, source_system='source_system') -%}
    (
        select threshold_value from {{ ref('kpi_threshold') }} as kpi_threshold
        where kpi_threshold.source_system = {{ source_system }} and kpi_threshold.threshold_name = '{{ name }}'
    )
{%- endmacro %}
