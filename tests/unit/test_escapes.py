"""Which escapes in a refused line were written by Laurel, and which of them a correction still holds."""

from elt.reading.escapes import left, noted, storable

PLACES = {"Name": 0, "Address": 1}


def test_each_byte_that_is_no_text_is_written_and_counted() -> None:
    assert storable("Zo\udceb\x00\\xeb") == r"Zo\xeb\x00\xeb"
    assert noted("Zo\udceb\x00\\xeb") == {"escapes": {r"\xeb": 1, r"\x00": 1}}
    assert noted(r"Zo\xeb") == {}


def test_what_the_sender_wrote_in_another_cell_is_left_alone() -> None:
    errors = [{"column": "Name", "code": "encoding", "message": "", **noted("Zo\udceb")}]
    before = [r"Zo\xeb", r"C:\xeb"]
    assert left(errors, before, ["Zoë", r"C:\xeb\xeb"], PLACES, 2) == []
    assert [error["column"] for error in left(errors, before, before, PLACES, 2)] == ["Name"]
    assert [error["column"] for error in left(errors, before, [*before, "more"], PLACES, 2)] == [None]


def test_of_lines_refused_before_escapes_were_kept_all_in_the_cell_are_taken_for_written() -> None:
    errors = [{"column": "Name", "code": "null_byte", "message": ""}]
    before = [r"a\x00\x41", r"C:\x00"]
    (error,) = left(errors, before, before, PLACES, 2)
    assert (error["column"], error["code"], error["escapes"]) == ("Name", "null_byte", {r"\x00": 1})
    assert left(errors, before, [r"a\x41", r"C:\x00"], PLACES, 2) == []
