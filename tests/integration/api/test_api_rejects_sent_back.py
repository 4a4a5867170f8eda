"""The rejects file as it was given out, and as a spreadsheet writes it: damage never comes in as a correction."""

import csv
import gzip
import io
from collections.abc import Callable
from typing import Any

Students = Callable[..., bytes]
Load = Callable[[], None]
Rows = list[list[str]]
SUBMISSIONS = "/api/v1/submissions"


def parsed(text: str) -> Rows:
    return list(csv.reader(io.StringIO(text, newline="")))


def written(rows: Rows, **dialect: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue().encode()


def sample(students: Students) -> Rows:
    """200 lines, header first, with an address at the end of each and enough accents to be read as UTF-8."""
    rows = parsed(students(200).decode())
    place = rows[0].index("Home Address")
    rows = [[*row[:place], *row[place + 1 :], row[place]] for row in rows]
    for row in rows[1:]:
        row[rows[0].index("Living Arrangement")] = "Chez les grands-parents à Ìkẹjà"
    return rows


def loaded(client: Any, load_all: Load, lines: list[bytes], refused: int) -> str:
    id: str = client.upload(b"".join(lines)).json["id"]
    load_all()
    assert client.get(f"{SUBMISSIONS}/{id}").json["rows_rejected"] == refused
    return id


def rejects(client: Any, id: str) -> Rows:
    return parsed(client.get(f"{SUBMISSIONS}/{id}/rejects").text)


def send(client: Any, load_all: Load, id: str, data: bytes, filename: str = "rejects.csv") -> tuple[int, int, int]:
    """Lines fixed, refused and unmatched by these corrections."""
    sent = client.send("POST", f"{SUBMISSIONS}/{id}/fixes", data, filename)
    assert sent.status_code == 202, sent.json
    load_all()
    fix = client.get(sent.headers["Location"]).json
    assert fix["status"] == "applied"
    return fix["lines_fixed"], fix["lines_refused"], fix["lines_unmatched"]


def lines_of(rows: Rows) -> list[bytes]:
    return written(rows).splitlines(keepends=True)


def with_damage(students: Students) -> list[bytes]:
    """A file of lines that are refused as the comments say; each would pass as the text that is shown of it."""
    rows = sample(students)
    rows[2][1] = "Zo#"
    rows[3][-1] = "3 Zz#leakstreet"
    rows[6].append("one more")
    rows[9][-1] = r"own \x00 and #"
    lines = lines_of(rows)
    lines[2] = lines[2].replace(b"#", b"\xeb")  # encoding
    lines[3] = lines[3].replace(b"#", b"\x00")  # null_byte
    lines[4] = lines[4].rsplit(b',"', 1)[0] + b"\r\n"  # too_few_cells: the address is not required
    lines[5] = lines[5].replace(b"Okonkwo", b'"Okonkwo')  # unclosed_quote
    lines[7] = written([[*rows[7][:-1], "x" * 2**20]])  # line_too_long
    lines[8] = lines[8].rsplit(b',"', 1)[0].replace(b"Adaeze", b"Zo\xeb") + b"\r\n"  # too_few_cells, with an escape
    lines[9] = lines[9].replace(b"#", b"\x00")
    return lines


ALL = 8


def test_what_comes_back_as_it_was_given_out_stays_refused(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded(ada, load_all, with_damage(students), ALL)
    given = rejects(ada, id)
    assert send(ada, load_all, id, written(given)) == (0, ALL, 0)
    again = {row[0]: row for row in rejects(ada, id)}
    assert [row[3:] for row in again.values()] == [row[3:] for row in given]
    assert (again["3"][1], again["3"][2]) == (
        "First Name",
        r"still holds \xeb, which stands for a byte that cannot be text: write the right character",
    )
    assert again["4"][2].startswith(r"still holds \x00, which stands for a byte")
    for line, part in {"5": "cells, the header", "6": "quotation mark", "7": "cells, the header"}.items():
        assert part in again[line][2]
    padded = [[*row, "", ""] for row in given]
    assert send(ada, load_all, id, written(padded, delimiter=";", lineterminator="\n")) == (0, ALL, 0)
    groups = ada.get(f"{SUBMISSIONS}/{id}").json["error_groups"]
    assert any("still hold escapes" in group["message"] for group in groups)


def test_an_escape_stays_one_until_it_is_replaced(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded(ada, load_all, with_damage(students), ALL)
    given = rejects(ada, id)
    by_line = {row[0]: row for row in given}
    place = given[0].index("Home Address")
    by_line["3"][place] = "another address"
    by_line["9"][place] = "now it is as long as the header"
    by_line["10"][place] = r"own \x00 and \x00!"
    fix = [given[0], by_line["3"], by_line["9"], by_line["10"]]
    assert send(ada, load_all, id, written(fix)) == (0, 3, 0)
    by_line = {row[0]: row for row in rejects(ada, id)}
    assert by_line["9"][1:3] == [
        "", r"the line still holds \xeb, which stands for a byte that cannot be text: write the right character",
    ]  # fmt: skip
    by_line["3"][4] = "Zoë"
    by_line["9"][4] = "Zoë"
    by_line["10"][place] = r"own \x00 and mine"
    assert send(ada, load_all, id, written([given[0], by_line["3"], by_line["9"], by_line["10"]])) == (3, 0, 0)


def test_what_a_sender_writes_like_an_escape_is_no_escape(ada: Any, students: Students, load_all: Load) -> None:
    rows = sample(students)
    rows[2][-1], rows[2][rows[0].index("Age")] = r"C:\x00\xeb", "four"
    id = loaded(ada, load_all, lines_of(rows), 1)
    given = rejects(ada, id)
    given[1][given[0].index("Age")] = "14"
    assert send(ada, load_all, id, written(given)) == (1, 0, 0)


def test_of_a_line_that_is_too_long_nothing_comes_in(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded(ada, load_all, with_damage(students), ALL)
    header, row = (row for row in rejects(ada, id) if row[0] in ("_line", "8"))
    assert "only its beginning is shown" in row[2]
    assert "PUT …/file" in row[2]
    assert send(ada, load_all, id, written([header, [*row[:4], "Changed", *row[5:]]])) == (0, 1, 0)
    (after,) = (row for row in rejects(ada, id) if row[0] == "8")
    assert after == row


def test_the_rejects_file_is_rectangular_and_comes_back_padded(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded(ada, load_all, with_damage(students), ALL)
    given = rejects(ada, id)
    assert {len(row) for row in given} == {len(given[0])}
    assert given[0][-1] == ""
    header, row = (row for row in given if row[0] in ("_line", "7"))
    assert row[-1] == "one more"
    wrong, right = [*row[:4], "Changed", *row[5:], ""], [*row[:-1], "", ""]
    assert send(ada, load_all, id, written([[*header, ""], wrong])) == (0, 1, 0)
    header, row = (row for row in rejects(ada, id) if row[0] in ("_line", "7"))
    assert row[2] == "the line has 19 cells, the header has 18"
    assert send(ada, load_all, id, written([[*header, ""], right])) == (1, 0, 0)


def test_a_line_with_a_quote_left_open_is_corrected_where_it_stands(
    ada: Any, students: Students, load_all: Load
) -> None:
    id = loaded(ada, load_all, with_damage(students), ALL)
    header, row = (row for row in rejects(ada, id) if row[0] in ("_line", "6"))
    assert send(ada, load_all, id, written([header, [*row[:3], row[3].replace("Female", "Male"), *row[4:]]])) == (
        0,
        1,
        0,
    )
    header, row = (row for row in rejects(ada, id) if row[0] in ("_line", "6"))
    assert "split it into its columns" in row[2]
    assert send(ada, load_all, id, written([header, [*row[:3], row[3].replace('"Okon', "Okon"), *row[4:]]])) == (
        1,
        0,
        0,
    )


def test_line_numbers_that_became_decimals(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded(ada, load_all, students(40, Age="four").splitlines(keepends=True), 1)
    header, row = rejects(ada, id)
    row[0], row[header.index("Age")] = "3.0", "14"
    assert send(ada, load_all, id, written([header, row])) == (1, 0, 0)


def test_corrections_come_packed_with_gzip_too(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded(ada, load_all, students(40, Age="four").splitlines(keepends=True), 1)
    header, row = rejects(ada, id)
    row[header.index("Age")] = "14"
    packed = gzip.compress(written([header, row]))
    broken = ada.send("POST", f"{SUBMISSIONS}/{id}/fixes", packed[:-5], "rejects.csv.gz")
    assert (broken.status_code, broken.json["code"]) == (422, "broken_archive")
    assert send(ada, load_all, id, packed, "rejects.csv.gz") == (1, 0, 0)


def test_what_is_no_text_is_told_what_corrections_may_be(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded(ada, load_all, students(40, Age="four").splitlines(keepends=True), 1)
    answer = ada.send("POST", f"{SUBMISSIONS}/{id}/fixes", b"PK\x03\x04" + bytes(100), "rejects.xlsx")
    assert (answer.status_code, answer.json["code"]) == (415, "not_csv")
    assert ".zip" not in answer.json["allowed"]


def test_columns_that_may_go_are_not_called_missing(ada: Any, students: Students, load_all: Load) -> None:
    id = loaded(ada, load_all, students(40, Age="four").splitlines(keepends=True), 1)
    rows = [[row[0], *row[4:]] for row in rejects(ada, id)]
    answer = ada.send("POST", f"{SUBMISSIONS}/{id}/fixes", written(rows))
    assert (answer.status_code, answer.json["missing"]) == (422, ["Student ID"])
    assert "_error" not in answer.json["allowed"]
