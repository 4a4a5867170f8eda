"""What was done for a student, recorded on the student's page as a teacher would."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from psycopg2.extensions import connection as Connection
from werkzeug.serving import make_server

from tests.browsing import chromium
from tests.integration.insights.conftest import School

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # playwright's own pipes


@pytest.fixture
def page(school: School) -> Iterator[Page]:
    """A page on which the administrator has signed in."""
    server = make_server("127.0.0.1", 0, school.admin.flask.application, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        with chromium() as browser:
            opened = browser.new_context(base_url=f"http://127.0.0.1:{server.port}").new_page()
            opened.goto("/sign-in")
            opened.get_by_label("API key").fill(school.admin.key)
            opened.get_by_role("button", name="Sign in").click()
            opened.wait_for_url("**/")
            yield opened
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def test_the_action_that_was_chosen_is_recorded(page: Page, owner: Connection) -> None:
    with owner.cursor() as cursor:
        cursor.execute("select student_key::text from predictions.score where is_current and value is not null limit 1")
        [(student,)] = cursor.fetchall()
        try:
            page.goto(f"/students/{student}")
            page.get_by_label("What was done for").select_option("tutoring")
            page.get_by_role("button", name="Record it").click()
            expect(page.get_by_text("Done so far: arranged tutoring")).to_be_visible()
            assert page.url.endswith(student)
        finally:
            cursor.execute("delete from predictions.action where student_key = %s", [student])
