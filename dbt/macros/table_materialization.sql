{#
    dbt's own materialization of tables, but straight under the table's name: no table on the side, two renames and a
    backup, which cost as much as many of our statements. It is one transaction, so that what fails leaves the old table;
    until it ends nobody reads the old one, and nobody should: what people read is published from here (elt/publishing.py).
#}
{% materialization table, adapter='postgres' %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {{ drop_relation_if_exists(load_cached_relation(this)) }}
  {% call statement('main') -%}
    {{ get_create_table_as_sql(False, target_relation, sql) }}
  {%- endcall %}
  {% do create_indexes(target_relation) %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
