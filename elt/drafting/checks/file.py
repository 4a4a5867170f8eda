"""The file as a whole."""

from collections.abc import Iterator

from elt.drafting.checks.registry import Hit, Subject, check

FEWEST_LINES = 30


@check(
    "file",
    "an encoding other than UTF-8",
    "warning",
    "Save it as UTF-8; or check that accents and signs are right.",
)
def encoding_is_utf8(subject: Subject) -> Iterator[Hit]:
    encoding = subject.layout.encoding
    if encoding not in ("utf-8", "utf-8-sig", "ascii"):
        yield Hit(f"The file was read as {encoding}, which was guessed from its bytes.")


@check(
    "file",
    "a file too short to judge from",
    "warning",
    "Draft from a longer file, or look at every type and range of the draft yourself.",
)
def enough_lines(subject: Subject) -> Iterator[Hit]:
    count = subject.file.row_count
    if count < FEWEST_LINES:
        yield Hit(f"Types, ranges and keys were drafted from {count:,} good lines only.", count=count)


@check(
    "file",
    "a preamble above the header",
    "fail",
    "Delete the lines above the header, so that the first line names the columns.",
)
def header_is_first(subject: Subject) -> Iterator[Hit]:
    too_many = subject.file.bad_lines.get("too_many_cells")
    read = subject.file.lines_read
    if too_many and 2 * too_many.count > read:
        yield Hit(
            f"{too_many.count:,} of {read:,} lines have more cells than the first one: it seems to be a title, or "
            "its cells are separated otherwise.",
            lines=(subject.layout.header_line_number,),
        )
