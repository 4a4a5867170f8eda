"""A contract that a researcher wrote is refused with its flaws, whatever JSON it is."""

from typing import Any

import pytest

from elt.contracting.document import checked
from elt.errors import Refused

FIELD = {"name": "Id", "column": "id", "type": "string", "description": "Whose row it is.", "example": "A1"}
CONTRACT = {"title": "Marks", "description": "One row per pupil.", "fields": [FIELD]}


def test_a_contract_without_flaws_is_kept() -> None:
    kept = checked(CONTRACT, "factors/marks", 2)
    assert (kept["name"], kept["version"], kept["primaryKey"]) == ("factors/marks", 2, [])


@pytest.mark.parametrize("key", ["Nobody", ["Nobody"], [["Id"]], [{"name": "Id"}], [1], [None], {"Id": 1}, 7])
def test_a_key_that_names_no_column_is_a_flaw(key: Any) -> None:
    with pytest.raises(Refused) as caught:
        checked({**CONTRACT, "primaryKey": key}, "factors/marks", 1)
    assert [flaw["where"] for flaw in caught.value.details["flaws"]] == ["primaryKey"]


@pytest.mark.parametrize("key", ["Id", ["Id"]])
def test_a_key_is_filled_without_being_told_twice(key: Any) -> None:
    kept = checked({**CONTRACT, "primaryKey": key}, "factors/marks", 1)
    assert (kept["primaryKey"], kept["fields"][0]["constraints"]) == (["Id"], {"required": True})
