"""The parts a request may use, made once per process by create_app and handed to every view."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import current_app, g

from elt.access.accounts import Account
from elt.access.reading import ReadingAs
from elt.contracting.contract import Contract, load_contracts
from elt.contracting.registry import Registry
from elt.database import Pool
from elt.settings import Settings
from elt.store import ObjectStore

EXTENSION = "laurel"


@dataclass(frozen=True)
class Services:
    """`pool` writes the ledger; `readers` reads nothing until it is bound to somebody, as `reader_pool` is."""

    settings: Settings
    pool: Pool
    readers: Pool
    store: ObjectStore

    @property
    def reader_pool(self) -> Pool:
        """Connections that see what the account behind this request may see of marts and the ledger's views."""
        account = cast("Account | None", g.get("account"))
        return self.readers if account is None else ReadingAs(self.readers, account.role, account.account_id)

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
