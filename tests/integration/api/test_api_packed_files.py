"""Packed files through the API: gzip and ZIP, one CSV or several, bombs and broken ones, stated dialects."""

import gzip
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import requests

Students = Callable[..., bytes]


def zipped(method: int = zipfile.ZIP_DEFLATED, **files: bytes) -> bytes:
    """A ZIP archive of these CSVs; two underscores in a name stand for a slash."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".csv", content)
    return buffer.getvalue()


def loaded(client: Any, load_all: Callable[[], None], id: str) -> dict[str, Any]:
    load_all()
    body: dict[str, Any] = client.get(f"/api/v1/submissions/{id}").json
    return body


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(data=data)], ids=["gzip", "zip"])
def test_a_packed_file_is_loaded_and_given_back_as_it_was_sent(
    ada: Any, students: Students, load_all: Callable[[], None], pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(students(5))
    answer = ada.upload(packed, "whatever.csv")
    assert answer.status_code == 201
    body = loaded(ada, load_all, answer.json["id"])
    assert (body["status"], body["rows_loaded"]) == ("loaded", 5)
    assert body["compression"] in ("gzip", "zip")
    file = ada.get(body["links"]["file"])
    assert file.data == packed
    assert file.mimetype == f"application/{body['compression']}"
    assert file.headers["ETag"] == f'"{body["sha256"]}"'


def test_the_same_data_are_one_submission_however_they_are_packed(ada: Any, bola: Any, students: Students) -> None:
    plain = students(3)
    first = ada.upload(plain)
    assert first.status_code == 201
    for other in (
        gzip.compress(plain, 9),
        gzip.compress(plain, 1),
        zipped(a=plain),
        zipped(zipfile.ZIP_STORED, b=plain),
    ):
        again = ada.upload(other)
        assert (again.status_code, again.json["id"]) == (200, first.json["id"])
        assert bola.upload(other).json["code"] == "duplicate_content"


def test_each_csv_of_an_archive_becomes_a_submission(
    ada: Any, students: Students, load_all: Callable[[], None]
) -> None:
    files = {"2023__a": students(2), "2024__b": students(4)}
    archive = zipped(**files)
    answer = ada.upload(archive, "years.zip", headers={"Idempotency-Key": "years"})
    assert answer.status_code == 201
    told = [(one["filename"], one["archive"], one["archive_member"]) for one in answer.json["submissions"]]
    assert told == [("a.csv", "years.zip", "2023/a.csv"), ("b.csv", "years.zip", "2024/b.csv")]
    load_all()
    for one, content in zip(answer.json["submissions"], files.values(), strict=True):
        body = ada.get(one["links"]["self"]).json
        assert (body["status"], body["rows_loaded"]) == ("loaded", content.count(b"\n") - 1)
        assert ada.get(one["links"]["file"]).data == content
    again = ada.upload(archive, "years.zip", headers={"Idempotency-Key": "years"})
    assert again.status_code == 200
    assert [one["id"] for one in again.json["submissions"]] == [one["id"] for one in answer.json["submissions"]]


def test_an_archive_of_which_one_file_cannot_be_taken_leaves_nothing(ada: Any, students: Students) -> None:
    before = len(ada.get("/api/v1/submissions?limit=200").json["submissions"])
    answer = ada.upload(zipped(good=students(2), bad=b"Town,Shoe\n1,2\n"))
    assert (answer.status_code, answer.json["code"], answer.json["member"]) == (422, "wrong_header", "bad.csv")
    assert answer.json["detail"].startswith("bad.csv: ")
    assert len(ada.get("/api/v1/submissions?limit=200").json["submissions"]) == before


def test_a_new_version_is_one_file(ada: Any, students: Students) -> None:
    old = ada.upload(students(2)).json
    path = f"/api/v1/submissions/{old['id']}/file"
    several = ada.send("PUT", path, zipped(a=students(2), b=students(3)))
    assert (several.status_code, several.json["code"]) == (422, "several_files")
    assert ada.send("PUT", path, zipped(a=students(2))).status_code == 201


def test_what_systems_put_into_archives_is_passed_over(ada: Any, students: Students) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data/", b"")
        archive.writestr("data/.DS_Store", b"\0\0")
        archive.writestr("__MACOSX/data/._students.csv", b"\0\5")
        archive.writestr("data/Thumbs.db", b"x")
        archive.writestr("data/students.csv", students(2))
    answer = ada.upload(buffer.getvalue(), "data.zip")
    assert answer.status_code == 201
    assert (answer.json["compression"], answer.json["archive_member"]) == ("zip", "data/students.csv")


def _encrypted(data: bytes) -> bytes:
    """The same archive with the bit that says "password" set in both of its headers."""
    archive = bytearray(zipped(a=data))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(signature) + offset] |= 1
    return bytes(archive)


BOMB = b"Student ID" + b"\0" * 30_000_000


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda data: gzip.compress(data)[:-9], 422, "broken_archive"),
        (lambda data: gzip.compress(data) + b"more", 422, "broken_archive"),
        (lambda data: gzip.compress(data)[:-6] + b"\0\0" + gzip.compress(data)[-4:], 422, "broken_archive"),
        (lambda data: zipped(a=data)[:-30], 422, "broken_archive"),
        (lambda data: zipped(zipfile.ZIP_STORED, a=data).replace(b"LHS-", b"LHT-", 1), 422, "broken_archive"),
        (lambda data: gzip.compress(gzip.compress(data)), 422, "nested_archive"),
        (lambda data: gzip.compress(zipped(a=data)), 422, "nested_archive"),
        (lambda data: zipped(a=zipped(a=data)), 422, "nested_archive"),
        (lambda data: zipped(a=gzip.compress(data)), 422, "nested_archive"),
        (_encrypted, 422, "archive_encrypted"),
        (lambda data: zipped(), 422, "archive_without_csv"),
        (lambda data: zipped(**{f"n{n}": data for n in range(101)}), 422, "archive_too_full"),
        (lambda data: zipped(zipfile.ZIP_LZMA, a=data), 422, "archive_method"),
        (lambda data: zipped(a=b""), 422, "empty_file"),
        (lambda data: gzip.compress(b""), 422, "empty_file"),
        (lambda data: gzip.compress(data.split(b"\n")[0]), 422, "header_only"),
        (lambda data: gzip.compress(data + BOMB), 422, "compression_bomb"),
        (lambda data: zipped(a=data + BOMB), 422, "compression_bomb"),
        (lambda data: b"BZh91AY&SY" + data, 415, "not_csv"),
    ],
)
def test_what_cannot_be_unpacked_is_refused_with_its_reason(
    ada: Any, students: Students, make: Callable[[bytes], bytes], status: int, code: str
) -> None:
    answer = ada.upload(make(students(3)), "students.csv")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["remedy"]


def test_a_spreadsheet_is_named(ada: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    answer = ada.upload(buffer.getvalue(), "students.csv")
    assert (answer.status_code, answer.json["code"]) == (415, "not_csv")
    assert ".xlsx" in answer.json["detail"]


def test_encoding_and_dialect_can_be_stated_in_the_query_and_in_the_form(
    ada: Any, students: Students, load_all: Callable[[], None]
) -> None:
    path = "/api/v1/datasets/laurel/students/submissions"
    text = students(2, **{"First Name": "Zoë"}).decode()
    answer = ada.request(
        "POST",
        path + "?encoding=macintosh&delimiter=comma&quote=double",
        data=text.encode("macintosh"),
        content_type="text/csv",
    )
    assert answer.status_code == 201, answer.json
    body = loaded(ada, load_all, answer.json["id"])
    assert body["stated"] == {"encoding": "macintosh", "delimiter": "comma", "quote": "double"}
    assert (body["status"], body["encoding"]) == ("loaded", "macintosh")
    form = {"delimiter": ",", "file": (io.BytesIO(students(2)), "a.csv")}
    in_form = ada.request("POST", path, data=form)
    assert (in_form.status_code, in_form.json["stated"]) == (201, {"delimiter": "comma"})
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    late = part % (b"file", b'; filename="a.csv"', students(2)) + part % (b"delimiter", b"", b"comma") + b"--b--\r\n"
    refused = ada.request("POST", path, data=late, content_type="multipart/form-data; boundary=b")
    assert (refused.status_code, refused.json["code"]) == (400, "field_after_file")


@pytest.mark.parametrize(("name", "text"), [("encoding", "klingon"), ("delimiter", "#"), ("quote", "`")])
def test_what_cannot_be_stated_is_refused_with_what_can(ada: Any, students: Students, name: str, text: str) -> None:
    answer = ada.request(
        "POST",
        "/api/v1/datasets/laurel/students/submissions",
        query_string={name: text},
        data=students(2),
        content_type="text/csv",
    )
    assert (answer.status_code, answer.json["parameter"]) == (400, name)
    assert {"encoding": "utf-16", "delimiter": "semicolon", "quote": "single"}[name] in answer.json["allowed"]


def test_the_same_data_stated_otherwise_are_not_passed_off_as_read_that_way(ada: Any, students: Students) -> None:
    data = students(2)
    path = "/api/v1/datasets/laurel/students/submissions"
    assert ada.request("POST", path, data=data, content_type="text/csv").status_code == 201
    other = ada.request("POST", path + "?encoding=windows-1251", data=data, content_type="text/csv")
    assert (other.status_code, other.json["code"]) == (409, "duplicate_content")


def test_refused_lines_are_told_together(ada: Any, students: Students, load_all: Callable[[], None]) -> None:
    lines = students(200).decode().splitlines()
    position = lines[0].split(",").index("Age")
    for number in (6, 9, 11):
        cells = lines[number].split(",")
        cells[position] = "Zorblax"
        lines[number] = ",".join(cells)
    lines[20] += ",more"
    body = loaded(ada, load_all, ada.upload("\n".join(lines).encode()).json["id"])
    assert (body["status"], body["rows_rejected"]) == ("loaded", 4)
    assert [(group["message"], group["lines"], group["first_line"]) for group in body["error_groups"]] == [
        ("column `Age`: 3 lines are not whole numbers, first at line 7", 3, 7),
        ("line 21 is refused: the line has 19 cells, the header has 18", 1, 21),
    ]
    assert "Zorblax" not in str(body)


def test_a_client_on_the_wire_states_fields_and_sends_archives(
    server: Any, keys: dict[str, str], students: Students
) -> None:
    url = f"{server.url}/api/v1/datasets/laurel/students/submissions"
    headers = {"Authorization": f"Bearer {keys['ada']}"}
    archive = zipped(a=students(2), b=students(3))
    form = [("encoding", (None, "utf-8")), ("delimiter", (None, "comma")), ("file", ("two.zip", archive))]
    answer = requests.post(url, headers=headers, files=form, timeout=60)
    assert answer.status_code == 201
    assert [one["stated"] for one in answer.json()["submissions"]] == [{"encoding": "utf-8", "delimiter": "comma"}] * 2
    raw = requests.post(
        url, headers={**headers, "Content-Type": "application/gzip"}, data=gzip.compress(b"a\n1\n"), timeout=60
    )
    assert (raw.status_code, raw.json()["code"]) == (422, "wrong_header")


def test_names_in_an_archive_are_made_fit_for_headers(ada: Any, students: Students) -> None:
    archive = zipped(**{"a\r\nSet-Cookie: x": students(2), "..\\..\\\u202eb": students(3)})
    answer = ada.upload(archive, "two.zip")
    assert [one["filename"] for one in answer.json["submissions"]] == ["aSet-Cookie: x.csv", "b.csv"]
    for one in answer.json["submissions"]:
        assert ada.get(one["links"]["file"]).status_code == 200
