"""The researcher's pages in a real browser: a file is sent, refused, put right, in use, and taken back."""

import csv
import io
import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from elt.contract import load_contracts

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # playwright's own pipes

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
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


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    """The installed Chromium, without a screen."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture(params=[390, 1280], ids=["phone", "desktop"])
def page(stack, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The data page of a researcher who has signed in; whatever the browser complains about fails the test."""
    context = browser.new_context(base_url=stack.api_url, viewport={"width": request.param, "height": 800})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    opened.goto("/sign-in?next=/data")
    opened.get_by_label("API key").fill(stack.researcher_key)
    opened.get_by_role("button", name="Sign in").click()
    yield opened
    assert complaints == []
    context.close()


def choose(place: Locator, name: str, content: bytes) -> None:
    """Give a file to a place that takes files."""
    place.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def fits(page: Page) -> None:
    """The page is no wider than the screen."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def test_a_file_goes_from_refused_to_in_use_and_is_taken_back(stack, page: Page) -> None:
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
