"""Versions of a file: listed, held until somebody confirms, and brought back."""

import csv
import io
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
    assert ada.get(held["links"]["removed"]).text.split("\r\n")[1:3] == ["removed,4,,,,", "removed,5,,,,"]
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


def test_what_a_version_changes_whether_its_rows_are_in_raw_or_not(
    ada: Any, students: Students, load_all: Load
) -> None:
    rows = list(csv.reader(io.StringIO(students(5).decode())))
    old = ada.upload(_written(rows)).json["id"]
    load_all()
    place = rows[0].index("Gender")
    changed = [row[:] for row in rows]
    changed[2][place] = "Other" if rows[2][place] != "Other" else "Male"
    changed[5][0] += "-new"
    new = ada.send("PUT", f"{SUBMISSIONS}/{old}/file", _written(changed)).json["id"]
    expected = {
        "counts": {"new": 1, "changed": 1, "unchanged": 3, "removed": 1},
        "columns": {"Gender": 1},
        "changes": [
            {"change": "changed", "line_before": 3, "line_after": 3, "cells": {
                "Gender": {"before": rows[2][place], "after": changed[2][place]}}},
            {"change": "new", "line_before": None, "line_after": 6, "cells": {}},
            {"change": "removed", "line_before": 6, "line_after": None, "cells": {}},
        ],
    }  # fmt: skip

    def diff() -> dict[str, Any]:
        found = ada.get(f"{SUBMISSIONS}/{new}/diff")
        assert found.status_code == 200, found.text
        return {name: found.json[name] for name in expected}

    assert diff() == expected  # the new one waits to be loaded
    load_all()
    assert (state(ada, old), state(ada, new)) == ("replaced", "loaded")
    assert diff() == expected  # the old one has left raw
    ada.request("DELETE", f"{SUBMISSIONS}/{new}")
    load_all()
    assert diff() == expected  # neither is there
    page = ada.get(f"{SUBMISSIONS}/{new}/diff?limit=2").json
    rest = ada.get(f"{SUBMISSIONS}/{new}/diff?limit=2&cursor={page['next_cursor']}").json
    assert page["changes"] + rest["changes"] == expected["changes"]
    assert rest["next_cursor"] is None
    found = ada.get(f"{SUBMISSIONS}/{new}/diff?format=csv&kind=removed")
    assert found.text.splitlines() == ["change,line_before,line_after,column,before,after", "removed,6,,,,"]
    lines = ada.get(page["links"]["csv"]).text.splitlines()
    assert lines[1] == f"changed,3,3,Gender,{rows[2][place]},{changed[2][place]}"


def _written(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def test_a_diff_needs_two_versions(ada: Any, bola: Any, students: Students, load_all: Load) -> None:
    only = ada.upload(students()).json["id"]
    alone = ada.get(f"{SUBMISSIONS}/{only}/diff")
    assert (alone.status_code, alone.json["code"]) == (409, "no_predecessor")
    theirs = bola.upload(students()).json["id"]
    assert ada.get(f"{SUBMISSIONS}/{only}/diff?against={theirs}").status_code == 404
    assert ada.get(f"{SUBMISSIONS}/{only}/diff?against=7").status_code == 400
    itself = ada.get(f"{SUBMISSIONS}/{only}/diff?against={only}")
    assert (itself.status_code, itself.json["code"]) == (409, "same_submission")
    other = ada.upload(students()).json["id"]
    counts = ada.get(f"{SUBMISSIONS}/{only}/diff?against={other}").json["counts"]
    assert counts == {"new": 3, "changed": 0, "unchanged": 0, "removed": 3}
