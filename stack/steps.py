"""What a user sees while the stack starts: each step, once it is done, with its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Steps:
    """Prints finished steps: seconds since the start, seconds of the step, what it did."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the first step."""
        return time.monotonic() - self._start

    def note(self, text: str) -> None:
        """A line about what takes long and now begins."""
        print(f"{self.elapsed:6.1f} s  … {text}", flush=True)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """One step. What the block appends to the list is printed after its name."""
        start = time.monotonic()
        details: list[str] = []
        yield details
        suffix = f": {', '.join(details)}" if details else ""
        print(f"{self.elapsed:6.1f} s  {name}{suffix} ({time.monotonic() - start:.1f} s)", flush=True)
