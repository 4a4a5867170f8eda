{#
    A seed of bands that states only where each band begins (`minimum_score`), with where it ends: `below_score` is the
    minimum of the next band, null for the highest. So no score falls between two bands, whatever its decimals.
#}
{% macro score_bands(seed) %}
    select
        *,
        lead(minimum_score) over (partition by source_system order by minimum_score) as below_score
    from {{ seed }}
{% endmacro %}
