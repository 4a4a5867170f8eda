"""Places for requests that wait (`?wait=`): each one holds a thread, and some must stay free for everybody else."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from flask import current_app

EXTENSION = "laurel_waiting"
POLL_SECONDS = 0.25

Seen = TypeVar("Seen")


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

    def watch(self, look: Callable[[], Seen], is_settled: Callable[[Seen], bool], seconds: float) -> Seen:
        """What `look` sees once that is settled, or the time is over, or at once where there is no free place.

        It looks again and again, so that no connection is held in between.
        """
        deadline = time.monotonic() + seconds
        seen = look()
        if is_settled(seen) or seconds <= 0:
            return seen
        with self.place() as free:
            while free and not is_settled(seen) and (left := deadline - time.monotonic()) > 0:
                time.sleep(min(POLL_SECONDS, left))
                seen = look()
        return seen


def waiting_room() -> WaitingRoom:
    """The running application's."""
    return cast(WaitingRoom, current_app.extensions[EXTENSION])
