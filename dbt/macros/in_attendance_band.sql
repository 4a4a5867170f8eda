{# Whether a rate lies in the joined row of the seed attendance_band: above one end, up to and including the other. #}
{% macro in_attendance_band(rate) -%}
    (
        ({{ rate }} > attendance_band.above_rate or attendance_band.above_rate is null)
        and ({{ rate }} <= attendance_band.up_to_rate or attendance_band.up_to_rate is null)
    )
{%- endmacro %}
