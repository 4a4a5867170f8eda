"""Every contract there is: those that ship with Laurel, and those that researchers have confirmed since."""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from contextlib import contextmanager

from elt.contracting.contract import Contract, load_contracts, parse_contract
from elt.database import Pool
from elt.settings import Settings


class Registry(Mapping[str, Contract]):
    """Contracts by dataset name, sorted, as the ledger has them at the moment of each look-up.

    `visible_to` is the number of the account that asks: it sees what ships with Laurel, its own and what is shared.
    Without one, everything is there. A look-up may borrow a connection of the pool, so make it while holding none.
    """

    def __init__(self, pool: Pool, visible_to: int | None = None) -> None:
        self._pool = pool
        self._visible_to = visible_to

    def __getitem__(self, dataset_id: str) -> Contract:
        shipped = load_contracts()
        return shipped[dataset_id] if dataset_id in shipped else self._described(dataset_id)[dataset_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def items(self) -> ItemsView[str, Contract]:
        """All of them, for one query."""
        return self._all().items()

    def values(self) -> ValuesView[Contract]:
        """All of them, for one query."""
        return self._all().values()

    def _all(self) -> dict[str, Contract]:
        return dict(sorted({**self._described(None), **load_contracts()}.items()))

    def _described(self, dataset_id: str | None) -> dict[str, Contract]:
        with self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                """
                select dataset_id, contract from catalog.dataset
                where account_id is not null
                  and (%(dataset)s is null or dataset_id = %(dataset)s)
                  and (%(viewer)s is null or account_id = %(viewer)s or is_shared)
                """,
                {"dataset": dataset_id, "viewer": self._visible_to},
            )
            return {name: parse_contract(document, is_described=True) for name, document in cursor.fetchall()}


@contextmanager
def open_registry(settings: Settings) -> Iterator[Registry]:
    """Every contract, over a connection of its own."""
    pool = Pool(settings.database_url, size=1)
    try:
        yield Registry(pool)
    finally:
        pool.close()
