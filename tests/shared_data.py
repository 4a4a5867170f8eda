"""Where the data are that tests read and the project does not own: `shared/data` beside or above the checkout."""

import os
from pathlib import Path

import pytest

VARIABLE = "LAUREL_SHARED_DATA"  # names the folder where it lies elsewhere
REPOSITORY = Path(__file__).resolve().parents[1]


def find(name: str) -> Path | None:
    """The folder of this name in the shared data, where there is one."""
    places = [Path(os.environ[VARIABLE])] if VARIABLE in os.environ else []
    places += [folder / "shared/data" for folder in REPOSITORY.parents]
    return next((place / name for place in places if (place / name).is_dir()), None)


def folder(name: str) -> Path:
    """The same; without it, the test is skipped."""
    found = find(name)
    if found is None:
        pytest.skip(f"shared/data/{name} is not beside this checkout; {VARIABLE} may name the folder")
    return found
