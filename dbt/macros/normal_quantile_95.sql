{# Half the width of a two-sided 95% interval, in standard errors, where there are enough observations for the normal. #}
{% macro normal_quantile_95() %}1.959964{% endmacro %}
