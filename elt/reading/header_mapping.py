"""Headers that drifted: proposed with a ground, never guessed; confirmed ones are remembered for their researcher."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from re import compile as pattern

from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract, normalise
from elt.errors import Refused
from elt.reading.detecting import NOTHING_STATED, Stated, read_front, read_layout

LOWEST_LIKENESS = 0.75
# Where words end in a header: at white space and punctuation, and where small letters turn into capitals.
_WORD = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


@dataclass(frozen=True)
class Proposal:
    """A header of the file that may be a column of the contract; `ground` says why, `likeness` is between 0 and 1."""

    header: str
    field: str
    likeness: float
    ground: str


@dataclass(frozen=True)
class Remembered:
    """What one researcher's files call a column of a dataset."""

    header: str
    field: str
    confirmed_at: datetime


def fit(contract: Contract, mapping: Mapping[str, str], header: list[str]) -> tuple[Contract, dict[str, str]]:
    """The contract as a file with this header spells it, and what of `mapping` (header to field) that took.

    A confirmed header stands in only where the field's own name is missing. A column that a later version of the
    contract brought is left out where the file lacks it: its rows have no value there.
    """
    present = {normalise(cell) for cell in header}
    missing = set(contract.match_header(header).missing)
    applied = {header: field for header, field in mapping.items() if normalise(header) in present and field in missing}
    absent = missing - set(applied.values())
    fields = tuple(field for field in contract.fields if field.name not in absent or field.added_in == 1)
    fitted = contract if len(fields) == len(contract.fields) else replace(contract, fields=fields)
    return fitted.with_headers({field: header for header, field in applied.items()}), applied


def matched(
    contract: Contract, mapping: Mapping[str, str], sample: bytes, stated: Stated = NOTHING_STATED
) -> tuple[Contract, dict[str, str]]:
    """`fit`, from the first bytes of the file. Raises Refused, with proposals, where columns are still missing."""
    try:
        read_front(sample, contract, stated)
        return contract, {}
    except Refused as refusal:
        if refusal.code != "wrong_header":
            raise
    header = read_layout(sample, stated).header
    fitted, applied = fit(contract, mapping, header)
    try:
        read_front(sample, fitted, stated)
    except Refused as refusal:
        renamed = contract.with_headers({field: header for header, field in applied.items()})
        proposals = propose(renamed, header) if refusal.code == "wrong_header" else []
        if proposals:
            raise _with_proposals(refusal, proposals, applied) from refusal
        raise
    return fitted, applied


def fitted(
    connection: Connection, contract: Contract, submission_id: int, sample: bytes, stated: Stated = NOTHING_STATED
) -> Contract:
    """The contract as the file of a submission spells it: with the mapping that its sender confirmed."""
    with connection.cursor() as cursor:
        cursor.execute("select header_mapping from catalog.submission where submission_id = %s", [submission_id])
        (mapping,) = cursor.fetchone() or (None,)
    if not mapping and all(field.added_in == 1 for field in contract.fields):
        return contract
    return matched(contract, mapping or {}, sample, stated)[0]


def _with_proposals(refusal: Refused, proposals: list[Proposal], applied: Mapping[str, str]) -> Refused:
    """The refusal, with a mapping that may be confirmed as it stands. Only headers like a column's name are quoted."""
    mapping = {**applied, **{proposal.header: proposal.field for proposal in proposals}}
    likely = "; ".join(f"`{proposal.header}` may be `{proposal.field}` ({proposal.ground})" for proposal in proposals)
    left = set(refusal.details["missing"]) - {proposal.field for proposal in proposals}
    also = f" Still missing then: {', '.join(sorted(left))}; rename these, or add them to the mapping." if left else ""
    return Refused(
        refusal.code,
        f"{refusal.message} {likely}.",
        allowed=refusal.allowed,
        remedy="If that is right, send the file again with ?mapping=" + json.dumps(mapping, ensure_ascii=False) + " "
        f"(URL-encoded); it is remembered for you and this dataset. If not, rename the columns.{also}",
        **{**refusal.details, "proposed_mapping": mapping, "proposals": [asdict(proposal) for proposal in proposals]},
    )


def propose(contract: Contract, header: list[str]) -> list[Proposal]:
    """For each missing column the header that is most like it, where there is exactly one such; clearest first."""
    match = contract.match_header(header)
    columns = {field.name: (field.name, field.column) for field in contract.fields if field.name in match.missing}
    found = [
        Proposal(unknown, field, likeness, ground)
        for unknown in match.unknown
        if unknown and len(unknown) <= 200
        for field, names in columns.items()
        for likeness, ground in [max(_compare(unknown, name) for name in names)]
        if likeness >= LOWEST_LIKENESS
    ]
    return sorted(_one_to_one(found), key=lambda proposal: -proposal.likeness)


def _one_to_one(found: list[Proposal]) -> Iterator[Proposal]:
    """Those that have no equal on either side: two headers that are equally like one column are no ground at all."""
    for proposal in found:
        rivals = [
            other
            for other in found
            if other is not proposal
            and (other.header == proposal.header or other.field == proposal.field)
            and other.likeness >= proposal.likeness
        ]
        if not rivals:
            yield proposal


def _compare(header: str, name: str) -> tuple[float, str]:
    """How like two names are, from 0 to 1, and by what."""
    words, wanted = ([word.lower() for word in _WORD.findall(text)] for text in (header, name))
    if not words or not wanted:
        return 0.0, ""
    if "".join(words) == "".join(wanted):
        return 1.0, "the same letters; only capitals, spaces or punctuation differ"
    if len(words) == len(wanted):
        short = [(a, b) for a, b in zip(words, wanted, strict=True) if a != b]
        if all(_shortens(a, b) or _shortens(b, a) for a, b in short):
            named = ", ".join(f"{min(pair, key=len)} for {max(pair, key=len)}" for pair in short)
            return 0.95, f"shortened: {named}"
    if sorted(words) == sorted(wanted):
        return 0.9, "the same words in another order"
    ratio = SequenceMatcher(None, "".join(words), "".join(wanted), autojunk=False).ratio()
    return round(0.9 * ratio, 3), f"{ratio:.0%} of the letters agree"


def _shortens(short: str, word: str) -> bool:
    """Whether `short` is an abbreviation: it starts like the word and its letters follow in order (Sch, Yr, No)."""
    if not (1 <= len(short) < len(word)) or short[0] != word[0]:
        return False
    letters = iter(word)
    return all(letter in letters for letter in short)


def checked(contract: Contract, mapping: Mapping[str, str]) -> dict[str, str]:
    """A mapping of headers to fields, by name or column. Raises Refused where it is not one, saying what is allowed."""
    by_name = {normalise(field.name): field.name for field in contract.fields}
    by_column = {field.column: field.name for field in contract.fields}
    found = {header: by_name.get(normalise(target)) or by_column.get(target) for header, target in mapping.items()}
    unknown = sorted({mapping[header] for header, field in found.items() if field is None})
    fields = [field for field in found.values() if field]
    repeated = sorted({field for field in fields if fields.count(field) > 1})
    if unknown or repeated:
        what = ("unknown columns: " + ", ".join(unknown)) if unknown else ("given twice: " + ", ".join(repeated))
        raise Refused(
            "bad_mapping",
            f"The mapping cannot be used; {what}.",
            allowed='{"header in your file": "column of the dataset", …}, each column at most once, out of: '
            + ", ".join(by_name.values())
            + ".",
            remedy="Correct the mapping and send it again.",
        )
    return {normalise(header): field for header, field in found.items() if field}


def remembered(connection: Connection, account_id: int | None, dataset_id: str) -> list[Remembered]:
    """What this account has confirmed for this dataset, by header."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select header, field, confirmed_at from catalog.header_mapping "
            "where account_id = %s and dataset_id = %s order by header",
            [account_id, dataset_id],
        )
        return [Remembered(*row) for row in cursor.fetchall()]


def remember(connection: Connection, account_id: int, dataset_id: str, mapping: Mapping[str, str]) -> None:
    """Add to what the account has confirmed: each header stands for one column from now on."""
    with connection.cursor() as cursor:
        for header, field in mapping.items():
            cursor.execute(
                "insert into catalog.header_mapping (account_id, dataset_id, header, field) values (%s, %s, %s, %s) "
                "on conflict (account_id, dataset_id, header) do update "
                "set field = excluded.field, confirmed_at = now() where header_mapping.field <> excluded.field",
                [account_id, dataset_id, header, field],
            )


def forget(connection: Connection, account_id: int, dataset_id: str, header: str | None = None) -> int:
    """Drop one header, or all that the account has confirmed for a dataset; returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from catalog.header_mapping where account_id = %(account)s and dataset_id = %(dataset)s "
            "and (%(header)s is null or header = %(header)s)",
            {"account": account_id, "dataset": dataset_id, "header": header},
        )
        return cursor.rowcount
