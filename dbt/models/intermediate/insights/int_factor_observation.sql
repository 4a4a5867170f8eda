-- Without statistics, Postgres joins the levels to the observations row by row.
{{ config(post_hook='analyze {{ this }}') }}

{% for part in ['attendance', 'guardian', 'student_performance', 'subgroup', 'survey', 'teacher'] %}
select
    analysis,
    population,
    outcome,
    outcome_label,
    factor,
    factor_label,
    step_label,
    unit_key,
    cluster_key,
    level,
    factor_value,
    outcome_value
from {{ ref('int_' ~ part ~ '_factor') }}
{{ 'union all' if not loop.last }}
{% endfor %}
