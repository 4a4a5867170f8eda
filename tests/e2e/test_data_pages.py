"""The pages about data in a real browser: a file is sent, refused, put right, in use, taken back; SQL is asked."""

import csv
import gzip
import io
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from elt.contracting.contract import load_contracts

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # playwright's own pipes

PHONE, DESKTOP = 390, 1280
PATIENCE = 120_000  # milliseconds, for a transform
FIELDS = load_contracts()["laurel/students"].fields
HEADER = [field.name for field in FIELDS]


def students(header: list[str] = HEADER, rows: int = 30, **wrong: str) -> bytes:
    """A file of new students; `wrong` goes into its third line."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for number in range(rows):
        row = {field.name: field.example for field in FIELDS} | {"Student ID": f"E2E-{uuid.uuid4().hex[:10]}"}
        writer.writerow((row | wrong if number == 1 else row).values())
    return text.getvalue().encode()


@contextmanager
def signed_in(stack, browser: Browser, key: str, path: str) -> Iterator[Page]:
    """A page of somebody who has signed in; whatever the browser complains about fails the test."""
    context = browser.new_context(base_url=stack.api_url, viewport={"width": PHONE, "height": 800})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    opened.goto(f"/sign-in?next={path}")
    opened.get_by_label("API key").fill(key)
    opened.get_by_role("button", name="Sign in").click()
    yield opened
    context.close()
    assert complaints == []


def choose(place: Locator, name: str, content: bytes) -> None:
    """Give a file to a place that takes files."""
    place.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def fits(page: Page) -> None:
    """The page is no wider than a phone, nor than a desk's screen; the walk goes on on the other one."""
    for width in (PHONE, DESKTOP) if page.evaluate("innerWidth") == DESKTOP else (DESKTOP, PHONE):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
    page.set_viewport_size({"width": DESKTOP + PHONE - width, "height": 800})


def test_a_file_goes_from_refused_to_in_use_and_is_taken_back(stack, browser: Browser) -> None:
    with signed_in(stack, browser, stack.researcher_key, "/data") as page:
        walk(stack, page)


def test_what_is_no_table_is_refused_before_anybody_is_asked_what_it_is_for(stack, browser: Browser) -> None:
    with signed_in(stack, browser, stack.researcher_key, "/data") as page:
        files, sent = page.get_by_label("Drop CSV files here, or choose them"), page.locator("#sent-now > li")
        chosen = {
            "packed.csv.gz": gzip.compress(students(rows=2, Age="four")),  # too many wrong lines: no marts follow
            "other.csv": b"one,two\n1,2\n",  # not for the data set of the file before it
            "picture.csv": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "empty.csv": b"",
        }
        files.set_input_files([{"name": n, "mimeType": "text/csv", "buffer": data} for n, data in chosen.items()])
        expect(sent.nth(0)).to_contain_text("See what becomes of it (Students)")
        expect(sent.nth(1)).to_contain_text("fits no data set. Which one is it for?")
        expect(sent.nth(2)).to_contain_text("it is no text")
        expect(sent.nth(3)).to_contain_text("The file is empty")


def walk(stack, page: Page) -> None:
    files = page.get_by_label("Drop CSV files here, or choose them")

    page.request.delete("/api/v1/datasets/laurel/students/mapping", headers={"Origin": stack.api_url})
    # Columns by other names are refused as the API refuses them, with a proposal that one click confirms.
    drifted = ["Stud ID" if name == "Student ID" else name for name in HEADER]
    choose(files, "walk.csv", students(drifted, Age="four"))
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("The header does not match laurel/students")
    expect(refusal.get_by_role("row").filter(has_text="Stud ID")).to_contain_text("shortened: stud for student")
    fits(page)
    page.get_by_role("button", name="Yes, they mean the same: send it").click()

    # One line is refused, with its reason; the rest is in use without a reload.
    page.get_by_role("link", name=re.compile("See what becomes of it")).click()
    expect(page.locator(".steps [aria-current=step]")).to_contain_text("In use", timeout=PATIENCE)
    expect(page.locator(".counts")).to_have_text(re.compile(r"Lines read\s*30\s*Loaded\s*29\s*Refused\s*1"))
    expect(page.locator("#refused")).to_contain_text("Age: line 3 is not a whole number")
    fits(page)

    # The refused line comes back corrected.
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the refused lines").click()
    right = download.value.path().read_text().replace("four", "14").encode()
    choose(page.get_by_label("Drop the corrected file here, or choose it"), "right.csv", right)
    expect(page.locator("#refused")).to_contain_text("1 of 1 lines joined", timeout=PATIENCE)
    expect(page.locator(".counts")).to_have_text(re.compile(r"Loaded\s*30\s*Refused\s*0"))
    expect(page.locator(".steps [aria-current=step]")).to_contain_text("In use", timeout=PATIENCE)

    # Taken back: asked once more, and No is an answer.
    page.get_by_role("button", name="Take the file back").click()
    expect(page.get_by_role("dialog")).to_contain_text("All 30 rows of walk.csv leave the tables and insights")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Take the file back").click()
    page.get_by_role("button", name="Take it back", exact=True).click()
    expect(page.locator(".steps [aria-current=step]")).to_contain_text("Taken back", timeout=PATIENCE)
    expect(page.get_by_role("button", name="Bring it back", exact=True).first).to_be_visible()
    fits(page)


def test_a_question_shows_its_error_is_stopped_and_answered(stack, browser: Browser) -> None:
    with signed_in(stack, browser, stack.admin_key, "/ask") as page:
        question = page.get_by_label("Your question, as one SQL query")
        ask = page.get_by_role("button", name="Ask", exact=True)

        question.fill("select subject, nobody from marts.rpt_pass_rate")
        ask.click()
        expect(page.get_by_role("alert")).to_contain_text('column "nobody" does not exist (line 1, character 17)')
        fits(page)

        # Stop ends the query in Postgres, long before its time, also where it overtakes the question.
        question.fill("select pg_sleep(50)")
        page.get_by_label("Stop after").select_option("60")
        late: list[Route] = []
        page.route("**/api/v1/ask", lambda route: late.append(route))
        ask.click()
        with page.expect_response(lambda answer: answer.request.method == "DELETE") as overtook:
            page.get_by_role("button", name="Stop", exact=True).click()
        assert overtook.value.status == 404
        late[0].continue_()
        page.unroute("**/api/v1/ask")
        expect(page.get_by_role("alert")).to_contain_text("The query was ended, as somebody asked.")

        question.fill("select subject, count(*) as results from marts.rpt_pass_rate group by subject")
        page.get_by_label("Show at most").select_option("100")
        question.press("Control+Enter")
        expect(page.locator("#summary")).to_contain_text(re.compile(r"^\d+ rows, in"))
        expect(page.locator("#answer-table tbody")).to_contain_text("Mathematics")
        with page.expect_download() as download:
            page.get_by_role("link", name="All rows as CSV").click()
        assert download.value.path().read_text().startswith("subject,results")
        expect(page.locator("#history")).to_contain_text("select pg_sleep(50)")
        fits(page)


def test_what_is_pressed_before_its_script_is_here_is_not_lost(stack, browser: Browser) -> None:
    """Without its script a form goes back to the server by itself, with nothing of what was written in it."""
    late: list[Route] = []
    with signed_in(stack, browser, stack.admin_key, "/account") as page:
        page.wait_for_load_state()
        may_come: list[bool] = []
        page.route("**/page*.js*", lambda route: route.continue_() if may_come else late.append(route))
        page.goto("/ask", wait_until="commit")
        question = page.get_by_label("Your question, as one SQL query")
        question.fill("select 1 as early")
        ask = page.get_by_role("button", name="Ask", exact=True)
        expect(ask).to_be_disabled()
        question.press("Enter")
        may_come.append(True)  # also to a script that the page has not asked for yet
        for route in late:
            route.continue_()
        ask.click()
        expect(page.locator("#answer-table")).to_contain_text("early")


def test_a_large_file_goes_in_parts_and_goes_on_where_it_was(stack, browser: Browser, tmp_path: Path) -> None:
    """Into the store itself, past the backend. Every line is wrong, so that the marts need not follow."""
    large = tmp_path / "large.csv"
    wrong = {"Age": "four", "Home Address": "x" * 10_000}
    rows = [{field.name: field.example for field in FIELDS} | wrong | {"Student ID": f"L{n}"} for n in range(3_500)]
    with large.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER)
        writer.writeheader()
        writer.writerows(rows)
    small_threshold = "document.querySelectorAll('form.drop').forEach((form) => (form.dataset.partsAbove = '1000'))"
    with signed_in(stack, browser, stack.researcher_key, "/data") as page:
        page.add_init_script(f"document.addEventListener('readystatechange', () => {small_threshold})")
        page.reload()
        put: list[str] = []
        page.on("request", lambda one: put.append(urlsplit(one.url).path[-6:]) if one.method == "PUT" else None)
        lost = re.compile("/00002[?]")
        page.route(lost, lambda route: route.abort())
        files = page.get_by_label("Drop CSV files here, or choose them")
        with page.expect_response(lambda answer: "/00003?" in answer.url and answer.status == 200):
            files.set_input_files(large)
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#sent-now")).to_contain_text("What has arrived is kept for a day")

        page.unroute(lost)
        put.clear()
        files.set_input_files(large)  # chosen again, it goes on: only what is missing is sent
        page.get_by_role("link", name=re.compile("See what becomes of it")).click()
        assert put == ["/00002"]
        expect(page.locator("main")).to_contain_text("3,500 of 3,500 lines were refused", timeout=PATIENCE)
        shown = page.request.get(page.url.replace("/data/", "/api/v1/")).json()
        assert (shown["status"], shown["bytes"], shown["lines_read"]) == ("rejected", large.stat().st_size, 3_500)
