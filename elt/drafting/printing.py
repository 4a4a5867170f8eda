"""A draft on a terminal: the contract as YAML, the columns and the screening as tables."""

import sys

import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from elt.drafting.result import Draft, Finding

COLOURS = {"pass": "green", "warning": "yellow", "fail": "red"}


def print_draft(draft: Draft) -> None:
    """The contract to standard output, so that it can go into a file; what was found to standard error."""
    print(yaml.safe_dump(dict(draft.contract), sort_keys=False, allow_unicode=True, width=120), end="", flush=True)
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 160)
    console.print(_columns(draft))
    console.print(_screening(draft))
    keys = "; ".join(" + ".join(key) for key in draft.candidate_keys) or "none"
    console.print(f"{draft.lines_read:,} lines read as {draft.encoding}. Candidate keys: {keys}.", markup=False)


def _columns(draft: Draft) -> Table:
    table = Table("column", "type", "missing", "distinct", "range or categories", "evidence", title="Columns")
    for column in draft.columns:
        values = f"{column.minimum} – {column.maximum}" if column.minimum is not None else ""
        values = ", ".join(column.categories) if column.categories else values
        evidence = [*column.evidence]
        if column.identifier:
            evidence.append(f"identifier ({column.identifier.confidence}): " + "; ".join(column.identifier.evidence))
        if column.personal:
            personal = column.personal
            evidence.append(f"personal, {personal.kind} ({personal.confidence}): " + "; ".join(personal.evidence))
        cells = (column.name, column.type, f"{column.missing_count:,}", f"{column.distinct_count:,}", values)
        table.add_row(*map(escape, cells), escape("; ".join(evidence)))
    return table


def _screening(draft: Draft) -> Table:
    table = Table("stage", "check", "verdict", "place", "what it is", "what to do", title="Screening")
    for finding in draft.screening:
        colour = COLOURS[finding.verdict]
        verdict = f"[{colour}]{finding.verdict}[/{colour}]"
        place = escape(_place(finding))
        table.add_row(finding.stage, finding.check, verdict, place, escape(finding.message), escape(finding.remedy))
    return table


def _place(finding: Finding) -> str:
    columns, lines = finding.place.columns, finding.place.lines
    named = ", ".join(columns[:3]) + (f" and {len(columns) - 3} more" if len(columns) > 3 else "")
    numbered = ("line " if len(lines) == 1 else "lines ") + ", ".join(f"{line:,}" for line in lines) if lines else ""
    return "; ".join(filter(None, (named, numbered)))
