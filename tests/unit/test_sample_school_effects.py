"""What is planted in the sample school can be found again by plain regression; what is not planted cannot."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from statistics import fmean, variance

import pytest

from elt.sample_school import effects, flaws
from elt.sample_school.school import first_edition

Row = dict[str, str]
Term = Callable[[Row], float]


def least_squares(rows: Iterable[tuple[Sequence[float], float]]) -> list[float]:
    """Coefficients of y on the x of each row (no intercept), by the normal equations."""
    moments: list[list[float]] = []
    for x, y in rows:
        vector = (*x, y)
        if not moments:
            moments = [[0.0] * len(vector) for _ in x]
        for sums, left in zip(moments, x, strict=True):
            if left:
                sums[:] = [total + left * right for total, right in zip(sums, vector, strict=True)]
    for i, pivot in enumerate(moments):
        moments[i] = pivot = [value / pivot[i] for value in pivot]
        for k, other in enumerate(moments):
            if k != i:
                moments[k] = [value - other[i] * p for value, p in zip(other, pivot, strict=True)]
    return [row[-1] for row in moments]


def within(rows: list[Row], cell: Callable[[Row], object], terms: Sequence[Term], outcome: Term) -> list[float]:
    """Coefficients of the outcome on the terms, all taken as deviations from the mean of their cell."""
    cells: dict[object, list[tuple[float, ...]]] = defaultdict(list)
    for row in rows:
        cells[cell(row)].append((*(term(row) for term in terms), outcome(row)))
    centred = []
    for vectors in cells.values():
        means = [fmean(values) for values in zip(*vectors, strict=True)]
        for vector in vectors:
            *x, y = (value - mean for value, mean in zip(vector, means, strict=True))
            centred.append((x, y))
    return least_squares(centred)


def says(header: str, value: str) -> Term:
    return lambda row: float(row[header] == value)


class Data:
    """The good grade rows of one school, each with its student's, parent's and teacher's columns, and the survey."""

    def __init__(self, seed: int) -> None:
        self.tables = {name: list(table.records()) for name, table in first_edition(seed).items()}
        students = {row["Student ID"]: row for row in self._good("laurel/students", "Student ID")}
        teachers = {row["Teacher ID"]: row for row in self._good("laurel/teachers", "Teacher ID")}
        parents = {row["Student ID"]: row for row in self._good("laurel/parents", "Parent ID")}
        self.grades = []
        for row in self._good("laurel/academic_history", "Student ID"):
            student, parent = row["Student ID"], parents.get(row["Student ID"])
            if parent is not None:
                about_teacher = {f"Teacher {name}": cell for name, cell in teachers[row["Teacher ID"]].items()}
                about_parent = {f"Parent {name}": cell for name, cell in parent.items()}
                self.grades.append({**students[student], **about_parent, **about_teacher, **row})
        self.survey = [row for row in self.tables["laurel/survey"] if _is_score(row["Past Jamb Score"])]
        noise = [(effects.NOISE_GRADE_LEVEL, effects.NOISE_TERM)]
        self.noise = [row for row in self.grades if (row["Grade Level"], row["Term"]) in noise]
        self.signal = [row for row in self.grades if (row["Grade Level"], row["Term"]) not in noise]

    def _good(self, dataset: str, key: str) -> list[Row]:
        """The lines that load: those refused have a key above 9000 (as have the unknown students) or are repeated."""
        columns = ("Grade Level", "Subject", "Term") if dataset == "laurel/academic_history" else ()
        rows = {}
        for row in self.tables[dataset]:
            if row[key].startswith("LH") and int(row[key].split("-")[1]) < 9000 and row.get("Student ID") != "":
                rows.setdefault((row[key], row.get("Student ID"), *(row[column] for column in columns)), row)
        return list(rows.values())


def _is_score(cell: str) -> bool:
    return cell.isdigit() and int(cell) <= 400


@pytest.fixture(scope="module")
def data() -> Data:
    return Data(seed=1)


def cell(row: Row) -> object:
    return row["Grade Level"], row["Subject"], row["Term"]


def total(row: Row) -> float:
    return float(row["Total Score"])


# Term of the regression, planted size, tolerance: some three standard errors with 588 students and 50 teachers.
FACTORS: dict[str, tuple[Term, float, float]] = {
    "attendance": (lambda row: float(row["Attendance (%)"]) / 10, effects.ATTENDANCE_PER_10_POINTS, 1.5),
    "engagement low": (says("Parent Engagement in School Activities", "Low"), effects.ENGAGEMENT["Low"], 1.3),
    "engagement high": (says("Parent Engagement in School Activities", "High"), effects.ENGAGEMENT["High"], 1.3),
    "income low": (says("Parent Financial Status", "Low"), effects.FINANCIAL_STATUS["Low"], 1.3),
    "income high": (says("Parent Financial Status", "High"), effects.FINANCIAL_STATUS["High"], 1.3),
    "single parent": (says("Living Arrangement", "Single Parent"), effects.LIVING_ARRANGEMENT["Single Parent"], 1.4),
    "guardian": (says("Living Arrangement", "Guardian"), effects.LIVING_ARRANGEMENT["Guardian"], 1.6),
    "experience": (lambda row: float(row["Teacher Years of Experience"]), effects.EXPERIENCE_PER_YEAR, 0.06),
    "NCE": (says("Teacher Qualification", "NCE"), effects.QUALIFICATION["NCE"], 1.0),
    "M.Ed": (says("Teacher Qualification", "M.Ed"), effects.QUALIFICATION["M.Ed"], 1.0),
    "girl": (says("Gender", "Female"), 0.0, 1.1),
    "from Lagos or Ogun": (lambda row: float(row["State of Origin"] in ("Lagos", "Ogun")), 0.0, 1.3),
    "educated parent": (says("Parent Education Level", "Tertiary"), 0.0, 1.3),
    "woman teaches": (says("Teacher Gender", "Female"), 0.0, 1.0),
    "teacher rents": (says("Teacher Residence Type", "Rented"), 0.0, 1.0),
}


def test_planted_effects_on_scores_come_back(data: Data) -> None:
    terms = [term for term, _, _ in FACTORS.values()]
    found = dict(zip(FACTORS, within(data.signal, cell, terms, total), strict=True))
    for name, (_, planted, tolerance) in FACTORS.items():
        assert found[name] == pytest.approx(planted, abs=tolerance), name


def test_subject_and_term_effects_come_back(data: Data) -> None:
    subjects, terms = defaultdict(list), defaultdict(list)
    for row in data.signal:
        # Of the teacher's part nothing is left to tell a subject with one teacher from that teacher.
        teacher = effects.QUALIFICATION[row["Teacher Qualification"]] + effects.EXPERIENCE_PER_YEAR * (
            float(row["Teacher Years of Experience"]) - effects.TYPICAL_EXPERIENCE_YEARS
        )
        subjects[row["Subject"]].append(total(row) - teacher)
        if row["Grade Level"] != effects.NOISE_GRADE_LEVEL:
            terms[row["Term"]].append(total(row))
    level = fmean(fmean(values) - effects.SUBJECT[subject] for subject, values in subjects.items())
    for subject, values in subjects.items():
        assert fmean(values) - level == pytest.approx(effects.SUBJECT[subject], abs=1.8), subject
    middle = fmean(fmean(values) for values in terms.values())
    for term, values in terms.items():
        assert fmean(values) - middle == pytest.approx(effects.TERM[term], abs=0.4), term


def test_the_term_of_noise_is_unrelated_to_anything(data: Data) -> None:
    assert len(data.noise) > 6_000
    effective = {name: (term, planted) for name, (term, planted, _) in FACTORS.items() if planted}
    found = within(data.noise, lambda row: None, [term for term, _ in effective.values()], total)
    for (name, (_, planted)), size in zip(effective.items(), found, strict=True):
        assert abs(size) < abs(planted) / 2 + 0.05, name
    by_subject = defaultdict(list)
    for row in data.noise:
        by_subject[row["Subject"]].append(total(row))
    assert max(abs(fmean(values) - effects.BASE_SCORE) for values in by_subject.values()) < 1.7


def test_jamb_follows_the_scores_of_the_last_year(data: Data) -> None:
    totals: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in data.grades:
        if row["JAMB Score"]:
            totals[row["Student ID"], row["JAMB Score"]].append(total(row))
    students = [{"mean": str(fmean(values)), "jamb": jamb} for (_, jamb), values in totals.items()]
    assert len(students) > 80  # of 96 in SS3, those with a parent on file
    (slope,) = within(students, lambda row: None, [lambda row: float(row["mean"])], lambda row: float(row["jamb"]))
    assert slope == pytest.approx(effects.JAMB_PER_POINT, abs=1.0)


def test_planted_effects_on_jamb_in_the_survey_come_back(data: Data) -> None:
    planted = [
        (header, value, size)
        for header, sizes in effects.SURVEY.items()
        for value, size in sizes.items()
        if size  # against the answer that stands at zero
    ]
    terms = [says(header, value) for header, value, _ in planted]
    found = within(data.survey, lambda row: None, terms, lambda row: float(row["Past Jamb Score"]))
    for (header, value, size), estimate in zip(planted, found, strict=True):
        assert estimate == pytest.approx(size, abs=8.0), (header, value)


def test_nothing_else_in_the_survey_goes_with_jamb(data: Data) -> None:
    for header in effects.NO_EFFECT["laurel/survey"]:
        answers: dict[str, list[float]] = defaultdict(list)
        for row in data.survey:
            answers[row[header]].append(float(row["Past Jamb Score"]))
        assert max(_distances(answers), default=0.0) < 4.2, header


def test_nothing_else_in_students_goes_with_scores(data: Data) -> None:
    scores: dict[str, list[float]] = defaultdict(list)
    about: dict[str, Row] = {}
    for row in data.signal:
        expected = sum(term(row) * planted for term, planted, _ in FACTORS.values())
        scores[row["Student ID"]].append(total(row) - expected - effects.SUBJECT[row["Subject"]])
        about[row["Student ID"]] = row
    for dataset, prefix in (("laurel/students", ""), ("laurel/parents", "Parent ")):
        for header in effects.NO_EFFECT[dataset]:
            groups: dict[str, list[float]] = defaultdict(list)
            for student, values in scores.items():
                groups[about[student][prefix + header].strip()].append(fmean(values))
            assert max(_distances(groups)) < 4.2, (dataset, header)


def _distances(groups: dict[str, list[float]]) -> Iterable[float]:
    """How many standard errors each group's mean lies from that of all others; groups of ten or more."""
    for name, values in groups.items():
        others = [value for other, found in groups.items() if other != name for value in found]
        if len(values) >= 10 and len(others) >= 10:
            error = sqrt(variance(values) / len(values) + variance(others) / len(others))
            yield abs(fmean(values) - fmean(others)) / error


def test_every_column_is_accounted_for(data: Data) -> None:
    """Each column of the survey is planted, without effect, a mirror, the outcome, or says who answered."""
    header = set(data.tables["laurel/survey"][0])
    known = {*effects.SURVEY, *effects.NO_EFFECT["laurel/survey"], *effects.MIRRORS["laurel/survey"]}
    assert header - known == {"First Name", "Last Name", "Date of Birth", "Past Jamb Score"}
    assert known <= header
    for dataset in (*effects.NO_EFFECT, *effects.MIRRORS):
        named = {*effects.NO_EFFECT.get(dataset, ()), *effects.MIRRORS.get(dataset, ())}
        assert named <= set(data.tables[dataset][0]), dataset
    assert flaws.REFUSED_LINES.keys() == data.tables.keys()
