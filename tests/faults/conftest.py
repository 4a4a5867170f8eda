"""Real parts under supervisor, to be killed and to be starved of space."""

from collections.abc import Iterator

import pytest

from tests.faults.disks import DisksPlan, mounted
from tests.faults.parts import Parts, running_parts
from tests.faults.rounds import Trial

SEED = 20261121


@pytest.fixture(scope="package")
def parts() -> Iterator[Parts]:
    """Postgres, the store, the backend and two polls under the stack's supervisor, on disks of their own."""
    with running_parts(DisksPlan, furnished=mounted) as running:
        yield running


@pytest.fixture(scope="package")
def trial(parts: Parts) -> Trial:
    """A trial whose marts were published once."""
    begun = Trial(parts, SEED)
    begun.prepare()
    print(f"seed {SEED}")
    return begun
