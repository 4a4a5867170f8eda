"""Tasks from data sets that researchers describe: the column that the owner names, from all the others."""

from collections.abc import Mapping

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract, Field
from elt.contracting.generic_views import staging_view
from elt.loading import raw_tables
from elt.predicting import targets
from elt.predicting.estimates import LINE
from elt.predicting.targets import CATEGORIES, NUMBERS, Target
from elt.predicting.tasks import Baseline, Feature, Folds, Kind, Task

MOST_LEVELS = 30  # of a text; more are free text, or numbers that were described as text
WHERE_NUMBERS = "If one holds numbers (with a decimal comma, say), write them as 2.5 and describe it as a number."


def tasks(connection: Connection, contracts: Mapping[str, Contract]) -> list[Task]:
    """One task per named target whose column still exists and has what it takes."""
    with connection.cursor() as cursor:
        cursor.execute("select described_dataset_id from predictions.target order by 1")
        datasets = [contracts[dataset] for (dataset,) in cursor.fetchall() if dataset in contracts]
    named = [(contract, targets.find(connection, contract)) for contract in datasets]
    found = [_task(connection, contract, target) for contract, target in named if target]
    return [task for task in found if task]


def _task(connection: Connection, contract: Contract, named: Target) -> Task | None:
    """None where nothing says what to predict of the column."""
    target, student = named.column, named.student
    told = _outcome(connection, contract, target)
    if told is None:
        return None
    kind, title, outcome = told
    rows, whom = _rows_and_students(contract, student)
    others = [one for one in targets.predictable(contract) if one not in (target, student)]
    used = [one for one in others if one.type in NUMBERS or _has_groups(connection, contract, one)]
    left_out = ", ".join(one.name for one in others if one not in used)
    columns = [sql.SQL("{}{} as {}").format(*_selected(one)) for one in used]
    statement = sql.SQL(
        "select md5({whom})::uuid::text as student_key, {line} as student_id, {line} as unit, "
        "{system} as source_system, '' as moment, '' as segment, "
        "{target} is null as is_coming, {outcome} as target, {columns} from {rows}"
    ).format(
        whom=whom,
        line=sql.SQL(LINE),
        system=sql.Literal(contract.name.split("/")[0]),
        target=sql.Identifier(target.column),
        outcome=outcome,
        columns=sql.SQL(", ").join(columns),
        rows=rows,
    )
    return Task(
        name=targets.task_name(contract),
        described_dataset=contract.name,
        named=named.named,
        title=f"{title} ({contract.title})",
        family=contract.name.split("/")[0],
        kind=kind,
        sql=statement.as_string(connection),
        target="target",
        features=tuple(_feature(one) for one in used),
        baselines=(Baseline("mean" if kind == "regression" else "majority", "the usual number or rate"),),
        plan=Folds(),
        limits=(
            "Each line is one case; the data have no time, so that nothing shows how it does on later ones.",
            f"Lines with the same {student.name} are one student, on one side of every split."
            if student
            else "Each line is taken for a student of its own; else name the column that says whom a line is about.",
            *(
                [f"Left out, as texts of more than {MOST_LEVELS} values: {left_out}. {WHERE_NUMBERS}"]
                if left_out
                else []
            ),
        ),
    )


def _has_groups(connection: Connection, contract: Contract, column: Field) -> bool:
    """Whether a text puts students into groups, rather than saying something else of each of them."""
    return len(targets.values(connection, contract, column, MOST_LEVELS)) <= MOST_LEVELS


def _outcome(connection: Connection, contract: Contract, target: Field) -> tuple[Kind, str, sql.Composable] | None:
    """A number as it is, a flag or text of two values as the chance of the second; None where there are not two."""
    column = sql.Identifier(target.column)
    if target.type in NUMBERS:
        return "regression", target.name, column
    values = targets.values(connection, contract, target)
    if len(values) != targets.FEW:
        return None
    return (
        "classification", f"{target.name} is {values[1]}",
        sql.SQL("({}::text = {})::integer").format(column, sql.Literal(values[1])),
    )  # fmt: skip


def _rows_and_students(contract: Contract, student: Field | None) -> tuple[sql.Composable, sql.Composable]:
    """The lines, and what tells students apart: a student's first line, which gives away nothing of the column."""
    view, line = staging_view(contract), sql.SQL("_submission_id || ' ' || _line_number")
    if student is None:
        return view, line
    rows = sql.SQL(
        "{view} join (select _submission_id, _line_number, btrim({column}::text) as _student from {table}) as whom "
        "using (_submission_id, _line_number)"
    ).format(view=view, column=sql.Identifier(student.column), table=raw_tables.table(contract))  # the view hides some
    first = sql.SQL(
        'min(({line}) collate "C") over (partition by _student, case when _student is null then {line} end)'
    ).format(line=line)
    return rows, first


def _selected(field: Field) -> tuple[sql.Composable, sql.Composable, sql.Composable]:
    """A flag is a category, too: its values as text."""
    cast = sql.SQL("::text" if field.type in CATEGORIES else "::double precision")
    return sql.Identifier(field.column), cast, sql.Identifier(targets.feature_name(field))


def _feature(field: Field) -> Feature:
    if field.type in NUMBERS:
        return Feature(targets.feature_name(field), field.name)
    return Feature(targets.feature_name(field), field.name, "category", "text")
