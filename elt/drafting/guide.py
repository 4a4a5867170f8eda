"""The table of checks in docs/researchers-guide.md, from the checks themselves.

`python -m elt.drafting.guide` writes it; a test holds that it is current.
"""

from elt.drafting.checks import CHECKS
from elt.drafting.checks.registry import STAGES
from elt.settings import REPOSITORY

PATH = REPOSITORY / "docs" / "researchers-guide.md"
BEGIN = "<!-- checks: written by python -m elt.drafting.guide -->"
END = "<!-- end of checks -->"


def table() -> str:
    """Every check with its stage, what it looks for, what a find means and what to do, as Markdown."""
    lines = ["| stage | check | looks for | verdict | what to do |", "|---|---|---|---|---|"]
    for check in sorted(CHECKS, key=lambda check: STAGES.index(check.stage)):
        cells = (check.stage, f"`{check.name}`", check.looks_for, check.verdict, check.remedy)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """The page with its table renewed. Raises ValueError where the page has no place for it."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PATH.name} has no place for the checks: put {BEGIN} and {END} into it")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PATH.write_text(with_table(PATH.read_text(encoding="utf-8")), encoding="utf-8")
