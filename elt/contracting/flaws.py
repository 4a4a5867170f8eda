"""What is wrong with a contract that a researcher wrote, collected place by place while it is read."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from elt.errors import Refused

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MOST_VALUES = 2000
LENGTHS = {"title": 200, "description": 4000, "name": 200, "example": 1000, "value": 1000}


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a contract: where (`fields[2].type`), what, and what would be right."""

    where: str
    message: str
    allowed: str


class Flaws:
    """Grows as the contract is read; text that cannot be used becomes a flaw, with something empty in its place."""

    def __init__(self) -> None:
        self._flaws: list[Flaw] = []

    def __bool__(self) -> bool:
        return bool(self._flaws)

    def add(self, where: str, message: str, allowed: str) -> None:
        """One more."""
        self._flaws.append(Flaw(where, message, allowed))

    def refusal(self) -> Refused:
        """All of them; the message tells the first five."""
        shown = "; ".join(f"{flaw.where}: {flaw.message}" for flaw in self._flaws[:5])
        return Refused(
            "bad_contract",
            f"The contract has {len(self._flaws)} {'flaw' if len(self._flaws) == 1 else 'flaws'}: {shown}"
            + (" …" if len(self._flaws) > 5 else "."),
            allowed="; ".join(dict.fromkeys(flaw.allowed for flaw in self._flaws[:5])),
            remedy="`flaws` names each place; correct them and send the contract again.",
            flaws=[asdict(flaw) for flaw in self._flaws],
        )

    def only(self, entry: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        """Every other member of the entry is a flaw."""
        for key in sorted(set(entry) - set(known)):
            self.add(f"{where}.{str(key)[:50]}", "is not known", "Known here: " + ", ".join(known) + ".")

    def text(self, entry: Mapping[str, Any], key: str, where: str) -> str:
        """The member's text, without blanks around it."""
        value, longest = entry.get(key), LENGTHS.get(key, 200)
        if not isinstance(value, str) or not value.strip() or len(value) > longest or UNSTORABLE.search(value):
            self.add(where, "is missing or no such text", f"Text of 1 to {longest} characters.")
            return ""
        return value.strip()

    def texts(self, value: Any, where: str) -> list[str]:
        """A list of different texts."""
        longest = LENGTHS["value"]
        good = isinstance(value, list) and 0 < len(value) <= MOST_VALUES and len(set(map(str, value))) == len(value)
        if not good or any(not isinstance(v, str) or len(v) > longest or UNSTORABLE.search(v) for v in value):
            self.add(where, "is no such list", f"1 to {MOST_VALUES} different texts.")
            return [""]
        return list(value)
