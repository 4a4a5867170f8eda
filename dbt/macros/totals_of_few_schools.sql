{#
    Which totals over all schools tell people of one school about another one: the last table, `total_of_few_schools`,
    has one row per slice (`within`, columns) and `cell`. Principals and teachers are not shown them (policies.py).

    Whoever knows one school takes its row off the total: of two schools the rest is the other one. So a total needs as
    many schools as the seed says. Those that are not shown are what is left of the margin by those that are, all of
    them together: where that is of fewer schools, the smallest of the others goes too.
#}
{% macro totals_of_few_schools(within, cell) -%}
{% set slice = within | join(', ') -%}
school_total as (
    select
        {{ slice }},
        {{ cell }},
        bool_or(is_margin) as is_margin,
        sum(student_count) as student_count,
        count(*) < {{ threshold('schools_minimum', 'decided.source_system') }} as is_of_few_schools
    from decided
    group by {{ slice }}, {{ cell }}
),

-- What can be worked out of a slice's totals although it is not shown.
rest_of_total as (
    select
        {{ slice }},
        count(distinct decided.school_key) < {{ threshold('schools_minimum', 'decided.source_system') }} as is_telling
    from decided
    inner join school_total using ({{ slice }}, {{ cell }})
    where school_total.is_of_few_schools and not school_total.is_margin
    group by {{ slice }}
),

total_of_few_schools as (
    select
        {{ slice }},
        {{ cell }},
        school_total.is_of_few_schools
        or (
            coalesce(rest_of_total.is_telling, false)
            and not school_total.is_margin
            and row_number() over (
                partition by {{ slice }}, school_total.is_margin, school_total.is_of_few_schools
                order by school_total.student_count, {{ cell }}
            ) = 1
        ) as is_of_few_schools
    from school_total
    left join rest_of_total using ({{ slice }})
)
{%- endmacro %}
