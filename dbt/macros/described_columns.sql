{#
    The columns that a described dataset's staging view has now, by name, each with whether it is a number. Empty where
    nobody has described the dataset: a researcher may bring it, leave columns out, or mark them personal.
#}
{% macro described_columns(view) %}
{% set found = {} %}
{% if execute %}
    {% set relation = adapter.get_relation(database=view.database, schema=view.schema, identifier=view.identifier) %}
    {% if relation is not none %}
        {% for column in adapter.get_columns_in_relation(relation) %}
            {% do found.update({column.name: column.is_number()}) %}
        {% endfor %}
    {% endif %}
{% endif %}
{{ return(found) }}
{% endmacro %}
