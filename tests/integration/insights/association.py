"""The statistics of dbt's association models on rows of a test's own: the real SQL, on a real Postgres."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor, execute_values

from elt.settings import REPOSITORY

DBT = REPOSITORY / "dbt"
MODELS = (
    "intermediate/insights/int_category_level",
    "intermediate/insights/int_number_slope",
    "intermediate/insights/int_factor_test",
    "marts/insights/rpt_factor_association",
)
MACROS = (
    "tail_probability", "threshold", "is_withheld", "totals_withheld", "totals_of_few_schools", "school_cells",
    "in_attendance_band", "presentation",
)  # fmt: skip
COLUMNS = (
    "analysis", "population", "outcome", "outcome_label", "factor", "factor_label", "step_label", "unit_key",
    "cluster_key", "level", "factor_value", "outcome_value",
)  # fmt: skip

Row = dict[str, Any]


def observation(unit: object, outcome: float, factor: str, level: object, cluster: object = None) -> tuple[Any, ...]:
    """One unit's level of one factor, and its outcome; a level that is a number makes the factor one."""
    number = float(level) if isinstance(level, int | float) else None
    text = None if number is not None else str(level)
    step = "per step" if number is not None else None
    own = str(unit if cluster is None else cluster)
    return ("subgroup", "all", "score", "Score", factor, factor, step, str(unit), own, text, number, float(outcome))


def associations(connection: Connection, observations: Iterable[tuple[Any, ...]], minimum: int = 10) -> list[Row]:
    """The rows of rpt_factor_association for these observations; groups below `minimum` are hidden."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("drop schema if exists stats cascade; create schema stats; set search_path to stats")
        cursor.execute(
            "create table association_rule as select 'subgroup' as analysis, 'laurel' as source_system, "
            "'student' as unit, %s as minimum_group_size, 0.05 as maximum_q_value",
            [minimum],
        )
        texts = ", ".join(f"{column} text" for column in COLUMNS[:10])
        cursor.execute(f"create table int_factor_observation ({texts}, factor_value float8, outcome_value float8)")
        execute_values(cursor, "insert into int_factor_observation values %s", list(observations))
        for model in MODELS:
            cursor.execute(f"create table {Path(model).name} as {compiled(DBT / 'models' / f'{model}.sql')}")
        cursor.execute("select * from rpt_factor_association order by factor, level")
        return [dict(row) for row in cursor.fetchall()]


def compiled(path: Path) -> str:
    """A model's SQL, with the tables of the search path in the place of its references."""
    return rendered(path.read_text(encoding="utf-8"))


def rendered(source: str) -> str:
    """dbt's Jinja with those of the project's macros that reports use."""
    macros = "".join((DBT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in MACROS)
    environment = Environment(autoescape=False)  # noqa: S701 - it writes SQL, not HTML
    return environment.from_string(macros + source).render(ref=lambda name: name, config=lambda **_: "")
