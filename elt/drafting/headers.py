"""What a header says: its words, and the name of its column in raw."""

import re
import unicodedata
from collections.abc import Sequence

from elt.contracting.contract import normalise

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
COLUMN_CHARACTERS = 55
_SYSTEM_COLUMNS = frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"})
_SIGNS = str.maketrans({"%": " pct ", "#": " number ", "№": " number ", "&": " and ", "'": "", "’": ""})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(header: str) -> tuple[str, ...]:
    """`StudentID (%)` as student, id, pct."""
    plain = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    return tuple(word.lower() for word in _WORD.findall(plain.translate(_SIGNS)))


def field_names(header: Sequence[str]) -> list[str]:
    """Each column's name: its header, or `column 3` where that is blank or another column's too."""
    names = [normalise(cell) for cell in header]
    return [
        name if name and name not in names[:position] else f"column {position + 1}"
        for position, name in enumerate(names)
    ]


def raw_columns(names: Sequence[str]) -> list[str]:
    """Each column's name in raw: snake_case, at most 55 characters, each once."""
    columns: list[str] = []
    for position, name in enumerate(names):
        column = "_".join(words_of(name.translate(_SIGNS)))[:COLUMN_CHARACTERS].strip("_") or f"column_{position + 1}"
        if SNAKE_CASE.fullmatch(normalise(name)) and len(name) <= COLUMN_CHARACTERS:
            column = normalise(name)  # q1 stays q1
        if not column[0].isalpha():
            column = f"column_{column}"[:COLUMN_CHARACTERS]
        if column in _SYSTEM_COLUMNS:
            column += "_value"
        columns.append(_unlike(column, columns))
    return columns


def _unlike(column: str, others: Sequence[str]) -> str:
    number, candidate = 1, column
    while candidate in others:
        number += 1
        candidate = f"{column[: COLUMN_CHARACTERS - 5]}_{number}"
    return candidate
