"""The names of the columns."""

from collections import Counter
from collections.abc import Iterator

from elt.contracting.contract import normalise
from elt.drafting.checks.registry import Hit, Subject, check
from elt.drafting.headers import SNAKE_CASE

LONGEST_NAME = 63  # of a column in Postgres
MOST_COLUMNS = 1000


def _line(subject: Subject) -> tuple[int]:
    return (subject.layout.header_line_number,)


@check("header", "a first line of data instead of names", "fail", "Put a line above it that names the columns.")
def header_names_columns(subject: Subject) -> Iterator[Hit]:
    if subject.header_is_data:
        yield Hit("The first line holds numbers or dates where names of columns should stand.", lines=_line(subject))


@check("header", "columns without a name", "fail", "Give each column a name, or delete the column.")
def blank_headers(subject: Subject) -> Iterator[Hit]:
    for position, cell in enumerate(subject.layout.header):
        if not normalise(cell):
            yield Hit(f"Column {position + 1} has no name.", (f"column {position + 1}",), _line(subject))


@check("header", "names that stand twice", "fail", "Rename or delete all but one of them.")
def duplicate_headers(subject: Subject) -> Iterator[Hit]:
    names = Counter(normalise(cell) for cell in subject.layout.header)
    for name, count in sorted(names.items()):
        if name and count > 1 and not subject.header_is_data:
            yield Hit(f"`{name}` stands {count} times.", (name,), _line(subject), count)


@check(
    "header",
    "names that are not snake_case",
    "warning",
    "Write small letters, digits and single underscores. The draft names the column of raw so; the header may stay.",
)
def snake_case_names(subject: Subject) -> Iterator[Hit]:
    names = [name for name in map(normalise, subject.layout.header) if name and not SNAKE_CASE.fullmatch(name)]
    if names and not subject.header_is_data:
        told = "1 name is" if len(names) == 1 else f"{len(names)} names are"
        yield Hit(f"{told} not snake_case.", tuple(names), _line(subject), len(names))


@check("header", "stray white space in names", "warning", "Take it away; the loader forgives it in names.")
def header_white_space(subject: Subject) -> Iterator[Hit]:
    stray = [normalise(cell) for cell in subject.layout.header if cell != normalise(cell) and normalise(cell)]
    if stray and not subject.header_is_data:
        told = "1 name has" if len(stray) == 1 else f"{len(stray)} names have"
        yield Hit(f"{told} stray white space.", tuple(stray), _line(subject), len(stray))


@check(
    "header",
    f"names longer than {LONGEST_NAME} characters, or more than {MOST_COLUMNS:,} columns",
    "warning",
    "Shorten the name; the long form belongs into the column's description.",
)
def header_fits(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        if len(column.draft.name) > LONGEST_NAME:
            message = f"The name has {len(column.draft.name)} characters."
            yield Hit(message, (column.draft.name[:LONGEST_NAME] + "…",), _line(subject))
    if (count := len(subject.columns)) > MOST_COLUMNS:
        yield Hit(f"There are {count:,} columns.", (), _line(subject), count, "fail", "Split the table.")
