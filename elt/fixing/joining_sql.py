"""The statements behind elt.fixing.joining.

Two temporary tables hold a fix: `fix_record`, one row per line of it, and `fix_row`, the cells of the lines that pass,
with the fix's line number in `_line_number`.
"""

from psycopg2 import sql

from elt.contracting.contract import Contract
from elt.loading import raw_tables

KEEP_UNMATCHED = """
    insert into catalog.fix_line (fix_id, fix_line_number, code, message)
    select %(fix)s, fix_line, code, message from pg_temp.fix_record where code is not null
"""
KEEP_FIXED = """
    insert into catalog.fixed_line (submission_id, line_number, fix_id, fix_line_number)
    select %(submission)s, line_number, %(fix)s, fix_line
    from pg_temp.fix_record where code is null and errors is null
    on conflict (submission_id, line_number) do update
    set fix_id = excluded.fix_id, fix_line_number = excluded.fix_line_number
"""
_NAME_REPEATED = """
    update pg_temp.fix_record
    set code = 'line_twice', message = 'corrects the same line as line ' || numbered.first_line || ' of this file'
    from (
        select fix_line, first_value(fix_line) over (partition by line_number order by fix_line) as first_line
        from pg_temp.fix_record where code is null
    ) as numbered
    where numbered.fix_line = fix_record.fix_line and numbered.first_line < fix_record.fix_line
"""


def make_tables(contract: Contract) -> list[sql.Composable]:
    """Empty tables for one fix; they go with the transaction, or with the next fix."""
    return [
        sql.SQL("drop table if exists pg_temp.fix_row, pg_temp.fix_record"),
        sql.SQL("create temp table fix_row on commit drop as select {columns} from {table} with no data").format(
            columns=raw_tables.columns(contract), table=raw_tables.table(contract)
        ),
        sql.SQL(
            "create temp table fix_record (fix_line bigint not null, line_number bigint, code text, message text, "
            "errors jsonb, raw_text text, sent_text text) on commit drop"
        ),
    ]


def copy_rows(columns: list[str]) -> sql.Composed:
    """COPY into fix_row of lines whose cells stand in this order."""
    names = sql.SQL(", ").join(map(sql.Identifier, ("_submission_id", "_line_number", *columns)))
    return sql.SQL("copy pg_temp.fix_row ({}) from stdin (format text)").format(names)


def is_unsplit(rejects: sql.Identifier) -> sql.Composed:
    """Whether one line was refused because it cannot be split into cells."""
    return sql.SQL(
        "select exists (select from {rejects} where submission_id = %s and line_number = %s "
        """and errors @? '$[*] ? (@.code == "unclosed_quote" || @.code == "stray_quote")')"""
    ).format(rejects=rejects)


def match(rejects: sql.Identifier) -> list[sql.Composable]:
    """Mark lines that belong to no refused line."""
    name_strangers = sql.SQL(
        """
        update pg_temp.fix_record
        set code = 'not_refused',
            message = 'line ' || line_number || ' is not among the refused lines of the submission'
        where code is null and not exists (
            select from {rejects} as refused
            where refused.submission_id = %(submission)s and refused.line_number = fix_record.line_number
        )
        """
    ).format(rejects=rejects)
    return [sql.SQL(_NAME_REPEATED), name_strangers]


def refuse_duplicates(contract: Contract) -> sql.Composed:
    """A key that a loaded line has, or an earlier one of the lines that now pass; a row's text has a place for null."""
    return sql.SQL(
        """
        with passing as (
            select fix_record.fix_line, fix_record.line_number, row({key})::text as row_key
            from pg_temp.fix_row inner join pg_temp.fix_record on fix_record.fix_line = fix_row._line_number
            where fix_record.code is null and fix_record.errors is null
        ),
        loaded as (
            select row({key})::text as row_key, min(_line_number) as line_number
            from {table} where _submission_id = %(submission)s
            and row({key})::text in (select row_key from passing)
            group by 1
        ),
        judged as (
            select
                passing.fix_line, passing.line_number,
                coalesce(
                    loaded.line_number, min(passing.line_number) over (partition by passing.row_key)
                ) as first_line
            from passing left join loaded on loaded.row_key = passing.row_key
        )
        update pg_temp.fix_record
        set errors = jsonb_build_array(jsonb_build_object(
            'column', {column}::text, 'code', 'duplicate_key',
            'message', 'the same ' || %(key)s || ' as line ' || judged.first_line
        ))
        from judged
        where judged.fix_line = fix_record.fix_line and judged.first_line <> judged.line_number
        """
    ).format(
        key=sql.SQL(", ").join(map(sql.Identifier, contract.key_columns)),
        table=raw_tables.table(contract),
        column=sql.Literal(contract.primary_key[0]),
    )


def refuse_again(rejects: sql.Identifier) -> sql.Composed:
    """Lines that do not pass yet: their new reasons and text."""
    return sql.SQL(
        """
        update {rejects} as refused set errors = fix_record.errors, raw_text = coalesce(fix_record.raw_text, '')
        from pg_temp.fix_record
        where refused.submission_id = %(submission)s and refused.line_number = fix_record.line_number
          and fix_record.code is null and fix_record.errors is not null
        """
    ).format(rejects=rejects)


def join(contract: Contract) -> sql.Composed:
    """Lines that pass, as rows of the submission under the numbers that they have always had."""
    fields = sql.SQL(", ").join(sql.Identifier("fix_row", field.column) for field in contract.fields)
    return sql.SQL(
        """
        insert into {table} ({columns})
        select fix_row._submission_id, fix_record.line_number, {fields}
        from pg_temp.fix_row inner join pg_temp.fix_record on fix_record.fix_line = fix_row._line_number
        where fix_record.code is null and fix_record.errors is null
        """
    ).format(table=raw_tables.table(contract), columns=raw_tables.columns(contract), fields=fields)


def forget_refused(rejects: sql.Identifier) -> sql.Composed:
    """The refused lines that have just become rows."""
    return sql.SQL(
        """
        delete from {rejects} as refused using pg_temp.fix_record
        where refused.submission_id = %(submission)s and refused.line_number = fix_record.line_number
          and fix_record.code is null and fix_record.errors is null
        """
    ).format(rejects=rejects)
