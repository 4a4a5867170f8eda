"""The parts a request may use, made once per process by create_app and handed to every view."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import current_app, g

from elt.accounts import Account
from elt.contract import Contract, load_contracts
from elt.database import Pool
from elt.registry import Registry
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

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """The datasets that the account behind this request may see. Look one up while holding no connection."""
        account = cast("Account | None", g.get("account"))
        if account is None:
            return load_contracts()
        return Registry(self.pool, visible_to=None if account.sees_every_submission else account.account_id)


def services() -> Services:
    """The running application's parts."""
    return cast(Services, current_app.extensions[EXTENSION])
