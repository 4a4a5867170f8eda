"""Our verdict on each of frictionless-py's own test files beside that of `frictionless validate`.

`python -m tests.messy_csv.comparison` writes docs/messy-csv.md; a test holds that page to what is found.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from elt.contracting.contract import normalise
from tests import shared_data
from tests.messy_csv import frictionless_verdicts
from tests.messy_csv.reading import Reading, read

PAGE = shared_data.REPOSITORY / "docs/messy-csv.md"
BLANK = (
    "A blank line holds nothing that could be lost. It is passed over, and counted, so that line numbers stay those of "
    "a spreadsheet."
)
NO_LINES = (
    "A header without a line under it is what an export that broke off looks like. It is refused when it is sent, so "
    "that nobody takes it for loaded; in a data set that may be empty, nothing is missing without it."
)
BY_CONTENT = "What a file is, its first bytes say. It is packed, whatever its name, and is unpacked and read whole."
# Why ours is right, wherever the two differ.
REASONS = {
    "blank-rows-no-fields.csv": BLANK,
    "invalid/data.csv": BLANK,
    "invalid/data2.csv": BLANK,
    "chunk2.headless.csv": "Its only line is taken for the header by both. " + NO_LINES,
    "chunk3.csv": "Its only line is taken for the header by both. " + NO_LINES,
    "without-rows.csv": NO_LINES,
    "without-rows.csv.zip": NO_LINES,
    "compression/implicit-gz.csv": BY_CONTENT,
    "compression/implicit-zip.csv": BY_CONTENT,
    "issue-1066.csv": "Quotation marks stand inside names here and quote nothing. Line 35 opens one that is never "
    "closed, line 36 has a delimiter too many, 51 lines go on after a closed one. Reading them leniently takes the "
    "marks away, and lets the open one swallow the delimiters after it; ours names these 53 lines and loads the rest. "
    "With `?quote=none` the marks stay, and only line 36 is refused.",
    "issue-1109.csv": "A space stands between delimiter and quotation mark. By RFC 4180 it belongs to the cell, and a "
    "quotation mark that does not come first is an ordinary character; dropping both would be guessing. By a contract "
    "of its own the file is refused, because its header is not spelt like the columns.",
    "table.csv.bz2": "bzip2 is not among the packings that are taken, and the refusal names those that are.",
}


def verdicts(folder: Path) -> dict[str, tuple[Reading, dict[str, int]]]:
    """Ours and theirs for each file below a folder, by its path from there; both by the same schema."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    ours = {path: read(path) for path in paths}
    question = json.dumps({str(path): _schema(reading.header) for path, reading in ours.items()})
    program = [sys.executable, "-W", "ignore", str(frictionless_verdicts.__file__)]
    answer = subprocess.run(program, input=question, capture_output=True, text=True, check=True, timeout=600)
    theirs = json.loads(answer.stdout)
    return {str(path.relative_to(folder)): (reading, theirs[str(path)]) for path, reading in ours.items()}


def _schema(header: list[str]) -> dict[str, object] | None:
    """All text, as in our contract; none where the header cannot be one, so that it is the header that is told."""
    names = [normalise(cell) for cell in header]
    if not names or not all(names) or len(set(names)) < len(names):
        return None
    return {"fields": [{"name": cell.strip(), "type": "string"} for cell in header]}


def disagreements(found: Mapping[str, tuple[Reading, dict[str, int]]]) -> dict[str, tuple[Reading, dict[str, int]]]:
    """The files that one calls valid and the other does not."""
    return {name: pair for name, pair in found.items() if (pair[0].verdict == "valid") == bool(pair[1])}


def page(found: Mapping[str, tuple[Reading, dict[str, int]]]) -> str:
    """docs/messy-csv.md."""
    differing = disagreements(found)
    lines = [
        "# Messy files: Laurel beside `frictionless validate`",
        "",
        f"Of the {len(found)} test files of frictionless-py, read by a schema of text columns drafted from each file's "
        f"own header, both call the same files valid or not in {len(found) - len(differing)} cases. "
        "These are the others, and why ours is right. Written by `python -m tests.messy_csv.comparison`; "
        "`tests/integration/test_messy_csv.py` fails where it is no longer true.",
        "",
        "| file | Laurel | frictionless | why ours is right |",
        "|---|---|---|---|",
    ]
    for name, (reading, theirs) in differing.items():
        said = ", ".join(f"{count:,} `{type}`" for type, count in sorted(theirs.items())) or "valid"
        lines.append(f"| `{name}` | {reading.verdict} | {said} | {REASONS[name]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(verdicts(shared_data.folder("messy_csv/frictionless-py"))), encoding="utf-8")
