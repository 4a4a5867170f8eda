"""Data about people."""

from collections.abc import Iterator

from elt.drafting.checks.registry import Hit, Subject, check


@check(
    "columns",
    "personal data: names, contacts, addresses, births, national numbers, health, religion, finances",
    "warning",
    "Leave the column out if the question does not need it. What the contract marks as personal lands in a restricted "
    "schema; what is only suspected is yours to mark.",
)
def personal_data(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        personal = column.draft.personal
        if personal is not None:
            marked = "not marked" if personal.confidence == "low" else "marked"
            reasons = "; ".join(personal.evidence)
            message = f"Taken for {personal.kind} ({personal.confidence} confidence, {marked} in the draft): {reasons}."
            yield Hit(message, (column.draft.name,), (), column.there)
