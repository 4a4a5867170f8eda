"""Airflow's LocalExecutor, with workers whose death, or whose scheduler's death or end, holds nobody up.

In Airflow 3.3 an idle worker waits inside the queue's lock. Killed there (by the kernel, for want of memory), it takes
the lock along: no other worker ever gets a task again, and the scheduler calls itself healthy. And a worker whose
scheduler was killed waits for ever, since its brothers hold the other end of the queue open: each crash leaves all
workers behind. And a scheduler that is told to stop waits for each task that was just starting, or was still to start,
since these do not hear of it. All were seen; docs/decisions/0016 tells.
"""

import multiprocessing
import os
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.queues import SimpleQueue
from typing import Any

import psutil
from airflow.executors.local_executor import LocalExecutor

LOOK_SECONDS = 5.0  # how long an idle worker outlives its scheduler, at most
TELL_SECONDS = 0.5  # how often a task is told to stop


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

    def clear(self) -> None:
        """Take out what nobody has taken yet."""
        with self._rlock:
            while self._reader.poll(0):
                self._reader.recv()


class SturdyExecutor(LocalExecutor):
    """A LocalExecutor on such a queue, at whose end all tasks end."""

    activity_queue: SharedQueue

    def _spawn_worker(self) -> None:
        if not isinstance(self.activity_queue, SharedQueue):  # just made by start(), and still empty
            self.activity_queue = SharedQueue()
        super()._spawn_worker()

    def end(self) -> None:
        """Begin nothing more, and tell what runs to stop, again and again: a task that starts hears it only later.

        What was still in the queue stays queued in Airflow's database, and belongs to the next scheduler.
        """
        self.activity_queue.clear()
        for _ in self.workers:
            self.activity_queue.put(None)  # the item that tells a worker to end
        while alive := [worker for worker in self.workers.values() if worker.is_alive()]:
            for worker in alive:
                _tell_to_stop(worker.pid)
            wait([worker.sentinel for worker in alive], TELL_SECONDS)
        super().end()


def _tell_to_stop(worker: int | None) -> None:
    """Tell the task of a worker, if it has one; the worker itself reports how it ended."""
    with suppress(psutil.NoSuchProcess):
        for task in psutil.Process(worker).children():
            task.terminate()
