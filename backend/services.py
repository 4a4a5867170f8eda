"""The parts a request may use, made once per process by create_app and handed to every view."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import current_app

from elt.contract import Contract
from elt.database import Pool
from elt.settings import Settings
from elt.store import ObjectStore

EXTENSION = "laurel"


@dataclass(frozen=True)
class Services:
    """`pool` writes the ledger; `reader_pool` reads marts and the catalog's views, as `laurel_reader`, nothing else."""

    settings: Settings
    pool: Pool
    reader_pool: Pool
    store: ObjectStore
    contracts: Mapping[str, Contract]


def services() -> Services:
    """The running application's parts."""
    return cast(Services, current_app.extensions[EXTENSION])
