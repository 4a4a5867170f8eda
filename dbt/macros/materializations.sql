{#
    dbt's own materializations of tables and views, but straight under their names: nothing on the side, no two renames
    and no backup, which cost as much as many of our statements. It is one transaction, so that what fails leaves what
    was there; until it ends nobody reads the old one, and nobody should: what people read is published from here
    (elt/transforming/publishing.py).
#}
{% materialization table, adapter='postgres' %}
  {{ return(made_anew('table')) }}
{% endmaterialization %}

{% materialization view, adapter='postgres' %}
  {{ return(made_anew('view')) }}
{% endmaterialization %}

{% macro made_anew(type) %}
  {%- set target_relation = this.incorporate(type=type) -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {{ drop_relation_if_exists(load_cached_relation(this)) }}
  {% call statement('main') -%}
    {%- if type == 'table' -%}
      {{ get_create_table_as_sql(False, target_relation, sql) }}
    {%- else -%}
      {{ get_create_view_as_sql(target_relation, sql) }}
    {%- endif -%}
  {%- endcall %}
  {% if type == 'table' %}{% do create_indexes(target_relation) %}{% endif %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmacro %}
