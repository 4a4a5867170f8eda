"""What comes back as it was given out is no correction, nor is what Laurel wrote in place of what it cannot show."""

import csv
import json
import tempfile
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract
from elt.fixing.reading import stands_whole
from elt.loading.rejects import FETCHED_AT_ONCE, LineFormat
from elt.reading import escapes

_PAIRS = """
    select fix_record.fix_line, fix_record.errors, fix_record.raw_text, fix_record.sent_text,
        refused.errors, refused.raw_text
    from pg_temp.fix_record
    inner join {rejects} as refused
    on refused.submission_id = %s and refused.line_number = fix_record.line_number
    where fix_record.code is null
"""
_HOLD_BACK = """
    update pg_temp.fix_record set errors = held.errors, raw_text = held.raw_text
    from pg_temp.fix_held as held where held.fix_line = fix_record.fix_line
"""
# Unlike any message of a reader, it says what to do with a line that is one cell.
_STILL_WHOLE = (
    "the whole line stands in its first cell, and is no line of {width} cells yet: correct its quotation marks, "
)
_STILL_WHOLE += "or split it into its columns"
Errors = list[dict[str, Any]]


@dataclass(frozen=True)
class _Pair:
    """A refused line, `old`, and what was sent for it."""

    errors: Errors  # of what was sent; none: it passes
    text: str
    sent: list[str]
    cells: list[str]
    old_errors: Errors
    old_text: str
    old: list[str]


def hold_back(
    connection: Connection,
    rejects: sql.Identifier,
    submission_id: int,
    contract: Contract,
    header: list[str],
    format: LineFormat,
) -> None:
    """Refuse, among the lines of the fix in `fix_record`, those that correct nothing. Constant memory."""
    positions = contract.match_header(header).positions
    places = {field.name: place for field, place in zip(contract.fields, positions, strict=True)}
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as held:
        writer = csv.writer(held)
        with connection.cursor(name="fix_pairs") as pairs:
            pairs.itersize = FETCHED_AT_ONCE
            pairs.execute(sql.SQL(_PAIRS).format(rejects=rejects), [submission_id])
            for fix_line, errors, text, sent_text, old_errors, old_text in pairs:
                text = text or ""
                pair = _Pair(
                    errors or [],
                    text,
                    format.split(sent_text or text),
                    format.split(text),
                    old_errors,
                    old_text,
                    format.split(old_text),
                )
                if found := _held(pair, places, len(header)):
                    writer.writerow([fix_line, json.dumps(found[0]), found[1]])
        held.seek(0)
        with connection.cursor() as cursor:
            cursor.execute(
                "create temp table fix_held (fix_line bigint, errors jsonb, raw_text text not null) on commit drop"
            )
            cursor.copy_expert("copy pg_temp.fix_held from stdin (format csv, force_not_null (raw_text))", held)
            cursor.execute(_HOLD_BACK)
            cursor.execute("drop table pg_temp.fix_held")


def _held(pair: _Pair, places: dict[str, int], width: int) -> tuple[Errors, str] | None:
    """The errors and text with which a line stays refused; None where what was found so far stands."""
    codes = {error["code"] for error in pair.old_errors}
    if "line_too_long" in codes:  # what was given out is not the line
        return pair.old_errors, pair.old_text
    if _is_unchanged(pair.sent, pair.old):
        left = escapes.left(pair.old_errors, pair.old, pair.old, places, width)
        return _with(pair.old_errors, left), pair.old_text
    if codes & {"unclosed_quote", "stray_quote"} and width > 1 and stands_whole(pair.cells):
        message = _STILL_WHOLE.format(width=width)
        error = {"column": None, "code": min(codes & {"unclosed_quote", "stray_quote"}), "message": message}
        left = escapes.left(pair.old_errors, pair.old, pair.cells, places, width)
        return [error, *left], pair.cells[0]
    left = escapes.left(pair.old_errors, pair.old, pair.cells, places, width)
    return (_with(pair.errors, left), pair.text) if left else None


def _with(errors: Errors, left: Errors) -> Errors:
    """What is wrong, with the escapes that are left told once: by `left`."""
    columns = {error["column"] for error in left} - {None}
    kept = [error for error in errors if error["column"] not in columns]
    return [{name: value for name, value in error.items() if name != "escapes"} for error in kept] + left


def _is_unchanged(sent: list[str], old: list[str]) -> bool:
    """Whether a line came back as it was given out, filled up with blanks or not."""
    same = [_tidy(cell) for cell in sent[: len(old)]] == [_tidy(cell) for cell in old]
    return same and not any(cell.strip() for cell in sent[len(old) :])


def _tidy(cell: str) -> str:
    """A spreadsheet writes the line ends within a cell in its own way."""
    return cell.replace("\r\n", "\n").replace("\r", "\n")
