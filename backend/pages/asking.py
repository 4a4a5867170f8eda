"""Ask: the page on which an administrator asks the marts in SQL. The questions themselves go to the API."""

from flask import Blueprint, render_template, request
from psycopg2.extras import RealDictCursor

from backend.api import ask as api
from backend.auth import require_role
from backend.reporting.insight import Row
from backend.services import services
from elt.access.roles import ADMINISTRATOR
from elt.asking import questions

FIRST = "select source_system, count(*) as students\nfrom marts.dim_student\nwhere is_current\ngroup by source_system"


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their part about questions."""
    blueprint.add_url_rule("/ask", view_func=ask, methods=["GET"])


@require_role(ADMINISTRATOR)
def ask() -> str:
    """The form, what can be read, what was saved; `?question=` begins with a saved one."""
    with services().pool.connection() as connection:
        saved = questions.listing(connection)
    chosen = next((question for question in saved if question.name == request.args.get("question")), None)
    return render_template(
        "ask.html",
        sql=chosen.sql_text if chosen else FIRST,
        saved=saved,
        relations=_relations(),
        limits=api.LIMITS,
    )


def _relations() -> list[Row]:
    """The tables that this account may ask, each with its columns and its comment."""
    with services().reader_pool.connection() as connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            """
            select columns.table_schema || '.' || columns.table_name as name,
                array_agg(columns.column_name::text order by columns.ordinal_position) as columns
            from information_schema.columns
            where columns.table_schema in ('marts', 'marts_private', 'predictions', 'catalog')
            group by columns.table_schema, columns.table_name
            order by columns.table_schema desc, columns.table_name
            """
        )
        return list(cursor.fetchall())
