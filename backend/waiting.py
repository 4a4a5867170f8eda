"""Places for requests that wait (`?wait=`): each one holds a thread, and some must stay free for everybody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import current_app

EXTENSION = "laurel_waiting"


class WaitingRoom:
    """At most `places` requests of this process wait at the same time; the others are answered at once."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Whether there was a free place; it is given back at the end of the block."""
        free = self._places.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._places.release()


def waiting_room() -> WaitingRoom:
    """The running application's."""
    return cast(WaitingRoom, current_app.extensions[EXTENSION])
