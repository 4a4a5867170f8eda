{# The value of one row of the seed kpi_threshold, for a source system: a column with its table's name, or it would be
   kpi_threshold's own. #}
{% macro threshold(name, source_system) -%}
    (
        select threshold_value from {{ ref('kpi_threshold') }} as kpi_threshold
        where kpi_threshold.source_system = {{ source_system }} and kpi_threshold.threshold_name = '{{ name }}'
    )
{%- endmacro %}
