"""Airflow's LocalExecutor, with workers whose death, or whose scheduler's death, holds nobody up.

In Airflow 3.3 an idle worker waits inside the queue's lock. Killed there (by the kernel, for want of memory), it takes
the lock along: no other worker ever gets a task again, and the scheduler calls itself healthy. And a worker whose
scheduler was killed waits for ever, since its brothers hold the other end of the queue open: each crash leaves all
workers behind. Both were seen; docs/decisions/0016 tells.
"""

import multiprocessing
import os
from multiprocessing.queues import SimpleQueue
from typing import Any

from airflow.executors.local_executor import LocalExecutor

LOOK_SECONDS = 5.0  # how long an idle worker outlives its scheduler, at most


class SharedQueue(SimpleQueue):
    """A queue whose readers wait outside its lock, and end with the process that made it."""

    def __init__(self) -> None:
        super().__init__(ctx=multiprocessing.get_context())
        self._maker = os.getpid()

    def get(self) -> Any:
        """The next item. Raises EOFError, which ends a worker, where the maker is dead."""
        while True:
            if not self._reader.poll(LOOK_SECONDS):
                if os.getppid() != self._maker:
                    raise EOFError
                continue
            with self._rlock:  # held while one item is read, never while one is awaited
                if self._reader.poll(0):
                    return self._reader.recv()


class SturdyExecutor(LocalExecutor):
    """A LocalExecutor on such a queue."""

    activity_queue: SharedQueue

    def _spawn_worker(self) -> None:
        if not isinstance(self.activity_queue, SharedQueue):  # just made by start(), and still empty
            self.activity_queue = SharedQueue()
        super()._spawn_worker()
