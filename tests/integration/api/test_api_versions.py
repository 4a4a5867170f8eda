"""Versions of a file: listed, held until somebody confirms, and brought back."""

from collections.abc import Callable
from typing import Any

from elt.database import connect, transaction
from elt.settings import Settings

Students = Callable[..., bytes]
Load = Callable[[], None]
SUBMISSIONS = "/api/v1/submissions"


def replaced_by_fewer(client: Any, students: Students, load_all: Load) -> tuple[str, str, list[bytes]]:
    """A loaded file of four lines, and a version that lacks two of them."""
    lines = students(4).splitlines(keepends=True)
    old = client.upload(b"".join(lines)).json["id"]
    load_all()
    new = client.send("PUT", f"{SUBMISSIONS}/{old}/file", b"".join(lines[:3])).json["id"]
    load_all()
    return old, new, lines


def state(client: Any, id: str) -> str:
    return str(client.get(f"{SUBMISSIONS}/{id}").json["status"])


def test_a_version_that_removes_much_waits_for_a_confirmation(ada: Any, students: Students, load_all: Load) -> None:
    old, new, _ = replaced_by_fewer(ada, students, load_all)
    held = ada.get(f"{SUBMISSIONS}/{new}?wait=5").json
    assert (held["status"], held["error"]["code"]) == ("held", "would_remove_rows")
    assert held["held_for"] == {
        "rows_before": 4, "removed": 2, "new": 0, "changed": 0, "unchanged": 2, "max_removed_rate": 0.3,
    }  # fmt: skip
    assert state(ada, old) == "loaded"
    assert [one["id"] for one in ada.get(f"{SUBMISSIONS}?status=held").json["submissions"]] == [new]
    confirmed = ada.request("POST", f"{SUBMISSIONS}/{new}/confirm")
    assert (confirmed.status_code, confirmed.json["status"]) == (202, "received")
    load_all()
    assert (state(ada, old), state(ada, new)) == ("replaced", "loaded")
    assert ada.request("POST", f"{SUBMISSIONS}/{new}/confirm").status_code == 202  # asking twice is asking once
    refused = ada.request("POST", f"{SUBMISSIONS}/{old}/confirm")
    assert (refused.status_code, refused.json["code"]) == (409, "not_held")


def test_a_held_version_is_dropped(ada: Any, students: Students, load_all: Load) -> None:
    old, new, lines = replaced_by_fewer(ada, students, load_all)
    ada.request("DELETE", f"{SUBMISSIONS}/{new}")
    load_all()
    assert (state(ada, old), state(ada, new)) == ("loaded", "retracted")
    assert ada.send("PUT", f"{SUBMISSIONS}/{old}/file", b"".join(lines[:4])).status_code == 201


def test_the_versions_and_the_way_back(ada: Any, students: Students, load_all: Load) -> None:
    old, new, lines = replaced_by_fewer(ada, students, load_all)
    ada.request("POST", f"{SUBMISSIONS}/{new}/confirm")
    load_all()
    assert ada.get(f"{SUBMISSIONS}/{old}/file").data == b"".join(lines)
    back = ada.request("POST", f"{SUBMISSIONS}/{old}/restore")
    assert (back.status_code, back.json["restores"], back.json["replaces"]) == (202, old, new)
    assert ada.request("POST", f"{SUBMISSIONS}/{old}/restore").json["id"] == back.json["id"]
    load_all()
    versions = ada.get(f"{SUBMISSIONS}/{new}/versions").json["versions"]
    assert [(one["id"], one["status"]) for one in versions] == [
        (old, "replaced"), (new, "replaced"), (back.json["id"], "loaded"),
    ]  # fmt: skip
    assert back.headers["Location"].endswith(back.json["links"]["self"])
    live = ada.request("POST", f"{SUBMISSIONS}/{back.json['id']}/restore")
    assert (live.status_code, live.json["id"]) == (200, back.json["id"])


def test_a_retracted_submission_becomes_live_again(
    ada: Any, students: Students, load_all: Load, module_settings: Settings
) -> None:
    content = students()
    id = ada.upload(content).json["id"]
    load_all()
    ada.request("DELETE", f"{SUBMISSIONS}/{id}")
    early = ada.request("POST", f"{SUBMISSIONS}/{id}/restore")
    assert (early.status_code, early.json["code"]) == (409, "not_restorable")
    load_all()
    connection = connect(module_settings.database_url)
    with transaction(connection), connection.cursor() as cursor:  # as the next transform does
        cursor.execute("update catalog.submission set status = 'retracted' where status = 'retracting'")
    connection.close()
    back = ada.request("POST", f"{SUBMISSIONS}/{id}/restore")
    assert (back.status_code, back.json["id"], back.json["status"]) == (202, id, "received")
    load_all()
    assert state(ada, id) == "loaded"


def test_what_has_been_sent_again_is_not_restored_beside_it(ada: Any, students: Students, load_all: Load) -> None:
    content = students()
    id = ada.upload(content).json["id"]
    ada.request("DELETE", f"{SUBMISSIONS}/{id}")
    load_all()
    assert state(ada, id) == "retracted"
    ada.upload(content)
    refused = ada.request("POST", f"{SUBMISSIONS}/{id}/restore")
    assert (refused.status_code, refused.json["code"]) == (409, "duplicate_content")
