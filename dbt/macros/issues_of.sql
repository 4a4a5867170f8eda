{#
    One issue per rule, dataset, submission and column, with the first of its lines: the last two tables and the select of
    a part of data_quality_issue. `found` has one row per line, or per sum of lines (`line_count`) whose numbers are not
    kept (`line_number` null).
#}
{% macro issues_of(found, first_lines=100) -%}
numbered as (
    select
        *,
        row_number() over (
            partition by rule_name, dataset_id, submission_id, column_name order by line_number
        ) as place
    from {{ found }}
),

issues as (
    select
        rule_name,
        source_system,
        dataset_id,
        submission_id,
        column_name,
        coalesce(
            array_agg(line_number order by line_number)
            filter (where line_number is not null and place <= {{ first_lines }}),
            array[]::integer[]
        ) as line_numbers,
        sum(line_count)::integer as line_count
    from numbered
    group by rule_name, source_system, dataset_id, submission_id, column_name
)

select
    {{ surrogate_key(['issues.rule_name', 'issues.dataset_id', 'issues.submission_id', 'issues.column_name']) }}
        as issue_key,
    issues.source_system,
    issues.dataset_id,
    issues.submission_id,
    issues.column_name,
    issues.rule_name,
    rule.severity,
    rule.meaning,
    rule.remedy,
    issues.line_count,
    issues.line_numbers
from issues
inner join {{ ref('data_quality_rule') }} as rule
    on issues.source_system = rule.source_system and issues.rule_name = rule.rule_name
{%- endmacro %}
