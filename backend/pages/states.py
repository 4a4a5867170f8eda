"""A submission's states in words that need no explanation, and the way it goes."""

from dataclasses import dataclass
from datetime import datetime

from elt.ledger import Submission

WORDS = {
    "received": "waiting",
    "loading": "loading",
    "held": "waits for you",
    "loaded": "loaded",
    "modelled": "in use",
    "rejected": "refused",
    "failed": "delayed",
    "retracting": "being taken back",
    "retracted": "taken back",
    "replaced": "replaced",
}
DRY_RUN_WORDS = {
    "received": "waiting",
    "checking": "reading the file",
    "modelling": "building the tables",
    "done": "ready",
    "rejected": "would be refused",
    "failed": "not made",
}


@dataclass(frozen=True)
class Step:
    """One stage of the way; `at` is None where it was not reached (yet)."""

    label: str
    at: datetime | None
    is_current: bool
    is_bad: bool = False


def word(status: str) -> str:
    """A submission's state, as a person says it."""
    return WORDS[status]


def dry_run_word(status: str) -> str:
    """A dry run's state, as a person says it."""
    return DRY_RUN_WORDS[status]


def steps(found: Submission) -> list[Step]:
    """From sent to in use; where the way ends earlier, or led back, with that as its last step."""
    way = [Step("Sent", found.received_at, found.status == "received")]
    match found.status:
        case "rejected":
            return [*way, Step("Refused", found.settled_at, True, is_bad=True)]
        case "held":
            return [*way, Step("Waits for your answer", found.loading_at, True, is_bad=True)]
        case "failed":
            return [*way, Step("Delayed, through no fault of yours", found.loading_at, True, is_bad=True)]
    loaded = Step("Loaded", found.loaded_at, found.status in ("loading", "loaded"))
    in_use = Step("In use", found.modelled_at, found.status == "modelled")
    match found.status:
        case "retracting":
            return [*way, loaded, Step("Being taken back", None, True)]
        case "retracted":
            return [*way, loaded, Step("Taken back", found.settled_at, True, is_bad=True)]
        case "replaced":
            return [*way, loaded, Step("Replaced by a newer version", found.settled_at, True)]
    return [*way, loaded, in_use]
