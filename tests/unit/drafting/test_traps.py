"""What has made other programs' guesses wrong, for good: each is a file, and what its draft must say."""

from typing import Any

import pytest

from elt.drafting import ColumnDraft, Draft
from tests.unit.drafting.conftest import DraftText


def column(found: Draft, name: str) -> ColumnDraft:
    return next(column for column in found.columns if column.name == name)


def field(found: Draft, name: str) -> dict[str, Any]:
    return next(field for field in found.contract["fields"] if field["name"] == name)


def one_column(header: str, cells: list[str]) -> str:
    """A file with a second column, so that an empty cell is no empty line."""
    return "\n".join([f"{header},x", *(f"{cell},{number % 2}" for number, cell in enumerate(cells))]) + "\n"


def test_one_letter_among_numbers_makes_text(draft_text: DraftText) -> None:
    found = draft_text(one_column("room", [f"{number:04}" for number in range(1000, 1050)] + ["0164A"]))
    assert column(found, "room").type == "string"
    assert "50 of 51 cells are whole numbers" in column(found, "room").evidence[0]
    assert "1 cell is words (first at line 52)" in column(found, "room").evidence[0]


def test_three_words_among_thousands_of_numbers(draft_text: DraftText) -> None:
    cells = [str(number) for number in range(6604)]
    cells[10:10] = ["absent", "absent", "sick"]
    found = draft_text(one_column("minutes", cells))
    assert column(found, "minutes").type == "string"
    assert "6,604 of 6,607 cells" in column(found, "minutes").evidence[0]
    assert "3 cells are words (first at line 12)" in column(found, "minutes").evidence[0]


@pytest.mark.parametrize(
    ("header", "cells", "type"),
    [
        ("postcode", ["00501", "10001", "94105"], "string"),
        ("score", ["0", "7", "10"], "integer"),
        ("score", ["0.5", "7", "10"], "number"),
        ("score", ["+5", "-3", "0"], "integer"),
        ("sum", ["1,5", "2,5", "3,5"], "string"),
        ("batch", ["12E4", "13", "14"], "string"),
        ("ratio", ["1.2e4", "13", "14"], "number"),
        ("account", ["12345678901234567890", "1", "2"], "string"),
        ("student_id", ["1", "2", "3"], "string"),
        ("number of students", ["31", "28", "30"], "integer"),
        ("num_of_prev_attempts", ["0", "1", "2"], "integer"),
        ("is_late", ["0", "1", "0"], "boolean"),
        ("late", ["0", "1", "0"], "integer"),
        ("late", ["true", "FALSE", "true"], "boolean"),
        ("year", ["2019", "2020", "2021"], "year"),
        ("grade", ["2019", "2020", "2021"], "integer"),
        ("born", ["2009-05-17", "2009-05-18", "2009-05-19"], "date"),
        ("born", ["2009-05-17", "2009-02-30", "2009-05-19"], "string"),
        ("born", ["17/05/2009", "18/05/2009", "19/05/2009"], "string"),
        ("at", ["2009-05-17T08:30:00Z", "2009-05-17T08:31:00Z", "2009-05-17T08:32:00Z"], "datetime"),
        ("at", ["2009-05-17", "2009-05-17T08:31:00Z", "2009-05-18"], "string"),
        ("nothing", ["", "", ""], "string"),
    ],
)
def test_types(draft_text: DraftText, header: str, cells: list[str], type: str) -> None:
    assert column(draft_text(one_column(header, [f'"{cell}"' for cell in cells])), header).type == type


def test_none_is_a_word_where_text_has_it(draft_text: DraftText) -> None:
    found = draft_text("Disorder,Age\nNone,14\nAsthma,15\nNone,None\n")
    assert found.contract["missingValues"] == [""]
    assert column(found, "Disorder").missing_count == 0
    assert column(found, "Age").type == "string"
    assert any("`None` stands 1 times (first at line 4): a word" in told for told in column(found, "Age").evidence)


def test_none_is_missing_where_only_numbers_have_it(draft_text: DraftText) -> None:
    found = draft_text("town,hours\nIkeja,14\nYaba,None\n")
    assert found.contract["missingValues"] == ["", "None"]
    assert (column(found, "hours").type, column(found, "hours").missing_count) == ("integer", 1)


@pytest.mark.parametrize(("text", "missing"), [("land\nNA\nDE\nUS\n", [""]), ("n,m\n1,2\nNA,3\n", ["", "NA"])])
def test_na_may_be_namibia(draft_text: DraftText, text: str, missing: list[str]) -> None:
    assert draft_text(text).contract["missingValues"] == missing


def test_a_score_above_100_does_not_make_another_scale(draft_text: DraftText) -> None:
    found = draft_text(one_column("exam_score", [str(number % 60 + 40) for number in range(300)] + ["101"]))
    assert field(found, "exam_score")["constraints"] == {"minimum": 0, "maximum": 101}
    warned = [finding for finding in found.screening if finding.check == "above_the_scale"]
    assert [(finding.verdict, finding.place.lines) for finding in warned] == [("warning", (302,))]


@pytest.mark.parametrize(
    ("header", "cells", "limits"),
    [
        ("clicks", ["1", "3917"], (0, 4000)),
        ("day", ["-322", "167"], (-400, 200)),
        ("rate", ["0.25", "0.75"], (0, 1)),
        ("change", ["-12", "-3"], (-20, 0)),
        ("score", ["12", "88"], (0, 100)),
        ("points", ["0", "7"], (0, 10)),
    ],
)
def test_ranges_are_rounded_outwards(
    draft_text: DraftText, header: str, cells: list[str], limits: tuple[int, int]
) -> None:
    constraints = field(draft_text(one_column(header, cells)), header)["constraints"]
    assert (constraints["minimum"], constraints["maximum"]) == limits


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("First Name", ["Adaeze", "Bola"], "name"),
        ("student_name", ["Adaeze Okonkwo", "Bola Ade"], "name"),
        ("who", ["Adaeze Okonkwo", "Bola Ade", "Chidi Obi", "Dayo Ola"], "name"),
        ("school_name", ["Laurel High", "Ikeja High"], None),
        ("reach", ["a@school.example", "b@school.example"], "contact"),
        ("Phone", ["08031234567", "08031234568"], "contact"),
        ("gsm1", ["+2348031234567", "+2348031234568"], "contact"),
        ("where", ["12 Allen Avenue, Ikeja", "3 Broad Street"], "location"),
        ("Date of Birth", ["2009-05-17", "2010-01-02"], "birth"),
        ("LASRRA ID", ["LA1234567890", "LA1234567891"], "identifier"),
        ("BVN", ["22123456789", "22123456780"], "identifier"),
        ("NIN", ["12345678901", "12345678902"], "identifier"),
        ("secret", ["078-05-1120", "219-09-9999"], "identifier"),
        ("StudentID", ["1", "2"], "identifier"),
        ("number_of_students", ["31", "28"], None),
        ("stage", ["1", "2"], None),
        ("image", ["1", "2"], None),
    ],
)
def test_personal_data(draft_text: DraftText, header: str, cells: list[str], kind: str | None) -> None:
    found = draft_text(one_column(header, [f'"{cell}"' for cell in cells] * 2))
    personal = column(found, header).personal
    assert (personal.kind if personal else None) == kind
    assert field(found, header).get("personal") == kind
    if kind:
        assert column(found, header).minimum is column(found, header).categories is None


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        *((header, "name") for header in (
            "Other names", "Prénom", "Apellidos", "Nombre", "Nachname", "Nom", "Nom de famille", "Oruko", "Interviewer",
            "Pupil", "Student", "Candidate", "Child", "Class Teacher", "Mother", "Father", "Next of kin", "STUDENTNAME",
        )),
        ("JAMB Reg", "identifier"), ("Long", "location"), ("Lat", "location"), ("D.O.B", "birth"), ("born", "birth"),
        ("HIV status", "health"), ("SEN", "health"), ("Religion", "special"), ("Tribe", "special"),
    ],
)  # fmt: skip
def test_a_column_of_few_values_is_personal_by_its_header(draft_text: DraftText, header: str, kind: str) -> None:
    rows = [f"P{number:03},{('Adaeze', 'Bola', 'Chidi')[number % 3]}" for number in range(60)]
    found = draft_text("\n".join([f"pupil_id,{header}", *rows]) + "\n")
    assert field(found, header).get("personal") == kind
    assert "Adaeze" not in repr(found)


FIRST_NAMES = ["Adaeze", "Bola", "Chidi", "Dayo", "Efe", "Funmi", "Gozie", "Halima", "Ife", "Jide", "Kemi", "Lola"]


@pytest.mark.parametrize(
    ("header", "cells", "is_shown"),
    [
        ("label", FIRST_NAMES, False),
        ("label", [first.upper() for first in FIRST_NAMES], False),
        ("state", FIRST_NAMES, True),
        ("label", FIRST_NAMES[:4], True),
        ("label", [first.lower() for first in FIRST_NAMES], True),
    ],
)
def test_many_capitalised_words_are_not_shown_unasked(
    draft_text: DraftText, header: str, cells: list[str], is_shown: bool
) -> None:
    found = draft_text(one_column(header, cells * 5))
    assert (column(found, header).categories is not None) == is_shown
    assert ("enum" in field(found, header).get("constraints", {})) == is_shown
    assert (cells[0] in repr(found)) == is_shown
    assert "personal" not in field(found, header)


@pytest.mark.parametrize("cells", [["S1", "S2", "S3"], ["17", "4", "9"]])
def test_a_column_called_student_may_number_them(draft_text: DraftText, cells: list[str]) -> None:
    assert field(draft_text(one_column("student", cells)), "student")["personal"] == "identifier"


def test_a_count_of_children_is_nobodys_name(draft_text: DraftText) -> None:
    found = draft_text(one_column("child", [str(number % 3) for number in range(60)]))
    assert column(found, "child").personal is None


def test_no_value_of_a_person_is_told_anywhere(draft_text: DraftText) -> None:
    secrets = ["Adaeze", "Okonkwo", "adaeze@school.example", "08031234567", "2011-03-08", "Marshes", "LHS-4711"]
    rows = [",".join(['"' + secrets[6] + str(number) + '"', *secrets[:5], '"12 Marshes Road"']) for number in range(9)]
    header = "Student ID,First Name,Last Name,mail,Phone,Date of Birth,Home Address"
    told = repr(draft_text("\n".join([header, *rows, rows[0]]) + "\n"))
    assert [secret for secret in secrets if secret in told] == []


def test_attributes_are_marked_only_where_somebody_is_named(draft_text: DraftText) -> None:
    alone = draft_text("income,x\nLow,1\nHigh,2\n")
    assert (column(alone, "income").personal.confidence, field(alone, "income").get("personal")) == ("low", None)  # type: ignore[union-attr]
    named = draft_text("income,student_id\nLow,1\nHigh,2\n")
    assert field(named, "income")["personal"] == "finance"


def test_a_key_by_accident_is_no_key(draft_text: DraftText) -> None:
    rows = "\n".join(f"{number % 7},{number % 5},{'ab'[number % 2]}" for number in range(12))
    found = draft_text(f"hours,visits,group\n{rows}\n")
    assert found.candidate_keys
    assert found.contract["primaryKey"] == []


def test_a_key_of_two_columns_is_found_and_required(draft_text: DraftText) -> None:
    rows = [f"S{student},{course},{student * 7 % 50}" for student in range(40) for course in ("ENG", "MAT", "PHY")]
    found = draft_text("\n".join(["student,course,score", *rows]) + "\n")
    assert found.candidate_keys[0] == ("student", "course")
    assert found.contract["primaryKey"] == ["student", "course"]
    assert all(field(found, name)["constraints"]["required"] for name in ("student", "course"))


def test_header_names_become_columns(draft_text: DraftText) -> None:
    header = "Student ID,Attendance (%),2019,État civil,cmax,%,№,select,Attendance %"
    found = draft_text(header + "\n" + ",".join("abcdefghi") + "\n")
    assert [column.column for column in found.columns] == [
        "student_id",
        "attendance_pct",
        "column_2019",
        "etat_civil",
        "cmax_value",
        "pct",
        "number",
        "select",
        "attendance_pct_2",
    ]


def test_dates_that_tell_how_to_read_the_others_are_one_format(draft_text: DraftText) -> None:
    found = draft_text(one_column("born", [f"{day:02}.{month:02}.2011" for day in range(1, 29) for month in (3, 11)]))
    assert column(found, "born").type == "string"
    told = {told.check for told in found.screening if told.verdict != "pass" and "born" in told.place.columns}
    assert "date_formats" in told
    assert "mixed_types" not in told
