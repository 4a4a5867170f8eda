"""Pages in a real browser: a chart is drawn, with the values that the API gives."""

import json
import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # playwright's own pipes

DRAWN_CARDS = ".card:has([data-chart])"  # the others say in words that there is nothing yet, predictions for a while


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about: errors of scripts, and of the security policy."""
    return []


@pytest.fixture
def page(stack, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A page on which an administrator has signed in."""
    context = browser.new_context(base_url=stack.api_url)
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto("/")
    opened.get_by_label("API key").fill(stack.admin_key)
    opened.get_by_role("button", name="Sign in").click()
    yield opened
    context.close()


def told(stack, name: str, **parameters: str) -> dict:
    response = requests.get(
        f"{stack.api_url}/api/v1/insights/{name}",
        params=parameters,
        headers={"Authorization": f"Bearer {stack.admin_key}"},
        timeout=30,
    )
    return response.json()


def drawn_labels(page: Page) -> list[str]:
    """What the marks of the chart say to a screen reader: their values."""
    page.wait_for_selector("[data-drawn]")
    return page.locator("#chart svg [aria-label]").evaluate_all("marks => marks.map(mark => mark.ariaLabel)")


def test_a_chart_is_drawn_with_the_values_of_the_api(stack, page: Page, complaints: list[str]) -> None:
    page.goto("/insights")
    page.get_by_role("link", name="Students per teacher").click()
    labels = drawn_labels(page)
    rows = told(stack, "student_teacher_ratio")["rows"]
    assert len(rows) > 20
    for row in rows:
        shown = f"Students: {row['student_count']}; Teachers: {row['teacher_count']}"
        assert any(f"subject: {row['subject']};" in label and shown in label for label in labels), shown
    assert complaints == []


def test_another_choice_draws_another_chart(stack, page: Page, complaints: list[str]) -> None:
    page.goto("/insights/pass_rate")
    page.get_by_label("Grade level").select_option("SS1")
    page.wait_for_url(re.compile("grade_level=SS1"))
    labels = drawn_labels(page)
    row = next(row for row in told(stack, "pass_rate", grade_level="SS1")["rows"] if row["subject"] == "Mathematics")
    shown = f"Passed: {row['passed_count']}; Graded: {row['graded_count']}"
    assert any("Mathematics" in label and shown in label for label in labels)
    cells = page.locator("tbody tr").filter(has_text=re.compile("^Mathematics")).first.inner_text()
    assert f"{100 * row['pass_rate']:.1f}%" in cells
    assert complaints == []


def test_every_insight_is_drawn_and_fits_the_screen(page: Page, complaints: list[str]) -> None:
    page.goto("/insights")
    names = (
        page.locator(DRAWN_CARDS).locator("h2 a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    )
    assert len(names) >= 10
    for path in names:
        page.goto(path)
        assert drawn_labels(page), path
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    assert complaints == []


def test_the_models_documentation_complains_of_nothing(page: Page, complaints: list[str]) -> None:
    page.goto("/docs/models")
    page.get_by_text("fct_grade").first.wait_for(state="attached")
    assert complaints == []


def test_the_chart_follows_the_colour_scheme(page: Page) -> None:
    page.goto("/insights/data_quality")
    page.wait_for_selector("[data-drawn=light]")
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("[data-drawn=dark]")


def test_the_files_of_the_sample_school_are_listed(page: Page) -> None:
    page.get_by_role("link", name="Data", exact=True).click()
    assert page.locator(".state.modelled").count() >= 5


def test_a_chart_spec_is_data_and_nothing_else(page: Page) -> None:
    page.goto("/insights/survey_jamb")
    chart = json.loads(page.locator("#chart-data").text_content() or "")
    assert chart["spec"]["data"]["values"]
    assert "http" not in json.dumps({**chart["spec"], "$schema": ""})


def test_the_catalogue_draws_every_insight_small(page: Page, complaints: list[str]) -> None:
    page.goto("/insights")
    cards = page.locator(DRAWN_CARDS).count()
    assert cards >= 10
    page.locator("[data-drawn]").nth(cards - 1).wait_for(state="attached")
    assert page.locator(".preview svg").count() == cards
    assert complaints == []
