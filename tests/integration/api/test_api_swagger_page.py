"""/apidocs in a real browser: the key is typed in once, then "Try it out" works for every call."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, Response

from tests.browsing import chromium

STUDENTS = {"dataset": "laurel/students"}
Students = Callable[..., bytes]


@pytest.fixture
def page(server: Any) -> Iterator[Page]:
    """The Swagger page; anything it cannot load, or that breaks in it, fails the test."""
    troubles: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.on("request", lambda r: troubles.append(r.url) if not r.url.startswith((server.url, "data:")) else None)
        page.goto(f"{server.url}/apidocs/")
        page.wait_for_selector(".opblock")
        yield page
    assert troubles == []


@dataclass
class Call:
    """One call on the page."""

    page: Page
    block: Locator
    shown: str = ""

    def fill(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            row = self.block.locator(f'tr[data-param-name="{name}"]')
            if (typed := row.locator("input")).count():  # a parameter with examples has a list of them beside it
                typed.fill(value)
            else:
                row.locator("select").select_option(value)

    def execute(self) -> Response:
        """The answer, after the page has shown it (`shown`); closes the call, as many open ones are slow to draw."""
        with self.page.expect_response(lambda response: "/apispec" not in response.url) as waiting:
            self.block.locator(".execute").click()
        self.block.locator(".live-responses-table .response-col_status").nth(1).wait_for()
        self.shown = self.block.locator(".live-responses-table .response").first.inner_text()
        assert self.shown.split()[0] == str(waiting.value.status)
        self.block.locator(".opblock-summary").click()
        return waiting.value


def _call(page: Page, method: str, path: str, values: dict[str, str] | None = None) -> Call:
    """The call with this method and path, opened, tried and filled in."""
    summary = page.locator(f'.opblock-{method} .opblock-summary:has([data-path="{path}"])')
    block = page.locator(f".opblock-{method}", has=page.locator(f'[data-path="{path}"]'))
    summary.click()
    block.locator(".try-out__btn").click()
    call = Call(page, block)
    call.fill(values or {})
    return call


def _authorize(page: Page, key: str) -> None:
    page.click("button.authorize")
    page.fill(".modal-ux input", key)
    page.click(".modal-ux button.authorize")
    page.click(".modal-ux button.btn-done")


def test_without_a_key_the_page_shows_the_problem(page: Page) -> None:
    call = _call(page, "get", "/api/v1/datasets")
    assert call.execute().status == 401
    assert "This call needs an API key." in call.shown


def test_every_call_can_be_tried_with_the_key_typed_in_once(
    page: Page, server: Any, keys: dict[str, str], students: Students, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_bytes(students())
    second.write_bytes(students())
    _authorize(page, keys["ada"])

    create = _call(page, "post", "/api/v1/datasets/{dataset}/submissions", STUDENTS)
    create.block.locator("input[type=file]").set_input_files(first)
    created = create.execute()
    assert created.status == 201
    id = {"id": created.json()["id"]}
    assert created.json()["sha256"]

    replace = _call(page, "put", "/api/v1/submissions/{id}/file", id)
    replace.block.locator("input[type=file]").set_input_files(second)
    assert replace.execute().status == 201
    describe = _call(page, "patch", "/api/v1/submissions/{id}", id)
    describe.block.locator("textarea").fill('{"title": "From the page"}')
    assert describe.execute().json()["title"] == "From the page"
    assert _call(page, "get", "/api/v1/submissions/{id}", id | {"wait": "0.5"}).execute().json()["replaced_by"]
    assert _call(page, "delete", "/api/v1/submissions/{id}", id).execute().status == 202

    begin = _call(page, "post", "/api/v1/datasets/{dataset}/uploads", STUDENTS)
    begin.block.locator("textarea").fill('{"filename": "large.csv", "bytes": 5}')
    begun = begin.execute()
    assert begun.status == 201
    upload = {"id": begun.json()["id"]}
    assert requests.put(begun.json()["missing"][0]["url"], data=b"a,b\n1", timeout=30).status_code == 200
    complete = _call(page, "post", "/api/v1/uploads/{id}/complete", upload)
    assert complete.execute().status == 422  # no such columns
    abort = _call(page, "delete", "/api/v1/uploads/{id}", upload)
    assert abort.execute().json()["status"] == "aborted"

    others = {
        "/api/v1/uploads/{id}": upload,
        "/api/v1/datasets": {},
        "/api/v1/datasets/{dataset}": STUDENTS,
        "/api/v1/datasets/{dataset}/example.csv": STUDENTS,
        "/api/v1/submissions": {"dataset": "laurel/students", "limit": "5"},
        "/api/v1/submissions/{id}/file": id,
        "/api/v1/submissions/{id}/rejects": id,
        "/api/v1/datasets/{dataset}/submissions": STUDENTS,
        "/api/v1/submissions/{id}/fixes": id,
        "/api/v1/submissions/{id}/versions": id,
        "/api/v1/insights": {},
        "/healthz": {},
        "/readyz": {},
        "/metrics": {},
    }
    for path, values in others.items():
        assert _call(page, "get", path, values).execute().status == 200, path

    paths = requests.get(f"{server.url}/apispec.json", timeout=30).json()["paths"]
    of_marts = {"/api/v1/insights/{name}", "/api/v1/insights/{name}.{form}"}  # tried where there are marts: tests/e2e
    # in test_api_versions and test_provenance
    of_versions = {"/api/v1/submissions/{id}/diff", "/api/v1/provenance/{mart}"}
    of_fixes = {f"/api/v1/submissions/{{id}}/fixes/{{fix_id}}{end}" for end in ("", "/file")}  # in test_api_fixes
    # Tried by their own tests, not on this page.
    elsewhere = re.compile(
        "/api/v1/(accounts|ask|audit|keys|predictions|questions|reports|report-editions)|.*csv-metadata|.*/target"
    )
    assert {path for path, methods in paths.items() if "get" in methods and not elsewhere.match(path)} == {
        *others,
        *OF_DRY_RUNS,
        *OF_DESCRIBED,
        "/api/v1/submissions/{id}",
    } | of_marts | of_fixes | of_versions


OF_DRY_RUNS = ("/api/v1/dry-runs/{id}", "/api/v1/dry-runs/{id}/rejects")


def test_a_dry_run_can_be_tried(page: Page, keys: dict[str, str], students: Students, tmp_path: Path) -> None:
    file = tmp_path / "students.csv"
    file.write_bytes(students())
    _authorize(page, keys["ada"])
    begin = _call(page, "post", "/api/v1/datasets/{dataset}/submissions", STUDENTS | {"dry_run": "true"})
    begin.block.locator("input[type=file]").set_input_files(file)
    begun = begin.execute()
    assert begun.status == 202
    for path in OF_DRY_RUNS:
        assert _call(page, "get", path, {"id": begun.json()["id"]}).execute().status == 200, path
    cancel = _call(page, "delete", "/api/v1/dry-runs/{id}", {"id": begun.json()["id"]})
    assert cancel.execute().status == 409  # it has not been worked on yet


OF_DESCRIBED = (
    "/api/v1/datasets/drafts",
    "/api/v1/datasets/drafts/{id}",
    "/api/v1/datasets/{dataset}/contract",
    "/api/v1/datasets/{dataset}/contract/versions",
    "/api/v1/datasets/{dataset}/mapping",
    "/api/v1/datasets/{dataset}/profile",
)


def test_a_dataset_can_be_described(page: Page, keys: dict[str, str], tmp_path: Path) -> None:
    sample = tmp_path / "clubs.csv"
    sample.write_text("club_code,members\nA01,12\nA02,30\nA03,7\n")
    _authorize(page, keys["ada"])
    draft = _call(page, "post", "/api/v1/datasets", {"name": "clubs/members"})
    draft.block.locator("input[type=file]").set_input_files(sample)
    drafted = draft.execute()
    assert drafted.status == 201
    id, dataset = {"id": drafted.json()["id"]}, {"dataset": "clubs/members"}
    assert _call(page, "get", OF_DESCRIBED[0]).execute().status == 200
    assert _call(page, "get", OF_DESCRIBED[1], id).execute().status == 200
    assert _call(page, "post", "/api/v1/datasets/drafts/{id}/confirm", id).execute().status == 201
    mapping = _call(page, "put", "/api/v1/datasets/{dataset}/mapping", dataset)
    mapping.block.locator("textarea").fill('{"Club": "club_code"}')
    assert mapping.execute().status == 200
    for path in OF_DESCRIBED[2:]:
        assert _call(page, "get", path, dataset).execute().status == 200, path
    assert _call(page, "delete", "/api/v1/datasets/{dataset}/mapping", dataset).execute().status == 204
