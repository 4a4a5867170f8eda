"""Every page in a real browser, on a phone and on a desk: axe-core finds nothing serious, and nothing overflows."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from elt.database import connect, transaction

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # playwright's own pipes

DESKTOP, PHONE = 1280, 390
SERIOUS = {"serious", "critical"}
# Axe takes seconds for a page. What was seen on a desk in the light is not looked at again: a chart's marks are the
# same at any width, and colours depend on the scheme alone.
CHARTS = {"exclude": [["[data-chart] svg"]]}
ON_A_PHONE = {"rules": {"color-contrast": {"enabled": False}}}
IN_THE_DARK = {"runOnly": ["color-contrast"]}
PATHS = (
    "/",
    "/students",
    "/performance",
    "/what-matters",
    "/cohorts",
    "/district",
    "/insights",
    "/insights/pass_rate",
    "/data",
    "/datasets",
    "/reports",
    "/ask",
    "/audit",
    "/transform",
    "/accounts",
    "/account",
)


@pytest.fixture(scope="module")
def page(stack, browser: Browser) -> Iterator[Page]:
    """A page on which an administrator has signed in; axe is put into it, which the pages' policy forbids to others."""
    context = browser.new_context(base_url=stack.api_url, bypass_csp=True, viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.goto("/sign-in")
    assert serious(opened) == []
    opened.get_by_label("API key").fill(stack.admin_key)
    opened.get_by_role("button", name="Sign in").click()
    opened.wait_for_url("**/")
    yield opened
    context.close()


def serious(page: Page, context: dict[str, Any] | None = None, **options: Any) -> list[str]:
    """What axe-core holds against the page as it stands: rule, and the first element."""
    found = Axe().run(page, context, {"resultTypes": ["violations"], **options}).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found if rule["impact"] in SERIOUS]


def look_at(page: Page) -> None:
    """The open page at both widths, in the light and, at the narrower one, in the dark."""
    assert serious(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= DESKTOP, page.url
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert serious(page, CHARTS, **ON_A_PHONE) == [], (page.url, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, page.url
    page.emulate_media(color_scheme="dark")
    assert serious(page, CHARTS, **IN_THE_DARK) == [], (page.url, "dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": DESKTOP, "height": 800})


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_for_everybody(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok
    if page.locator("[data-chart]").count():
        page.wait_for_selector("[data-drawn]", state="attached")
    look_at(page)


def test_a_student_is_found_by_keyboard_and_the_page_is_for_everybody(page: Page) -> None:
    page.goto("/students")
    page.get_by_label("Tier").select_option("4")
    page.get_by_label("Tier").press("Tab")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Find").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("tier=4"))
    page.locator("tbody a").first.press("Enter")
    page.wait_for_url(re.compile("/students/[0-9a-f-]{36}"))
    page.wait_for_selector("[data-drawn]")
    assert "Tier 4" in page.locator("#tier").inner_text()
    look_at(page)


def test_what_axe_finds_is_told(page: Page) -> None:
    page.goto("/")
    wrong = '<img src="/laurel.svg"><p style="color: #999; background: #777">Pale</p>'
    page.evaluate("wrong => document.querySelector('main').insertAdjacentHTML('beforeend', wrong)", wrong)
    assert any(finding.startswith("image-alt") for finding in serious(page, CHARTS, **ON_A_PHONE))
    assert any(finding.startswith("color-contrast") for finding in serious(page, CHARTS, **IN_THE_DARK))


def test_a_report_is_there_to_take_and_who_took_it_is_on_record(page: Page) -> None:
    page.goto("/reports")
    taken = page.request.get(page.get_by_role("link", name="PDF", exact=True).first.get_attribute("href") or "")
    assert taken.body().startswith(b"%PDF")
    page.goto("/audit")
    page.get_by_label("What").select_option("report")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(re.compile("action=report"))
    assert "principal" in page.locator("tbody tr").first.inner_text()


def test_an_open_page_tells_news_by_itself_and_is_not_loaded_anew(stack, page: Page) -> None:
    page.goto("/insights/pass_rate")
    page.wait_for_selector("[data-drawn]")
    page.evaluate("window.isTheSame = true")
    assert "A later transform failed" not in page.locator("#fresh").inner_text()
    connection = connect(stack.database_url)
    try:
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute(
                "insert into catalog.transform_run (status, datasets, project_fingerprint, finished_at) "
                "values ('failed', '{}', '', now()) returning transform_run_id"
            )
            run = cursor.fetchone()
        page.get_by_text("A later transform failed").wait_for(timeout=30_000)
        assert page.evaluate("window.isTheSame")
        assert page.locator("#chart svg").count() == 1
    finally:
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute("delete from catalog.transform_run where transform_run_id = %s", run)
        connection.close()
