"""Which columns are about people, and which number or name things: by the words of the header and by content."""

from elt.drafting.cells import Kind
from elt.drafting.content import Content
from elt.drafting.headers import words_of
from elt.drafting.person_words import BARE_PERSON, HEADERS, NOT_A_PERSONS, THING_WORDS, looks_like_a_name
from elt.drafting.profile import ColumnProfile
from elt.drafting.result import Confidence, Identifier, Personal

# Kinds that name a person by themselves. The others are a secret only in a file that holds one of these.
DIRECT = frozenset({"identifier", "name", "contact"})
_ID_WORDS = frozenset({"id", "ids", "code", "codes", "key", "uuid", "guid", "ref", "reference", "isbn", "urn", "upn"})
_NUMBER_WORDS = frozenset({"no", "nr", "number", "num", "serial", "sn", "matric"})
_LONG_DIGITS = 9
MANY_NAMES = 10  # so many different capitalised words may be names of people


def personal_of(column: ColumnProfile, there: int, distinct: int) -> Personal | None:
    """What personal data a column seems to hold, before the other columns are looked at.

    `there` is the number of cells that are not missing, `distinct` how many different ones.
    """
    if not there:
        return None
    by_header = _by_header(column)
    by_content = _by_content(column, there, distinct)
    if by_header and by_content and by_header.kind == by_content.kind:
        return Personal(by_header.kind, "high", (*by_header.evidence, *by_content.evidence))
    if by_content and (by_header is None or by_content.confidence == "high"):
        return by_content
    if by_header and by_header.kind == "name" and BARE_PERSON.search(" ".join(words_of(column.header))):
        codes = column.contents.get(Content.CODE)
        if (codes and codes.count >= there / 2) or (column.count(Kind.WORDS) < there / 2 and distinct >= 0.9 * there):
            return Personal("identifier", "medium", by_header.evidence)  # a column `student` that numbers them
    if by_header and by_header.kind == "name" and column.count(Kind.WORDS) < there / 2:
        return None  # a column `name` of numbers or dates
    return by_header or _possible_names(column)


def _by_header(column: ColumnProfile) -> Personal | None:
    words = " ".join(words_of(column.header))
    if NOT_A_PERSONS.search(words):
        return None
    for kind, confidence, pattern in HEADERS:
        if match := pattern.search(words):
            return Personal(kind, confidence, (f"the header says `{match.group()}`",))
    return None


def _by_content(column: ColumnProfile, there: int, distinct: int) -> Personal | None:
    def share(content: Content) -> float:
        return column.contents[content].count / there if content in column.contents else 0.0

    def found(kind: str, confidence: Confidence, content: Content) -> Personal:
        seen = column.contents[content]
        told = f"{seen.count:,} of {there:,} cells look like {content} (first at line {seen.first_line:,})"
        return Personal(kind, confidence, (told,))

    if share(Content.EMAIL):
        return found("contact", "high" if share(Content.EMAIL) >= 0.5 else "medium", Content.EMAIL)
    if share(Content.SSN) >= 0.8:
        return found("identifier", "high", Content.SSN)
    if share(Content.PHONE) >= 0.8:
        return found("contact", "medium", Content.PHONE)
    if share(Content.ELEVEN_DIGITS) >= 0.9 and distinct >= 0.9 * there:
        return found("identifier", "medium", Content.ELEVEN_DIGITS)
    if share(Content.ADDRESS) >= 0.6:
        return found("location", "high", Content.ADDRESS)
    if share(Content.PERSON_NAME) >= 0.8 and not THING_WORDS & set(words_of(column.header)):
        return found("name", "medium" if distinct >= 0.5 * there else "low", Content.PERSON_NAME)
    return None


def _possible_names(column: ColumnProfile) -> Personal | None:
    """Many different capitalised words, as first names are: perhaps nobody's, but not shown unasked."""
    levels = [level.strip() for level in column.levels or () if level.strip()]
    alike = sum(map(looks_like_a_name, levels))
    if len(levels) < MANY_NAMES or alike < 0.8 * len(levels) or THING_WORDS & set(words_of(column.header)):
        return None
    return Personal("name", "low", (f"{alike:,} of {len(levels):,} different cells are capitalised words",))


def weighed(found: list[Personal | None]) -> list[Personal | None]:
    """Attributes such as health or income name nobody by themselves: low where the file names no person."""
    named = any(personal and personal.kind in DIRECT and personal.confidence != "low" for personal in found)
    return [
        personal
        if named or personal is None or personal.kind in DIRECT or personal.confidence == "high"
        else Personal(personal.kind, "low", (*personal.evidence, "no other column says whose it is"))
        for personal in found
    ]


def identifier_of(column: ColumnProfile, there: int, distinct: int) -> Identifier | None:
    """Whether a column's cells number or name something; there and distinct as above."""
    if not there or column.count(Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.TRUE_FALSE):
        return None
    words = words_of(column.header)
    evidence: list[str] = []
    high = bool(_ID_WORDS & {words[0], words[-1]}) if words else False
    if high:
        evidence.append(f"the header says `{next(word for word in words if word in _ID_WORDS)}`")
    elif _NUMBER_WORDS & set(words) and "of" not in words and distinct >= 0.9 * there:
        evidence.append("the header says that it is a number of something, and nearly every cell is different")
    if Kind.LEADING_ZERO in column.kinds and column.count(Kind.LEADING_ZERO) >= 2:
        seen = column.kinds[Kind.LEADING_ZERO]
        evidence.append(f"{seen.count:,} cells are {Kind.LEADING_ZERO} (first at line {seen.first_line:,})")
    long = sum(count for length, count in column.lengths.items() if length >= _LONG_DIGITS)
    digits = column.count(Kind.INTEGER, Kind.LEADING_ZERO, Kind.LONG_DIGITS)
    if digits == there == long and (len(column.lengths) == 1 or Kind.LONG_DIGITS in column.kinds):
        evidence.append(f"every cell has {min(column.lengths)} digits or more, as a quantity has not")
    codes = column.contents.get(Content.CODE)
    if codes and codes.count >= 0.9 * there and distinct >= 0.5 * there and there >= 5:
        evidence.append(f"{codes.count:,} of {there:,} cells are {Content.CODE}, {distinct:,} of them different")
    return Identifier("high" if high or len(evidence) > 1 else "medium", tuple(evidence)) if evidence else None
