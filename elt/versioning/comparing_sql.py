"""The statements behind elt.versioning.comparing: with a key, the row that counts; without, rows as a multiset."""

from collections.abc import Collection

from psycopg2 import sql

from elt.contracting.contract import Contract, Field
from elt.loading import key_sql, raw_tables


def compared(contract: Contract) -> tuple[Field, ...]:
    """The columns in which a row of the same key may change."""
    return tuple(field for field in contract.fields if field.column not in contract.key_columns)


def _sides(
    contract: Contract, before: Collection[int], after: Collection[int], relation: sql.Composable | None
) -> sql.Composed:
    """Two common table expressions, `old` and `new`: the row that counts per key. Only keys that may change."""
    keys = [sql.Identifier(f"_key_{number}") for number, _ in enumerate(contract.key_columns)]
    parts = {
        "keys": sql.SQL(", ").join(keys),
        "keyed": sql.SQL(", ").join(
            sql.SQL("{} as {}").format(expression, key)
            for expression, key in zip(key_sql.tidied(contract).values(), keys, strict=True)
        ),
        "columns": raw_tables.columns(contract),
        "relation": relation or raw_tables.table(contract),
    }
    shared = bool(set(before) & set(after))
    parts["touched"] = sql.SQL("where ({keys}) in (select {keys} from touched)" if shared else "").format(**parts)
    return sql.SQL(
        """
        with touched as materialized (
            select distinct {keyed} from {relation} where _submission_id = any(%(differing)s)
        ),
        old as (
            select distinct on ({keys}) * from (
                select {keyed}, {columns} from {relation} where _submission_id = any(%(before)s)
            ) as keyed {touched} order by {keys}, _submission_id desc, _line_number
        ),
        new as (
            select distinct on ({keys}) * from (
                select {keyed}, {columns} from {relation} where _submission_id = any(%(after)s)
            ) as keyed {touched} order by {keys}, _submission_id desc, _line_number
        )
        """
    ).format(**parts)


def _join(contract: Contract) -> sql.Composed:
    keys = [sql.Identifier(f"_key_{number}") for number, _ in enumerate(contract.key_columns)]
    return sql.SQL("old full join new using ({})").format(sql.SQL(", ").join(keys))


def _differs(field: Field) -> sql.Composed:
    return sql.SQL("old.{0} is distinct from new.{0}").format(sql.Identifier(field.column))


def _row_differs(contract: Contract) -> sql.Composable:
    """Whether any compared column differs; false where the key is all there is."""
    return sql.SQL(" or ").join(map(_differs, compared(contract))) if compared(contract) else sql.SQL("false")


def keyed_counts(
    contract: Contract, before: Collection[int], after: Collection[int], relation: sql.Composable | None
) -> sql.Composed:
    counts = [
        sql.SQL(
            ", count(*) filter (where {} and old._line_number is not null and new._line_number is not null)"
        ).format(_differs(field))
        for field in compared(contract)
    ]
    return _sides(contract, before, after, relation) + sql.SQL(
        """
        select
            count(*) filter (where old._line_number is null),
            count(*) filter (where new._line_number is null),
            count(*) filter (where old._line_number is not null and new._line_number is not null and ({differs})),
            count(*) filter (where old._line_number is not null and new._line_number is not null and not ({differs}))
            {counts}
        from {join}
        """
    ).format(differs=_row_differs(contract), counts=sql.Composed(counts), join=_join(contract))


def keyed_changes(
    contract: Contract, before: Collection[int], after: Collection[int], relation: sql.Composable | None
) -> sql.Composed:
    values = [
        sql.SQL(", case when {differs} then array[old.{name}::text, new.{name}::text] end").format(
            differs=_differs(field), name=sql.Identifier(field.column)
        )
        for field in compared(contract)
    ]
    return _sides(contract, before, after, relation) + sql.SQL(
        """
        select old._submission_id, old._line_number, new._submission_id, new._line_number {values}
        from {join}
        where old._line_number is null or new._line_number is null or ({differs})
        order by new._submission_id, new._line_number, old._submission_id, old._line_number
        limit %(limit)s
        """
    ).format(values=sql.Composed(values), join=_join(contract), differs=_row_differs(contract))


# ---- without a key


def _multiset_parts(contract: Contract, relation: sql.Composable | None) -> dict[str, sql.Composable]:
    return {
        "values": sql.SQL(", ").join(sql.Identifier(field.column) for field in contract.fields),
        "relation": relation or raw_tables.table(contract),
    }


def one_sided_counts(contract: Contract, relation: sql.Composable | None) -> sql.Composed:
    """The same where rows only come, or only go: nothing needs to be matched."""
    return sql.SQL(
        """
        select count(*) filter (where _submission_id = any(%(come)s)), 0::bigint, 0::bigint,
            count(*) filter (where _submission_id = any(%(gone)s))
        from {relation} where _submission_id = any(%(differing)s)
        """
    ).format(**_multiset_parts(contract, relation))


def multiset_counts(contract: Contract, relation: sql.Composable | None) -> sql.Composed:
    """New, changed (never: nothing says that two rows are the same thing), unchanged and removed rows."""
    return sql.SQL(
        """
        select
            coalesce(sum(greatest(come - gone, 0)), 0)::bigint, 0, coalesce(sum(least(come, gone)), 0)::bigint,
            coalesce(sum(greatest(gone - come, 0)), 0)::bigint
        from (
            select
                count(*) filter (where _submission_id = any(%(come)s)) as come,
                count(*) filter (where _submission_id = any(%(gone)s)) as gone
            from {relation} where _submission_id = any(%(differing)s)
            group by {values}
        ) as counted
        """
    ).format(**_multiset_parts(contract, relation))


def multiset_changes(contract: Contract, relation: sql.Composable | None) -> sql.Composed:
    """Equal rows of the two sets cancel one by one, in the order of their lines; what is left over differs."""
    return sql.SQL(
        """
        with numbered as (
            select
                *, _submission_id = any(%(come)s) as is_new,
                row_number() over (
                    partition by _submission_id = any(%(come)s), {values} order by _submission_id, _line_number
                ) as occurrence
            from {relation} where _submission_id = any(%(differing)s)
        ),
        single as (
            select bool_or(is_new) as is_new, min(_submission_id) as submission_id, min(_line_number) as line_number
            from numbered group by {values}, occurrence having count(*) = 1
        )
        select
            case when not is_new then submission_id end, case when not is_new then line_number end,
            case when is_new then submission_id end, case when is_new then line_number end
        from single
        order by is_new desc, submission_id, line_number
        limit %(limit)s
        """
    ).format(**_multiset_parts(contract, relation))
