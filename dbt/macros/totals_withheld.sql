{#
    Which totals over all presentations (or other `part`s, whose `total` is so called) may not be published: two tables, the last of them `total_withheld`, one row per
    slice (`within`, columns) and `cell`.

    `decided` has the presentations' own cells, of which each presentation withholds none, or at least two of those that
    add up. A total is of everybody. It tells what is hidden in it where that is one cell alone, or is fewer people than
    `minimum_count` together: then it is withheld, with a second total beside it, the smallest that has hidden cells.
    What is hidden after that can be worked out by no subtraction where each hidden cell is the corner of a rectangle of
    hidden cells (two presentations or their total, by two cells). Where one is not, all totals with a hidden cell go:
    each hidden cell then has a rectangle with the totals' row.
#}
{% macro totals_withheld(within, cell, part='section_name', total='All presentations') -%}
{% set slice = within | join(', ') -%}
hidden_in_total as (
    select
        {{ slice }},
        {{ cell }},
        sum(student_count) as student_count,
        count(*) filter (where is_suppressed) as hidden_count,
        count(*) filter (where is_suppressed) = 1
        or coalesce(sum(student_count) filter (where is_suppressed) < max(minimum_count), false) as is_telling
    from decided
    group by {{ slice }}, {{ cell }}
),

ranked_total as (
    select
        *,
        count(*) filter (where is_telling) over (partition by {{ slice }}) as telling_count,
        row_number() over (
            partition by {{ slice }} order by is_telling desc, hidden_count = 0, student_count, {{ cell }}
        ) as place
    from hidden_in_total
),

hidden_cell as (
    select
        {{ slice }},
        {{ part }},
        {{ cell }}
    from decided
    where is_suppressed
    union all
    select
        {{ slice }},
        '{{ total }}' as {{ part }},
        {{ cell }}
    from ranked_total
    where is_telling or (telling_count = 1 and place = 2)
),

corner as (
    select distinct
        {% for name in within %}one.{{ name }}, {% endfor %}one.{{ part }},
        one.{{ cell }}
    from hidden_cell as one
    inner join hidden_cell as beside
        on {% for name in within %}one.{{ name }} = beside.{{ name }} and {% endfor -%}
        one.{{ part }} = beside.{{ part }} and one.{{ cell }} <> beside.{{ cell }}
    inner join hidden_cell as below
        on {% for name in within %}one.{{ name }} = below.{{ name }} and {% endfor -%}
        one.{{ part }} <> below.{{ part }} and one.{{ cell }} = below.{{ cell }}
    inner join hidden_cell as opposite
        on {% for name in within %}one.{{ name }} = opposite.{{ name }} and {% endfor -%}
        below.{{ part }} = opposite.{{ part }} and beside.{{ cell }} = opposite.{{ cell }}
),

exposed as (
    select distinct {{ slice }}
    from (
        select * from hidden_cell
        except
        select * from corner
    ) as alone
),

total_withheld as (
    select
        {{ slice }},
        {{ cell }},
        ranked_total.hidden_count > 0
        and (
            ranked_total.is_telling
            or (ranked_total.telling_count = 1 and ranked_total.place = 2)
            or exposed.source_system is not null
        ) as is_suppressed
    from ranked_total
    left join exposed using ({{ slice }})
)
{%- endmacro %}
