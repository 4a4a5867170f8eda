-- Each level of a factor against all units with another level of it, and whether it may be shown.

{% set factor_key = 'analysis, population, outcome, factor' %}

with cell as (
    select
        {{ factor_key }},
        level,
        cluster_key,
        count(*)::double precision as n,
        sum(outcome_value) as outcome_sum
    from {{ ref('int_factor_observation') }}
    where level is not null and outcome_value is not null
    group by {{ factor_key }}, level, cluster_key
),

factor_level as (
    select distinct
        {{ factor_key }},
        level
    from cell
),

-- One row per level and cluster: what of the cluster is in the level, and what is in the rest.
contrasted as (
    select
        {{ factor_key }},
        factor_level.level,
        cluster_key,
        coalesce(sum(n) filter (where cell.level = factor_level.level), 0) as n,
        coalesce(sum(n) filter (where cell.level <> factor_level.level), 0) as n_rest,
        coalesce(sum(outcome_sum) filter (where cell.level = factor_level.level), 0) as outcome_sum,
        coalesce(sum(outcome_sum) filter (where cell.level <> factor_level.level), 0) as outcome_sum_rest
    from factor_level
    inner join cell using ({{ factor_key }})
    group by {{ factor_key }}, factor_level.level, cluster_key
),

side as (
    select
        {{ factor_key }},
        level,
        sum(n) as n,
        sum(n_rest) as n_rest,
        count(*) filter (where n > 0)::double precision as clusters,
        count(*) filter (where n_rest > 0)::double precision as clusters_rest,
        sum(outcome_sum) / sum(n) as mean,
        sum(outcome_sum_rest) / nullif(sum(n_rest), 0) as mean_rest
    from contrasted
    group by {{ factor_key }}, level
),

-- What each cluster adds to the error of either mean; the two add up where one cluster is on both sides.
cluster_error as (
    select
        {{ factor_key }},
        level,
        (contrasted.outcome_sum - contrasted.n * side.mean) / side.n
        * sqrt(side.clusters / nullif(side.clusters - 1, 0)) as of_level,
        (contrasted.outcome_sum_rest - contrasted.n_rest * side.mean_rest) / side.n_rest
        * sqrt(side.clusters_rest / nullif(side.clusters_rest - 1, 0)) as of_rest
    from contrasted
    inner join side using ({{ factor_key }}, level)
    where side.n_rest > 0
),

variance as (
    select
        {{ factor_key }},
        level,
        sum((of_level - of_rest) ^ 2) as of_difference,
        sum(of_level ^ 2) as of_level,
        sum(of_rest ^ 2) as of_rest
    from cluster_error
    group by {{ factor_key }}, level
),

sized as (
    select
        side.*,
        side.mean - side.mean_rest as difference,
        rule.minimum_group_size,
        variance.of_level as variance_of_mean,
        sqrt(variance.of_difference) as standard_error,
        (variance.of_level + variance.of_rest) ^ 2 / nullif(
            variance.of_level ^ 2 / nullif(side.clusters - 1, 0)
            + variance.of_rest ^ 2 / nullif(side.clusters_rest - 1, 0),
            0
        ) as degrees_of_freedom,
        -- Clusters, not units: three families of four children are three chances to be unlike the rest.
        least(side.clusters, side.clusters_rest) < rule.minimum_group_size as is_small,
        coalesce(sum(side.n) over smaller_levels, 0) as n_of_smaller_levels,
        count(*) over smaller_levels as smaller_level_count,
        count(*) over (partition by {{ factor_key }}) as level_count,
        row_number() over (partition by {{ factor_key }} order by side.level) as level_number
    from side
    inner join {{ ref('association_rule') }} as rule using (analysis)
    left join variance using ({{ factor_key }}, level)
    window smaller_levels as (
        partition by {{ factor_key }} order by side.clusters, level rows between unbounded preceding and 1 preceding
    )
)

select
    *,
    -- A small group is hidden, and enough of the next smallest with it that nobody can work it out from the others:
    -- the hidden groups are at least two and together reach the minimum.
    is_small or (
        bool_or(is_small) over (partition by {{ factor_key }})
        and (n_of_smaller_levels < minimum_group_size or smaller_level_count < 2)
    ) as is_suppressed
from sized
