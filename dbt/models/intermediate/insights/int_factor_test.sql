-- Does the outcome go with the factor at all? One test per factor, whatever its number of levels.
{% set factor_key = 'analysis, population, outcome, factor' %}

with shown_level as (
    select
        *,
        1 / variance_of_mean as weight,
        count(*) over (partition by {{ factor_key }}) as shown_count
    from {{ ref('int_category_level') }}
    where not is_suppressed and variance_of_mean > 0 and standard_error > 0
),

-- Two levels, or one against a rest that is hidden: Welch's t. Both rows of two levels say the same.
two_sided as (
    select distinct on ({{ factor_key }})
        {{ factor_key }},
        {{ student_t_two_sided_p('(difference / standard_error)', 'degrees_of_freedom') }} as p_value
    from shown_level
    where level_count = 2 or shown_count = 1
    order by {{ factor_key }}, level
),

-- More levels: Welch's analysis of variance (1951), which lets the levels differ in spread and size.
weighted as (
    select
        *,
        sum(weight) over (partition by {{ factor_key }}) as total_weight,
        sum(weight * mean) over (partition by {{ factor_key }}) / sum(weight) over (partition by {{ factor_key }})
            as weighted_mean
    from shown_level
    where level_count > 2 and shown_count > 1
),

moment as (
    select
        {{ factor_key }},
        count(*)::double precision as k,
        sum(weight * (mean - weighted_mean) ^ 2) / (count(*) - 1) as between_levels,
        sum((1 - weight / total_weight) ^ 2 / (clusters - 1)) as imbalance
    from weighted
    group by {{ factor_key }}
),

welch as (
    select
        {{ factor_key }},
        k - 1 as df1,
        (k ^ 2 - 1) / (3 * imbalance) as df2,
        between_levels / (1 + 2 * (k - 2) / (k ^ 2 - 1) * imbalance) as f
    from moment
),

slope as (
    select
        {{ factor_key }},
        {{ student_t_two_sided_p('(difference / standard_error)', 'degrees_of_freedom') }} as p_value
    from {{ ref('int_number_slope') }}
    inner join {{ ref('association_rule') }} as rule using (analysis)
    where standard_error > 0 and degrees_of_freedom + 2 >= rule.minimum_group_size
),

test as (
    select
        {{ factor_key }},
        p_value
    from two_sided
    union all
    select
        {{ factor_key }},
        {{ f_upper_p('f', 'df1', 'df2') }} as p_value
    from welch
    union all
    select
        {{ factor_key }},
        p_value
    from slope
),

ranked as (
    select
        *,
        count(*) over (partition by analysis) as test_count,
        row_number() over (partition by analysis order by p_value) as p_rank
    from test
)

-- Benjamini and Hochberg: the rate of false findings if this factor, and all that are clearer, count as found.
select
    *,
    least(
        1,
        min(p_value * (test_count::double precision / p_rank)) over (partition by analysis order by p_value desc)
    ) as q_value
from ranked
