"""What one of the people of bench.people does, for locust: reads a page, looks at it, goes on to another.

Each has a role of their own (LAUREL_WALKERS: a JSON list of {role, key}), signs in as on the sign-in page, and keeps an
open page's ear on the server (/live/marts), which holds requests on purpose and is therefore not timed.
"""

import json
import os
import random
import re
import time
from itertools import cycle

import gevent
from locust import FastHttpUser, between, events, task
from people_pages import PAGES  # locust runs this file as a program of its own

FILTERED = ("/performance?grade_level=SS1", "/performance?grade_level=SS2", "/insights/pass_rate?grade_level=SS3")
WALKERS = cycle(json.loads(os.environ.get("LAUREL_WALKERS", "[]")))
SETTLING_SECONDS = 10  # after the last has come
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Person(FastHttpUser):
    """Somebody with an account, who reads for some seconds before the next click."""

    wait_time = between(4, 12)

    def on_start(self) -> None:
        walker = next(WALKERS)
        self.role = walker["role"]
        token = TOKEN.search(self.client.get("/sign-in").text)
        form = {"csrf_token": token.group(1) if token else "", "key": walker["key"], "next": "/"}
        self.client.post("/sign-in", data=form, name="/sign-in (POST)")
        self.insights = [one["name"] for one in self.client.get("/api/v1/insights").json()["insights"]]
        self.students: list[str] = []
        if "/students" in PAGES[self.role]:
            found = self.client.get("/students").text
            self.students = re.findall(r'href="(/students/[0-9a-f-]{36})"', found)
        self.ear = gevent.spawn(self.listen)

    def on_stop(self) -> None:
        self.ear.kill()

    def listen(self) -> None:
        """What the open page does beside: it waits for news, and comes back."""
        while True:
            with self.client.get("/live/marts?seen=now", name="(live)", stream=True, catch_response=True) as answer:
                answer.success()
            gevent.sleep(random.uniform(10, 20))  # noqa: S311 - no secret

    @task(6)
    def page(self) -> None:
        self.client.get(random.choice(PAGES[self.role]))  # noqa: S311 - no secret

    @task(3)
    def insight(self) -> None:
        name = random.choice(self.insights)  # noqa: S311 - no secret
        self.client.get(f"/insights/{name}", name="/insights/<name>")

    @task(3)
    def call(self) -> None:
        name = random.choice(self.insights)  # noqa: S311 - no secret
        self.client.get(f"/api/v1/insights/{name}")

    @task(1)
    def filtered(self) -> None:
        self.client.get(random.choice(FILTERED), name="(a page with a filter)")  # noqa: S311 - no secret

    @task(1)
    def student(self) -> None:
        if self.students:
            self.client.get(random.choice(self.students), name="/students/<key>")  # noqa: S311 - no secret


TAKEN: list[tuple[float, str, float, bool]] = []  # seconds since 1970 when it began, name, milliseconds, failed
ARRIVED: list[float] = []  # when the last of them had come


@events.spawning_complete.add_listener
def note_arrival(**_) -> None:  # type: ignore[no-untyped-def]
    ARRIVED.append(time.time())


@events.request.add_listener
def note(name, response_time, exception, start_time, **_) -> None:  # type: ignore[no-untyped-def]
    if name != "(live)":
        TAKEN.append((start_time, name, response_time, exception is not None))


@events.quitting.add_listener
def tell_all(**_) -> None:  # type: ignore[no-untyped-def]
    """What the targets are about: pages, and calls, each as one; while all sign in, and once they are in."""
    settled = ARRIVED[0] + SETTLING_SECONDS
    for label, is_call in (("pages", False), ("insights through the API", True)):
        of_kind = [one for one in TAKEN if one[1].startswith("/api/") == is_call]
        for phase, chosen in (
            ("while they arrive", [one for one in of_kind if one[0] < settled]),
            ("once they are in", [one for one in of_kind if one[0] >= settled]),
        ):
            times, failed = sorted(one[2] for one in chosen), sum(one[3] for one in chosen)
            if times:
                p50, p95, p99 = (times[min(len(times) - 1, int(share * len(times)))] for share in (0.5, 0.95, 0.99))
                told = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms"
                print(f"{label}, {phase}: {len(times)} requests, {failed} failed; {told}")
