{#
    What a report says of each school and of all schools together, by some cell (a subject, a letter, a session): the last
    table, `reported`, has one row per slice (`within`, columns), school (and `All schools`) and cell (and `All`).

    `relation` has `source_system`, `school_key`, `school_name`, `student_key`, the columns of `within` and the cell.
    `measures` are aggregates that may be added up over schools; `orders` are columns by which pages sort cells. A row may
    not be published (`is_suppressed`) where few students are behind it, or where it would tell of one that is hidden.
    `is_of_few_schools` are totals that people of one school may not see (macro of that name).
#}
{% macro school_cells(relation, cell, measures, within=[], orders=[]) -%}
{% set slice = (['source_system'] + within) | join(', ') -%}
counted as (
    select
        {{ slice }},
        school_key,
        school_name,
        coalesce({{ cell }}, 'All') as {{ cell }},
        grouping({{ cell }}) = 1 as is_margin,
        {% for name, aggregate in measures.items() -%}
        {{ aggregate }} as {{ name }},
        {% endfor -%}
        {% for name in orders -%}
        case when grouping({{ cell }}) = 0 then min({{ name }}) end as {{ name }},
        {% endfor -%}
        count(distinct student_key) as student_count,
        {{ threshold('suppression_minimum', relation ~ '.source_system') }} as minimum_count,
        count(distinct student_key) > 0
        and count(distinct student_key) < {{ threshold('suppression_minimum', relation ~ '.source_system') }} as is_small
    from {{ relation }}
    group by grouping sets (
        ({{ slice }}, school_key, school_name), ({{ slice }}, school_key, school_name, {{ cell }})
    )
),

decided as (
    select
        *,
        {{ is_withheld(within=slice ~ ', school_name', cell=cell) }} as is_suppressed
    from counted
),

{{ totals_withheld(within=['source_system'] + within, cell=cell, part='school_name', total='All schools') }},

{{ totals_of_few_schools(within=['source_system'] + within, cell=cell) }},

reported as (
    select
        {{ slice }},
        school_key,
        school_name,
        {{ cell }},
        is_margin,
        {% for name in measures.keys() | list + orders -%}
        {{ name }},
        {% endfor -%}
        student_count,
        is_suppressed,
        false as is_of_few_schools
    from decided
    union all
    select
        {{ slice }},
        null::uuid as school_key,
        'All schools' as school_name,
        {{ cell }},
        bool_or(decided.is_margin) as is_margin,
        {% for name in measures -%}
        sum(decided.{{ name }}) as {{ name }},
        {% endfor -%}
        {% for name in orders -%}
        min(decided.{{ name }}) as {{ name }},
        {% endfor -%}
        sum(decided.student_count) as student_count,
        bool_or(total_withheld.is_suppressed) as is_suppressed,
        bool_or(total_of_few_schools.is_of_few_schools) as is_of_few_schools
    from decided
    inner join total_withheld using ({{ slice }}, {{ cell }})
    inner join total_of_few_schools using ({{ slice }}, {{ cell }})
    group by {{ slice }}, {{ cell }}
)
{%- endmacro %}

{# A report's columns of counts, each null where the row is withheld. #}
{% macro shown_counts(names) -%}
{% for name in names -%}
case when not is_suppressed then {{ name }} end::integer as {{ name }},
    {% endfor -%}
{%- endmacro %}
