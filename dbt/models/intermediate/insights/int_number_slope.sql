-- The least-squares slope of an outcome on a factor that is a number, with HC3 standard errors (right for small
-- samples and uneven spread: Long and Ervin 2000), summed within clusters.
with observation as (
    select * from {{ ref('int_factor_observation') }}
    where factor_value is not null and outcome_value is not null
),

line as (
    select
        analysis,
        population,
        outcome,
        factor,
        count(*)::double precision as n,
        count(distinct cluster_key)::double precision as clusters,
        regr_slope(outcome_value, factor_value) as slope,
        regr_avgx(outcome_value, factor_value) as mean_x,
        regr_avgy(outcome_value, factor_value) as mean_y,
        nullif(regr_sxx(outcome_value, factor_value), 0) as sxx
    from observation
    group by analysis, population, outcome, factor
),

cluster_score as (
    select
        analysis,
        population,
        outcome,
        factor,
        observation.cluster_key,
        sum(
            (factor_value - mean_x)
            * (outcome_value - mean_y - slope * (factor_value - mean_x))
            / nullif(1 - 1 / n - (factor_value - mean_x) ^ 2 / sxx, 0)
        ) as score
    from observation
    inner join line using (analysis, population, outcome, factor)
    group by analysis, population, outcome, factor, observation.cluster_key
),

variance as (
    select
        analysis,
        population,
        outcome,
        factor,
        sum(score ^ 2) as of_scores
    from cluster_score
    group by analysis, population, outcome, factor
)

select
    analysis,
    population,
    outcome,
    factor,
    line.n,
    line.clusters,
    line.mean_y as mean,
    line.slope as difference,
    sqrt(variance.of_scores) / line.sxx as standard_error,
    line.clusters - 2 as degrees_of_freedom
from variance
inner join line using (analysis, population, outcome, factor)
