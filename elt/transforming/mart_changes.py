"""What two states of a mart differ in, row by row, and which KPI values moved."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.database import only_row

Relation = tuple[str, str]  # schema and name
# Where a row came from, not what it says: the same grade in a newer file is the same grade.
PROVENANCE = ("submission_id", "line_number", "line_numbers")
# A sum of floating point numbers depends on their order in the last digits.
RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12


@dataclass(frozen=True)
class MartChange:
    """Rows of one mart, before and after, by what became of them. Without a grain nothing counts as changed."""

    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int

    @property
    def any(self) -> bool:
        """Whether a reader would see a difference."""
        return bool(self.added or self.removed or self.changed)

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)


def changed_rows(connection: Connection, before: Relation, after: Relation, grain: Sequence[str]) -> MartChange:
    """Compare by the columns of the grain. A table that is not there yet has no rows."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass(%s) is null", [sql.Identifier(*before).as_string(connection)])
        if only_row(cursor)[0]:
            cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(*after)))
            (count,) = only_row(cursor)
            return MartChange(0, count, count, 0, 0)
        columns = {name: kind for name, kind in _columns(connection, after) if name not in PROVENANCE}
        cursor.execute(_keyed(before, after, grain, columns) if grain else _as_multiset(before, after, list(columns)))
        return MartChange(*only_row(cursor))


def _columns(connection: Connection, relation: Relation) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select attname, atttypid::regtype::text from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
            [sql.Identifier(*relation).as_string(connection)],
        )
        return cursor.fetchall()


def _keyed(before: Relation, after: Relation, grain: Sequence[str], columns: dict[str, str]) -> sql.Composed:
    others = [_differs(name, kind) for name, kind in columns.items() if name not in grain]
    return sql.SQL(
        """
        select count(old.is_there), count(new.is_there),
            count(*) filter (where old.is_there is null), count(*) filter (where new.is_there is null),
            count(*) filter (where old.is_there and new.is_there and ({differs}))
        from (select *, true as is_there from {before}) as old
        full join (select *, true as is_there from {after}) as new using ({grain})
        """
    ).format(
        before=sql.Identifier(*before),
        after=sql.Identifier(*after),
        grain=sql.SQL(", ").join(map(sql.Identifier, grain)),
        differs=sql.SQL(" or ").join(others) if others else sql.SQL("false"),
    )


def _differs(column: str, kind: str) -> sql.Composed:
    if kind in ("double precision", "real"):
        template = (
            "(old.{0} is distinct from new.{0} and coalesce(abs(old.{0} - new.{0})"
            " > greatest({1}, {2} * greatest(abs(old.{0}), abs(new.{0}))), true))"
        )
    elif kind == "json":
        template = "old.{0}::text is distinct from new.{0}::text"
    else:
        template = "old.{0} is distinct from new.{0}"
    return sql.SQL(template).format(
        sql.Identifier(column), sql.Literal(ABSOLUTE_TOLERANCE), sql.Literal(RELATIVE_TOLERANCE)
    )


def _as_multiset(before: Relation, after: Relation, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(
        """
        select coalesce(sum(gone), 0)::bigint, coalesce(sum(come), 0)::bigint,
            coalesce(sum(greatest(come - gone, 0)), 0)::bigint, coalesce(sum(greatest(gone - come, 0)), 0)::bigint, 0
        from (
            select count(*) filter (where not is_new) as gone, count(*) filter (where is_new) as come
            from (
                select false as is_new, {columns} from {before} union all select true, {columns} from {after}
            ) as both_sides
            group by {columns}
        ) as counted
        """
    ).format(
        before=sql.Identifier(*before),
        after=sql.Identifier(*after),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
    )


def changed_kpis(connection: Connection, before: Relation, after: Relation) -> list[dict[str, Any]]:
    """The KPIs whose value moved, each with both values and a sentence; `before` is null for one that is new."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                """
                select source_system, kpi_name, coalesce(new.kpi_label, old.kpi_label),
                    coalesce(new.unit, old.unit), old.kpi_value, new.kpi_value
                from {before} as old full join {after} as new using (source_system, kpi_name)
                where {differs}
                order by source_system, coalesce(new.kpi_order, old.kpi_order)
                """
            ).format(
                before=sql.Identifier(*before),
                after=sql.Identifier(*after),
                differs=_differs("kpi_value", "double precision"),
            )
        )
        names = ("source_system", "name", "label", "unit", "before", "after")
        moved = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for kpi in moved:
        old, new = in_words(kpi["unit"], kpi["before"], kpi["after"])
        kpi["text"] = f"{kpi['label']}: {old} → {new}"
    return moved


def in_words(unit: str, before: float | None, after: float | None) -> tuple[str, str]:
    """Both values as people read them, with as many more digits (up to four) as it takes to tell them apart."""
    least = 1 if unit == "share" else (0 if unit == "count" else 2)
    for digits in range(least, least + 5):
        texts = _written(unit, before, digits), _written(unit, after, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _written(unit: str, value: float | None, digits: int) -> str:
    if value is None:
        return "–"
    return f"{100 * value:,.{digits}f}%" if unit == "share" else f"{value:,.{digits}f}"
