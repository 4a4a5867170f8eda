"""The pages on which a dataset is described, as a browser uses them."""

import io
import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from elt.contracting.registry import open_registry
from elt.polling import poll
from elt.settings import Settings
from elt.store import ObjectStore
from tests.integration.api.conftest import signed_in

SAMPLE = b"city,beds,note\n" + b"".join(b"%s,%d,n%d\n" % ((b"Ibadan", b"Kano")[n % 2], n, n) for n in range(30))
TOKEN = "token"
OWN = {"Origin": "http://localhost"}


@pytest.fixture
def browser(app: Any, module_settings: Settings, keys: dict[str, str]) -> FlaskClient:
    """Ada, signed in."""
    return signed_in(app, module_settings, "ada")


def send(browser: FlaskClient, name: str, token: str = TOKEN) -> Any:
    form = {"csrf_token": token, "name": name, "file": (io.BytesIO(SAMPLE), "cities.csv")}
    response = browser.post("/datasets", data=form, content_type="multipart/form-data", headers=OWN, buffered=True)
    response.request.environ["wsgi.input"].close()
    return response


def form_of(page: str) -> dict[str, str]:
    """What a browser would send back of the draft's form: text fields, chosen options and ticked boxes."""
    fields = dict(re.findall(r'<input(?: id="\w+")? name="([^"]+)"[^>]*?value="([^"]*)"', page))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r"<option selected>([^<]*)|<option[^>]* selected>([^<]*)", options)
        fields[name] = (chosen[1] or chosen[2]) if chosen else ""
    fields |= dict.fromkeys(re.findall(r'<input type="checkbox" name="([^"]+)"[^>]* checked', page), "on")
    return {**fields, "csrf_token": "token"}


def test_from_sample_to_profile(browser: FlaskClient, module_settings: Settings) -> None:
    name = f"pages/t{uuid.uuid4().hex[:12]}"
    assert "A new dataset" in browser.get("/datasets").text
    sent = send(browser, name)
    assert sent.status_code == 302, sent.text
    page = browser.get(sent.location).text
    assert "Screening" in page
    form = form_of(page)
    assert form["type-1"] == "integer"
    bad = browser.post(sent.location, data=form | {"action": "save", "type-1": "boolean"}, headers=OWN)
    assert bad.status_code == 422
    assert "example" in bad.text
    form |= {"title": "Cities", "description": "One row per city.", "personal-2": "name", "maximum-1": "500"}
    assert browser.post(sent.location, data=form | {"action": "save"}, headers=OWN).status_code == 302
    saved = form_of(browser.get(sent.location).text)
    assert (saved["title"], saved["personal-2"], saved["maximum-1"]) == ("Cities", "name", "500")
    confirmed = browser.post(sent.location, data=saved | {"action": "confirm", "load": "on"}, headers=OWN)
    assert (confirmed.status_code, confirmed.location) == (302, f"/datasets/{name}")
    with open_registry(module_settings) as contracts:
        poll(module_settings, ObjectStore(module_settings), contracts)
    shown = browser.get(confirmed.location).text
    assert "30 rows of 1 submission," in shown
    assert "Ibadan (15)" in shown
    assert "personal: name" in shown
    assert ">n7<" not in shown
    assert (
        browser.post(confirmed.location, data={"csrf_token": "token", "shared": "yes"}, headers=OWN).status_code == 302
    )
    assert "shared with every researcher" in browser.get(confirmed.location).text
    assert name in browser.get("/datasets").text
    assert browser.get("/datasets/laurel/students").status_code == 200


def test_a_draft_can_be_deleted(browser: FlaskClient) -> None:
    location = send(browser, f"pages/t{uuid.uuid4().hex[:12]}").location
    gone = browser.post(location, data={"csrf_token": "token", "action": "delete"}, headers=OWN)
    assert (gone.status_code, gone.location) == (302, "/datasets")
    assert browser.get(location).status_code == 404


def test_a_form_that_is_not_ours_changes_nothing(browser: FlaskClient) -> None:
    assert send(browser, "pages/forged", token="other").status_code == 400
    location = send(browser, f"pages/t{uuid.uuid4().hex[:12]}").location
    assert browser.post(location, data={"action": "delete"}, headers=OWN).status_code == 400
    assert browser.get(location).status_code == 200
    elsewhere = {"Origin": "http://localhost:8080"}
    form = {"csrf_token": "token", "action": "delete"}
    assert browser.post(location, data=form, headers=elsewhere).status_code in (302, 401)
    assert browser.get(location).status_code == 200
