{% set factor_key = 'analysis, population, outcome, factor' %}

with contrast as (
    select
        {{ factor_key }},
        level,
        n,
        n_rest,
        mean,
        mean_rest,
        difference,
        standard_error,
        degrees_of_freedom,
        is_suppressed
    from {{ ref('int_category_level') }}
    -- Of two levels one says all: the other's difference is the same with the sign turned.
    where level_count > 2 or (level_count = 2 and level_number = 2)
    union all
    select
        {{ factor_key }},
        null as level,
        n,
        null as n_rest,
        mean,
        null as mean_rest,
        difference,
        standard_error,
        degrees_of_freedom,
        clusters < rule.minimum_group_size as is_suppressed
    from {{ ref('int_number_slope') }}
    inner join {{ ref('association_rule') }} as rule using (analysis)
),

label as (
    select distinct
        analysis,
        outcome,
        factor,
        outcome_label,
        factor_label,
        step_label
    from {{ ref('int_factor_observation') }}
),

-- A hidden level is listed, without its numbers.
shown as (
    select
        {{ factor_key }},
        level,
        is_suppressed,
        {% for number in ['n', 'n_rest', 'mean', 'mean_rest', 'difference', 'standard_error', 'degrees_of_freedom'] -%}
        case when not is_suppressed then {{ number }} end as {{ number }}{{ ',' if not loop.last }}
        {% endfor %}
    from contrast
)

select
    {{ factor_key }},
    coalesce(shown.level, label.step_label) as level,
    label.outcome_label,
    label.factor_label,
    shown.level is null as is_slope,
    rule.unit,
    shown.n::integer as n,
    shown.n_rest::integer as n_rest,
    shown.mean,
    shown.mean_rest,
    shown.difference,
    shown.difference - shown.standard_error * {{ student_t_95('shown.degrees_of_freedom') }} as difference_low,
    shown.difference + shown.standard_error * {{ student_t_95('shown.degrees_of_freedom') }} as difference_high,
    test.p_value,
    test.q_value,
    test.test_count::integer as test_count,
    rule.maximum_q_value::double precision as maximum_q_value,
    rule.minimum_group_size,
    shown.is_suppressed,
    coalesce(test.q_value < rule.maximum_q_value, false) as is_found,
    rule.source_system
from shown
inner join label using (analysis, outcome, factor)
inner join {{ ref('association_rule') }} as rule using (analysis)
left join {{ ref('int_factor_test') }} as test using ({{ factor_key }})
