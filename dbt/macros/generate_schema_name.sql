{#
    A custom schema is used as it stands: `staging`, not `<target schema>_staging`. A dry run (elt/dry_runs/making.py) builds
    beside the real ones, in `dry_run_staging` and so on.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ 'dry_run_' if target.name == 'dry_run' }}{{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
