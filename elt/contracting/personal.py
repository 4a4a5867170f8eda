"""A contract is read by everybody who may send files: nothing in it is a value of a personal column."""

import re
from collections.abc import Mapping
from typing import Any

from elt.drafting.contracting import EXAMPLES
from elt.drafting.profile import shape_of

FROM_VALUES = ("enum", "minimum", "maximum")


def without_values(field: Mapping[str, Any]) -> dict[str, Any]:
    """The column of a contract; where it is personal, its example masked, and without rules that repeat values.

    A pattern stays where the masked example fits it too: then it says how a cell is written, not what it says.
    """
    if not field.get("personal"):
        return dict(field)
    example = shape_of(field["example"]) if field["type"] == "string" else EXAMPLES[field["type"]]
    rules = {name: rule for name, rule in field.get("constraints", {}).items() if name not in FROM_VALUES}
    if "pattern" in rules and re.fullmatch(rules["pattern"], field["example"]):
        rules = {name: rule for name, rule in rules.items() if name != "pattern" or re.fullmatch(rule, example)}
    masked = {**field, "example": example, "constraints": rules}
    return masked if rules else {name: value for name, value in masked.items() if name != "constraints"}


def masked_as(contract: Mapping[str, Any], personal: Mapping[str, str]) -> dict[str, Any]:
    """An older version of a contract, without values of the columns that are personal by now: `personal` by column."""
    fields = [
        without_values({**field, "personal": personal[field["column"]]}) | {"personal": field.get("personal")}
        if field["column"] in personal
        else field
        for field in contract["fields"]
    ]
    return {**contract, "fields": [{name: v for name, v in field.items() if v is not None} for field in fields]}
