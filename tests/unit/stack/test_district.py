"""Which files `./start.sh load district` sends."""

from pathlib import Path

import pytest

from stack import district, verbs
from stack.home import Home
from stack.starting import StartFailed


def test_without_a_folder_the_sample_district_is_made(tmp_path: Path) -> None:
    options = verbs.parser().parse_args(["load", "district"])
    assert (options.family, options.directory) == ("district", None)
    home = Home(tmp_path / "state", tmp_path / "logs")
    home.create()
    found = district.find(district.generate(home))
    assert [table.dataset for table in found] == [f"district/{name}" for name in district.DATASETS]
    found[-1].path.unlink()
    with pytest.raises(StartFailed, match=r"lacks accesses\.csv"):
        district.find(found[0].path.parent)
