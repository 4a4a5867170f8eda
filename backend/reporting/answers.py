"""Answers kept until the data change: a transform makes them stale at once, and nothing else does.

What a session may see is part of the key, as the session itself tells it: who sees other rows never meets these.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from backend.reporting.behind import Behind
from backend.reporting.insight import Insight, Row

KEPT_ROWS = 30_000  # per process: some 30 MB
Found = tuple[tuple[tuple[str, ...], ...], tuple[Row, ...]]  # the allowed values of each parameter, and the rows


class Answers:
    """The last answers, by what they depend on; those that were asked for longest ago go first."""

    def __init__(self, kept_rows: int = KEPT_ROWS) -> None:
        self._kept_rows = kept_rows
        self._rows = 0
        self._found: OrderedDict[Hashable, Found] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What is kept under this key, or what `find` finds. Two who ask at the same time may both look."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = find()
        with self._lock:
            if key not in self._found and _size(found) <= self._kept_rows:
                self._found[key] = found
                self._rows += _size(found)
            while self._rows > self._kept_rows:
                _, gone = self._found.popitem(last=False)
                self._rows -= _size(gone)
        return found


def _size(found: Found) -> int:
    return len(found[1]) + 1


ANSWERS = Answers()


def kept(behind: Behind, insight: Insight, arguments: Mapping[str, Any], find: Callable[[], Found]) -> Found:
    """The answer for this session's reader at the version of the data that its snapshot shows.

    What reads the ledger besides marts changes without a transform, and is found anew each time.
    """
    if any(not relation.startswith("marts.") for relation in insight.relations()):
        return find()
    return ANSWERS.get((insight.name, tuple(sorted(arguments.items())), behind.reader), find)
