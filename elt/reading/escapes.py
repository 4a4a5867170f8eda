r"""What Postgres and people cannot be shown of a refused line stands there as `\xNN`, and is known for what it is.

A sender's own data may hold the same four characters: so each error keeps how many of them were written by Laurel.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

# A null byte, and what surrogateescape makes of bytes that are not valid in the file's encoding.
UNSTORABLE = re.compile("[\x00\udc80-\udcff]")
WRITTEN = re.compile(r"\\x(?:00|[89a-f][0-9a-f])")
NULL_BYTE = r"\x00"
SHOWN = 3  # in a message


def storable(text: str) -> str:
    """The text with an escape for each byte that is no text."""
    return UNSTORABLE.sub(lambda found: _escape(found.group()), text)


def noted(text: str) -> dict[str, Any]:
    r"""What an error says besides, of a cell or line that `storable` changes: {"escapes": {"\\xeb": how many}}."""
    written = Counter(map(_escape, UNSTORABLE.findall(text)))
    return {"escapes": dict(written)} if written else {}


def _escape(character: str) -> str:
    return f"\\x{ord(character) & 0xFF:02x}"


def left(
    errors: Sequence[Mapping[str, Any]],
    before: Sequence[str],
    now: Sequence[str],
    places: Mapping[str, int],
    width: int,
) -> list[dict[str, Any]]:
    """An error for each column, or for the whole line, that holds an escape still which Laurel wrote.

    `errors` are those of the refused line, `before` and `now` its cells then and now; `places` says where each column
    stands in a line of `width` cells.
    """
    lost: dict[str | None, Counter[str]] = {}
    whole = len(before) == len(now) == width
    for error in errors:
        column = error["column"] if whole and error["column"] in places else None
        lost.setdefault(column, Counter()).update(_written(error, before, places))
    found = []
    for column, written in lost.items():
        old, new = (cells[places[column]] if column is not None else "\n".join(cells) for cells in (before, now))
        # What was there besides is the sender's own.
        still = {text: new.count(text) - (old.count(text) - count) for text, count in written.items()}
        if still := {text: count for text, count in still.items() if count > 0}:
            found.append(_error(column, still))
    return found


def _written(error: Mapping[str, Any], before: Sequence[str], places: Mapping[str, int]) -> Mapping[str, int]:
    """Of a line that was refused before errors kept their escapes, every one that may be is taken for written."""
    if "escapes" in error:
        return dict(error["escapes"])
    if error["code"] not in ("null_byte", "encoding"):
        return {}
    place = places.get(error["column"], len(before))
    return Counter(WRITTEN.findall(before[place] if place < len(before) else "\n".join(before)))


def _error(column: str | None, still: Mapping[str, int]) -> dict[str, Any]:
    shown = ", ".join(sorted(still)[:SHOWN])
    what = (
        "which stands for a byte that cannot be text" if len(still) == 1 else "which stand for bytes that are no text"
    )
    return {
        "column": column,
        "code": "null_byte" if NULL_BYTE in still else "encoding",
        "message": f"{'' if column else 'the line '}still holds {shown}, {what}: write the right character",
        "escapes": still,
    }
