"""The rejects file, corrected and sent back."""

import csv
import io
from collections.abc import Callable
from typing import Any

Students = Callable[..., bytes]
Load = Callable[[], None]
SUBMISSIONS = "/api/v1/submissions"


def loaded_with_a_reject(client: Any, students: Students, load_all: Load) -> str:
    """A submission of 40 lines, of which line 3 has a bad age."""
    id: str = client.upload(students(40, Age="four")).json["id"]
    load_all()
    assert client.get(f"{SUBMISSIONS}/{id}").json["rows_rejected"] == 1
    return id


def corrected(rejects: str, **cells: str) -> bytes:
    """A rejects file as a spreadsheet saves it, with these cells in every line."""
    rows = list(csv.DictReader(io.StringIO(rejects)))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({**row, **cells} for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def test_the_rejects_file_comes_back_and_its_lines_join(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded_with_a_reject(ada, students, load_all)
    fixed = corrected(ada.get(f"{SUBMISSIONS}/{id}/rejects").text, Age="14")
    sent = ada.send("POST", f"{SUBMISSIONS}/{id}/fixes", fixed, "rejects.csv")
    assert (sent.status_code, sent.json["status"], sent.json["lines_read"]) == (202, "received", None)
    assert ada.get(f"{SUBMISSIONS}/{id}").json["open_fixes"] == 1
    load_all()
    fix = ada.get(sent.headers["Location"]).json
    assert (fix["status"], fix["lines_read"], fix["lines_fixed"], fix["unmatched"]) == ("applied", 1, 1, [])
    now = ada.get(f"{SUBMISSIONS}/{id}").json
    assert (now["lines_read"], now["rows_loaded"], now["rows_rejected"], now["open_fixes"]) == (40, 40, 0, 0)
    assert ada.get(fix["links"]["file"]).data == fixed
    assert ada.get(f"{SUBMISSIONS}/{id}/fixes").json["fixes"] == [fix]
    again = ada.send("POST", f"{SUBMISSIONS}/{id}/fixes", fixed)
    assert (again.status_code, again.json["id"]) == (200, fix["id"])


def test_lines_that_were_not_refused_are_told(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded_with_a_reject(ada, students, load_all)
    fixed = corrected(ada.get(f"{SUBMISSIONS}/{id}/rejects").text, Age="14", _line="7")
    sent = ada.send("POST", f"{SUBMISSIONS}/{id}/fixes", fixed)
    load_all()
    [line] = ada.get(sent.headers["Location"]).json["unmatched"]
    assert (line["line"], line["code"]) == (2, "not_refused")
    assert ada.get(f"{SUBMISSIONS}/{id}").json["rows_rejected"] == 1


def test_what_is_no_fix(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded_with_a_reject(ada, students, load_all)
    plain = ada.send("POST", f"{SUBMISSIONS}/{id}/fixes", students())
    assert (plain.status_code, plain.json["code"]) == (422, "no_line_column")
    clean = ada.upload(students()).json["id"]
    rejects = corrected(ada.get(f"{SUBMISSIONS}/{id}/rejects").text, Age="14")
    early = ada.send("POST", f"{SUBMISSIONS}/{clean}/fixes", rejects)
    assert (early.status_code, early.json["code"]) == (409, "not_fixable")
    load_all()
    needless = ada.send("POST", f"{SUBMISSIONS}/{clean}/fixes", rejects)
    assert (needless.status_code, needless.json["code"]) == (409, "nothing_to_fix")
    assert ada.get(f"{SUBMISSIONS}/{id}/fixes/{id}").json["code"] == "unknown_fix"
