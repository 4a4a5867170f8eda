"""What was sent comes back: the file as it was, the refused lines with their reasons."""

import csv
import io
from collections.abc import Callable
from typing import Any

SUBMISSIONS = "/api/v1/submissions"
Students = Callable[..., bytes]
Load = Callable[[], None]


def test_the_rejects_are_the_refused_lines_with_their_reasons(ada: Any, students: Students, load_all: Load) -> None:
    content = students(40, Age="four", **{"Last Name": 'O\'Neill, "Kit"'})
    id = ada.upload(content, "autumn term.csv").json["id"]
    load_all()
    response = ada.get(f"{SUBMISSIONS}/{id}/rejects")
    assert response.status_code == 200
    assert "autumn term-rejects.csv" in response.headers["Content-Disposition"]
    header, *rows = csv.reader(io.StringIO(response.text, newline=""))
    sent = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert header == ["_line", "_column", "_error", *sent[0]]
    ((line, column, error, *cells),) = rows
    assert (line, column) == ("3", "Age")
    assert "four" not in error
    assert error
    assert cells == sent[2]  # byte for byte what was sent


def test_rejects_of_another_dialect_and_order_of_columns(ada: Any, students: Students, load_all: Load) -> None:
    rows = list(csv.reader(io.StringIO(students(40, Age="four").decode())))
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(reversed(row) for row in rows)
    id = ada.upload(text.getvalue().encode("utf-16")).json["id"]
    load_all()
    header, row = csv.reader(io.StringIO(ada.get(f"{SUBMISSIONS}/{id}/rejects").text, newline=""))
    assert header[3:] == rows[0][::-1]
    assert row[3:] == rows[2][::-1]


def test_a_line_that_cannot_be_split_is_returned_whole(ada: Any, students: Students, load_all: Load) -> None:
    lines = students(40).splitlines(keepends=True)
    lines[5] = b'LHS-x,"never closed\n'
    id = ada.upload(b"".join(lines)).json["id"]
    load_all()
    _, row = csv.reader(io.StringIO(ada.get(f"{SUBMISSIONS}/{id}/rejects").text, newline=""))
    assert row[0] == "6"
    assert row[3] == 'LHS-x,"never closed'


def test_a_submission_without_rejects_has_a_rejects_file_with_only_a_header(ada: Any, students: Students) -> None:
    id = ada.upload(students()).json["id"]
    rows = list(csv.reader(io.StringIO(ada.get(f"{SUBMISSIONS}/{id}/rejects").text, newline="")))
    assert len(rows) == 1


def test_the_file_comes_back_as_it_was_sent(ada: Any, students: Students) -> None:
    content = students(2000)
    id = ada.upload(content, "Schüler ₦.csv").json["id"]
    response = ada.get(f"{SUBMISSIONS}/{id}/file")
    assert response.data == content
    assert response.content_length == len(content)
    assert response.mimetype == "text/csv"
    assert "filename*=UTF-8''Sch%C3%BCler%20%E2%82%A6.csv" in response.headers["Content-Disposition"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
