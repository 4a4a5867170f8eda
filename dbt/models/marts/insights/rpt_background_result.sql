{% set attributes = {
    'deprivation': ('Deprivation band', 'imd_band'),
    'education': ('Highest education', 'highest_education'),
    'age': ('Age', 'age_band'),
    'disability': ('Disability', "case when has_disability then 'Yes' when not has_disability then 'No' end"),
} %}

with told as (
    {% for attribute, (label, value) in attributes.items() %}
    select
        source_system,
        student_key,
        final_result,
        '{{ attribute }}' as attribute,
        '{{ label }}' as attribute_label,
        {{ loop.index }} as attribute_order,
        coalesce({{ value }}, 'Not stated') as level
    from {{ ref('fct_enrollment__oulad') }}
    where final_result is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        source_system,
        attribute,
        attribute_label,
        attribute_order,
        coalesce(level, 'All students') as level,
        grouping(level) = 1 as is_margin,
        count(distinct student_key) as student_count,
        count(*) as enrollment_count,
        count(*) filter (where final_result = 'Distinction') as distinction_count,
        count(*) filter (where final_result = 'Pass') as pass_count,
        count(*) filter (where final_result = 'Fail') as fail_count,
        count(*) filter (where final_result = 'Withdrawn') as withdrawn_count,
        count(distinct student_key) < {{ threshold('suppression_minimum', 'told.source_system') }} as is_small
    from told
    group by grouping sets (
        (source_system, attribute, attribute_label, attribute_order),
        (source_system, attribute, attribute_label, attribute_order, level)
    )
),

decided as (
    select
        *,
        {{ is_withheld(within='source_system, attribute', cell='level') }} as is_suppressed
    from counted
),

compared as (
    select
        *,
        (distinction_count + pass_count)::double precision / enrollment_count as pass_rate,
        max(enrollment_count) filter (where is_margin) over everybody - enrollment_count as rest_count,
        max(distinction_count + pass_count) filter (where is_margin) over everybody
        - distinction_count - pass_count as rest_passed_count
    from decided
    window everybody as (partition by source_system, attribute)
),

differing as (
    select
        *,
        pass_rate - rest_passed_count::double precision / nullif(rest_count, 0) as gap,
        {{ student_t_95('(enrollment_count + rest_count)') }} * sqrt(
            pass_rate * (1 - pass_rate) / enrollment_count
            + rest_passed_count::double precision * (rest_count - rest_passed_count)
            / nullif(rest_count, 0)::double precision ^ 3
        ) as half_interval
    from compared
)

select
    source_system,
    attribute,
    attribute_label,
    attribute_order,
    level,
    {% for count in ['student', 'enrollment', 'distinction', 'pass', 'fail', 'withdrawn'] -%}
    case when not is_suppressed then {{ count }}_count end::integer as {{ count }}_count,
    {% endfor -%}
    case when not is_suppressed then pass_rate end as pass_rate,
    case when not is_suppressed then withdrawn_count::double precision / enrollment_count end as withdrawal_rate,
    case when not is_suppressed then 100 * gap end as gap_pct,
    case when not is_suppressed then 100 * (gap - half_interval) end as gap_low_pct,
    case when not is_suppressed then 100 * (gap + half_interval) end as gap_high_pct,
    is_suppressed
from differing
