{# A mart that several source systems fill: one after the other, each its own part with the same columns. #}
{% macro union_of_parts(parts) %}
{% for part in parts %}
select * from {{ part }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endmacro %}

{#
    A part that grows by submission (docs/decisions/0010), whole, as it will be once this build is published: the rows of
    new submissions, from `delta`, and what is stored of the others. A dry run reads the latter through the view that
    dbt replaces, so that nothing of it stands on a stored table.
#}
{% macro with_stored(delta) %}
select * from {{ delta }}
{%- if execute -%}
    {%- set stored = ('build_part.' if target.name == 'dry_run' else 'marts_part_store.') ~ this.identifier -%}
    {%- set scope = source('catalog', 'transform_scope') -%}
    {%- if run_query(
        "select to_regclass('" ~ stored ~ "') is not null and exists (select from " ~ scope ~ " where not is_new)"
    ).rows[0][0] %}
union all
select * from {{ stored }}
where submission_id in (select submission_id from {{ scope }} where not is_new)
    {%- endif -%}
{%- endif %}
{% endmacro %}

{#
    A condition on raw rows of `dataset_id`: those of submissions that the stored parts do not hold. Their range is
    written out, so that the block-range index leads to them and the others are not read.
#}
{% macro is_of_new_submission(dataset_id) -%}
    {%- set new -%}
        select transform_scope.submission_id
        from {{ source('catalog', 'transform_scope') }} as transform_scope
        inner join {{ source('catalog', 'submission') }} as submission
            on transform_scope.submission_id = submission.submission_id
        where transform_scope.is_new and submission.dataset_id = '{{ dataset_id }}'
    {%- endset -%}
    {%- if execute -%}
        {%- set row = run_query(
            "select coalesce(min(submission_id), 0), coalesce(max(submission_id), 0) from (" ~ new ~ ") as new"
        ).rows[0] -%}
    _submission_id between {{ row[0] }} and {{ row[1] }} and
    {% endif -%}
    _submission_id in ({{ new }})
{%- endmacro %}
