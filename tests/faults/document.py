"""The figures of a long run, from its report into docs/reliability.md; nothing between its marks is typed by hand."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from stack.home import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
WHAT_A_HIT_IS = {
    "loader": "a COPY into raw was under way",
    "backend": "an upload was under way",
    "postgres": "an upload, a load or a COPY was under way",
    "store": "an upload or a load was under way",
    "dbt": "a transform was under way",
    "scheduler": "a load or a transform was under way",
}


def read(report: Path) -> list[dict[str, Any]]:
    """The report's lines: `begin` of a session, `round`, `drained`."""
    return [json.loads(line) for line in report.read_text().splitlines()]


def write(lines: Sequence[dict[str, Any]]) -> None:
    """Put the figures between the document's marks."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(before + BEGIN + figures(lines) + END + after, encoding="utf-8")
    print(figures(lines))


def figures(lines: Sequence[dict[str, Any]]) -> str:
    """One row per part that was killed, then the sums of all sessions."""
    sessions = [line for line in lines if line["kind"] == "begin"]
    rounds = [line for line in lines if line["kind"] == "round"]
    drained = [line for line in lines if line["kind"] == "drained"]
    table = [
        "| killed | rounds | in the middle of its work | back after, median | back after, longest | truths broken |",
        "|---|---|---|---|---|---|",
        *(_row(part, [one for one in rounds if one["part"] == part]) for part in WHAT_A_HIT_IS),
        _row("together", rounds),
    ]
    total = Counter[str]()
    for line in _last_comparisons(lines):
        total.update({name: value for name, value in line.items() if isinstance(value, int) and name != "seed"})
    begun, commits = sessions[0]["at"], ", ".join(dict.fromkeys(line["commit"] for line in sessions))
    seeds = ", ".join(str(seed) for seed in dict.fromkeys(line["seed"] for line in sessions))
    return "\n".join([
        f"Begun {begun}, commit {commits}, seed {seeds}, {len(sessions)} session(s).",
        "",
        *table,
        "",
        f"- Promises (201) given: {total['promises']:,}; requests that got no answer: {total['unanswered']:,}.",
        f"- Rows loaded, those since retracted or replaced included: {total['rows_loaded_ever']:,}.",
        f"- Rows expected in `raw` at the end: **{total['rows_expected']:,}**; found: **{total['rows_found']:,}**.",
        f"- Times that everything waiting was waited for and compared, byte by byte and row by row: {len(drained)}.",
        "",
    ])  # fmt: skip


def _last_comparisons(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each session, whose parts start empty, the last comparison of everything: its counts hold all before."""
    found: list[dict[str, Any]] = []
    for line in lines:
        if line["kind"] == "begin":
            found.append({})
        elif line["kind"] == "drained":
            found[-1] = line
    return found


def _row(name: str, rounds: Sequence[dict[str, Any]]) -> str:
    back = [one["back_seconds"] for one in rounds] or [0.0]
    hits, broken = sum(one["hit"] for one in rounds), sum(bool(one["broken"]) for one in rounds)
    meaning = f" ({WHAT_A_HIT_IS[name]})" if name in WHAT_A_HIT_IS else ""
    return f"| {name} | {len(rounds)} | {hits}{meaning} | {median(back):.1f} s | {max(back):.1f} s | {broken} |"
