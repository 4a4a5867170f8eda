"""Tells open pages when the data behind them changed: server-sent events that hold few threads, and none for long.

A page asks with the version it shows. Where that is still the present one, it may wait on one of a few places; who
finds none is let go at once and comes back by itself (EventSource does), so that any number of open pages costs a
short request each every quarter of a minute.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from flask import Blueprint, Response, current_app, request, url_for

from backend.auth import require_role
from backend.problems import BadRequest
from backend.waiting import WaitingRoom
from elt.database import Pool, only_row

EXTENSION = "laurel_live"
PLACES = 4  # per process, beside those of backend.waiting: both together stay below gunicorn's threads
HOLD_SECONDS = 15.0  # below gunicorn's graceful timeout
LOOK_SECONDS = 1.0  # how often a process asks the ledger, however many wait
RETRY_SECONDS = (10.0, 20.0)  # spread, so that pages that were told together do not come back together

# By topic. What one look costs does not grow: the index submission_open holds what is under way.
VERSIONS = {
    "marts": "select coalesce(max(transform_run_id), 0)::text from catalog.transform_run where status <> 'running'",
    "ledger": """
        select concat_ws(
            '-',
            (select max(transform_run_id) from catalog.transform_run where status <> 'running'),
            (select max(submission_id) from catalog.submission),
            (
                select md5(string_agg(submission_id || status, ',' order by submission_id)) from catalog.submission
                where status in ('received', 'loading', 'loaded', 'failed', 'retracting')
            )
        )
    """,
}


class Live:
    """The versions of the topics as a process knows them, and its places to wait for another one."""

    def __init__(self, pool: Pool) -> None:
        self.room = WaitingRoom(PLACES)
        self._pool = pool
        self._known: dict[str, tuple[float, str | None]] = {}
        self._lock = threading.Lock()

    def version(self, topic: str) -> str:
        """The topic's version, at most LOOK_SECONDS old; one that is known, while somebody else looks."""
        asked_at, version = self._known.get(topic, (float("-inf"), None))
        if version is not None and time.monotonic() - asked_at < LOOK_SECONDS:
            return version
        if not self._lock.acquire(blocking=version is None):
            return str(version)  # whoever looks may have to wait for a connection; nobody waits for him
        try:
            with self._pool.connection() as connection, connection.cursor() as cursor:
                cursor.execute(VERSIONS[topic])
                version = str(only_row(cursor)[0])
            self._known[topic] = (time.monotonic(), version)
            return version
        finally:
            self._lock.release()


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their news."""
    blueprint.add_url_rule("/live/<topic>", "live", view_func=live, methods=["GET"])


def news_of(topic: str) -> str:
    """The URL at which a page that is made now waits for its next version."""
    return url_for("pages.live", topic=topic, seen=_live().version(topic))


@require_role()
def live(topic: str) -> Response:
    """A stream of at most one event, `changed`, as soon as the topic's version is not the one seen."""
    if topic not in VERSIONS:
        raise BadRequest("unknown_topic", "There is no such topic.", allowed=", ".join(VERSIONS))
    seen = request.headers.get("Last-Event-ID") or request.args.get("seen", "")
    known = _live()
    stream = _events(lambda: known.version(topic), known.room, seen)
    headers: Mapping[str, str] = {"X-Accel-Buffering": "no"}
    return Response(stream, mimetype="text/event-stream", headers=dict(headers))


def _live() -> Live:
    return cast(Live, current_app.extensions[EXTENSION])


def _events(look: Callable[[], str], room: WaitingRoom, seen: str) -> Iterator[str]:
    """The stream: when to come back, then the event, or nothing where nothing changed while there was time."""
    yield f"retry: {random.randint(*(int(1000 * seconds) for seconds in RETRY_SECONDS))}\n\n"  # noqa: S311  no secret
    deadline = time.monotonic() + HOLD_SECONDS
    with room.place() as is_free:
        while (version := look()) == seen and is_free and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            yield ": still the same\n\n"  # a reader that is gone is noticed here, and its place becomes free
    if version != seen:
        yield f"id: {version}\nevent: changed\ndata: {version}\n\n"
