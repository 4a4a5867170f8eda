"""Tasks from data sets that researchers describe: the column that the owner names, from all the others."""

from collections.abc import Mapping

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.contract import Contract, Field
from elt.errors import NotFound, Refused
from elt.generic_views import staging_view
from elt.predicting.tasks import Baseline, Feature, Folds, Kind, Task

NUMBERS = ("integer", "number", "year")
CATEGORIES = ("string", "boolean")
FEW = 2  # values of a column that is told in chances


def name_target(connection: Connection, contract: Contract, field: str, account_id: int) -> None:
    """Let this column be predicted from now on. Raises NotFound, or Refused where it cannot be."""
    named = {one.name: one for one in contract.fields}
    if field not in named:
        raise NotFound("unknown_column", "The data set has no such column.", allowed=", ".join(named) + ".")
    is_private = named[field].personal is not None
    if is_private or named[field].type not in NUMBERS + CATEGORIES or field in contract.primary_key:
        raise Refused(
            "bad_target",
            "That column cannot be predicted.",
            allowed="A number, or a text or flag with two values; not a personal column, and not part of the key.",
        )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into predictions.target (dataset_id, field, account_id) values (%s, %s, %s)
            on conflict (dataset_id) do update set
                field = excluded.field, account_id = excluded.account_id, named_at = now()
            """,
            [contract.name, field, account_id],
        )


def tasks(connection: Connection, contracts: Mapping[str, Contract]) -> list[Task]:
    """One task per named target whose column still exists and has what it takes."""
    with connection.cursor() as cursor:
        cursor.execute("select dataset_id, field from predictions.target order by dataset_id")
        targets = cursor.fetchall()
    found = []
    for dataset, field in targets:
        contract = contracts.get(dataset)
        if contract and any(one.name == field for one in contract.fields):
            task = _task(connection, contract, next(one for one in contract.fields if one.name == field))
            found += [task] if task else []
    return found


def _task(connection: Connection, contract: Contract, target: Field) -> Task | None:
    """None where a text has other than two values: nothing says what to predict of it."""
    view, column = staging_view(contract), sql.Identifier(target.column)
    outcome: sql.Composable = column
    kind: Kind = "regression"
    title = target.name
    if target.type in CATEGORIES:
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("select distinct {}::text from {} where {} is not null order by 1 limit 3").format(
                    column, view, column
                )
            )
            values = [value for (value,) in cursor.fetchall()]
        if len(values) != FEW:
            return None
        kind, title = "classification", f"{target.name} is {values[1]}"
        outcome = sql.SQL("({}::text = {})::integer").format(column, sql.Literal(values[1]))
    used = [
        one
        for one in contract.fields
        if one.personal is None and one.name not in (target.name, *contract.primary_key)
        and one.type in NUMBERS + CATEGORIES
    ]  # fmt: skip
    columns = [sql.SQL("{}{} as {}").format(*_selected(one)) for one in used]
    statement = sql.SQL(
        "select md5(_submission_id || ' ' || _line_number)::uuid::text as student_key, "
        "'line ' || _line_number as student_id, {system} as source_system, 'line ' || _line_number as unit, "
        "'' as moment, '' as segment, {target} is null as is_coming, {outcome} as target, {columns} from {view}"
    ).format(
        system=sql.Literal(contract.name.split("/")[0]),
        target=column,
        outcome=outcome,
        columns=sql.SQL(", ").join(columns),
        view=view,
    )
    return Task(
        name=contract.name.replace("/", "_") + "_target",
        title=f"{title} ({contract.title})",
        family=contract.name.split("/")[0],
        kind=kind,
        sql=statement.as_string(connection),
        target="target",
        features=tuple(_feature(one) for one in used),
        baselines=(Baseline("mean" if kind == "regression" else "majority", "the usual number or rate"),),
        plan=Folds(),
        limits=("Each line is one case; the data have no time, so that nothing shows how it does on later ones.",),
    )


def _selected(field: Field) -> tuple[sql.Composable, sql.Composable, sql.Composable]:
    """A flag is a category, too: its values as text."""
    cast = sql.SQL("::text" if field.type in CATEGORIES else "::double precision")
    return sql.Identifier(field.column), cast, sql.Identifier("x_" + field.column)


def _feature(field: Field) -> Feature:
    if field.type in NUMBERS:
        return Feature("x_" + field.column, field.name)
    return Feature("x_" + field.column, field.name, "category", "text")
