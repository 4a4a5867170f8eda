"""The key of a row as staging tells rows apart: white space around it, or twice within it, does not count."""

from psycopg2 import sql

from elt.contracting.contract import Contract


def tidied(contract: Contract, relation: str | None = None) -> dict[str, sql.Composed]:
    """Each key column with its expression, as dbt's `tidy` makes it, but never null. `relation` stands before names."""
    by_column = {field.column: field for field in contract.fields}
    expressions = {}
    for column in contract.key_columns:
        if by_column[column].postgres_type == "text":
            template = (
                r"case when {0} ~ '^\s|\s\s|\s$|[\t\r\n\u00a0]'"
                r" then btrim(regexp_replace({0}, '[\s\u00a0]+', ' ', 'g')) else coalesce({0}, '') end"
            )
        else:
            template = "coalesce({0}::text, '')"
        expressions[column] = sql.SQL(template).format(sql.Identifier(*filter(None, (relation, column))))
    return expressions
