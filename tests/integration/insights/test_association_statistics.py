"""dbt's statistics against tables and against the textbook, written out in Python."""

# ruff: noqa: S311 - random data, not secrets

import math
import random
import statistics
from collections.abc import Iterator

import pytest
from psycopg2.extensions import connection as Connection

from elt.database import connect
from tests.integration.conftest import Database
from tests.integration.insights.association import associations, observation, rendered


@pytest.fixture(scope="module")
def connection(module_database: Database) -> Iterator[Connection]:
    """Its owner's connection to a database of this module."""
    connection = connect(module_database.url)
    yield connection
    connection.close()


def value(connection: Connection, expression: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute("select " + rendered(expression))
        row = cursor.fetchone()
    assert row is not None
    return float(row[0])


# Two-sided 5%, 1% and 0.1% points of Student's t, from the usual table.
T_TABLE = [(5, 2.5706, 0.05), (5, 4.0321, 0.01), (10, 2.2281, 0.05), (10, 3.1693, 0.01), (30, 3.6460, 0.001)]
# Upper 5% and 1% points of F.
F_TABLE = [(2, 12, 3.885, 0.05), (2, 12, 6.927, 0.01), (4, 30, 2.690, 0.05), (4, 30, 4.018, 0.01), (9, 60, 2.040, 0.05)]


@pytest.mark.parametrize(("df", "t", "p"), T_TABLE)
def test_t_agrees_with_the_table(connection: Connection, df: int, t: float, p: float) -> None:
    found = value(connection, f"{{{{ student_t_two_sided_p('{t}::float8', '{df}::float8') }}}}")
    assert found == pytest.approx(p, rel=0.01)


@pytest.mark.parametrize(("df", "t"), [(df, t) for df, t, p in T_TABLE if p == 0.05] + [(120, 1.9799)])
def test_the_interval_agrees_with_the_table(connection: Connection, df: int, t: float) -> None:
    assert value(connection, f"{{{{ student_t_95('{df}::float8') }}}}") == pytest.approx(t, abs=0.001)


@pytest.mark.parametrize(("df1", "df2", "f", "p"), F_TABLE)
def test_f_agrees_with_the_table(connection: Connection, df1: int, df2: int, f: float, p: float) -> None:
    found = value(connection, f"{{{{ f_upper_p('{f}::float8', '{df1}::float8', '{df2}::float8') }}}}")
    assert found == pytest.approx(p, rel=0.1)


def test_two_levels_are_welchs_test(connection: Connection) -> None:
    rng = random.Random(7)
    yes = [rng.gauss(60, 4) for _ in range(24)]
    no = [rng.gauss(55, 9) for _ in range(17)]
    units = [*((score, "Yes") for score in yes), *((score, "No") for score in no)]
    (row,) = associations(connection, [observation(i, score, "tutor", level) for i, (score, level) in enumerate(units)])
    of_yes, of_no = statistics.variance(yes) / len(yes), statistics.variance(no) / len(no)
    df = (of_yes + of_no) ** 2 / (of_yes**2 / (len(yes) - 1) + of_no**2 / (len(no) - 1))
    difference = statistics.fmean(yes) - statistics.fmean(no)
    assert (row["level"], row["n"], row["n_rest"]) == ("Yes", 24, 17)
    assert row["difference"] == pytest.approx(difference)
    half = (row["difference_high"] - row["difference_low"]) / 2
    assert half == pytest.approx(
        math.sqrt(of_yes + of_no) * value(connection, f"{{{{ student_t_95('{df}::float8') }}}}")
    )
    assert row["q_value"] == row["p_value"]  # one factor: nothing to correct for


def test_a_slope_is_least_squares_with_hc3_errors(connection: Connection) -> None:
    rng = random.Random(3)
    points = [(float(x), 50 + 0.4 * x + rng.gauss(0, 1 + x / 10)) for x in range(6, 31)]
    (row,) = associations(connection, [observation(i, y, "experience", x) for i, (x, y) in enumerate(points)])
    xs, ys = zip(*points, strict=True)
    line = statistics.linear_regression(xs, ys)
    mean_x, sxx = statistics.fmean(xs), sum((x - statistics.fmean(xs)) ** 2 for x in xs)
    leverage = [1 / len(xs) + (x - mean_x) ** 2 / sxx for x in xs]
    errors = [(y - line.intercept - line.slope * x) / (1 - h) for (x, y), h in zip(points, leverage, strict=True)]
    hc3 = math.sqrt(sum(((x - mean_x) * e) ** 2 for x, e in zip(xs, errors, strict=True))) / sxx
    assert row["is_slope"]
    assert row["difference"] == pytest.approx(line.slope)
    half = (row["difference_high"] - row["difference_low"]) / 2
    assert half == pytest.approx(hc3 * 2.0687, rel=0.001)  # t of 23 degrees of freedom


def test_siblings_make_the_interval_wider(connection: Connection) -> None:
    rng = random.Random(5)
    rows = []
    for family in range(40):
        home, level = rng.gauss(60, 6), rng.choice(("Lagos", "Oyo"))
        rows += [(f"{family}-{child}", home + rng.gauss(0, 1), level, family) for child in range(4)]
    (apart,) = associations(connection, [observation(u, y, "state", level) for u, y, level, _ in rows])
    (together,) = associations(connection, [observation(u, y, "state", level, f) for u, y, level, f in rows])
    assert together["difference"] == pytest.approx(apart["difference"])
    width = [row["difference_high"] - row["difference_low"] for row in (apart, together)]
    assert width[1] > 1.6 * width[0]  # four children of one home are nearly one observation


def test_unrelated_factors_are_not_found(connection: Connection) -> None:
    rng = random.Random(11)
    scores = [rng.gauss(55, 10) for _ in range(300)]
    rows = [
        observation(unit, score, f"factor {number}", rng.choice(("A", "B", "C")[: 2 + number % 2]))
        for number in range(40)
        for unit, score in enumerate(scores)
    ]
    found = associations(connection, rows)
    p_of_factor = {row["factor"]: row["p_value"] for row in found}
    assert len(p_of_factor) == 40
    assert sum(p < 0.05 for p in p_of_factor.values()) <= 6  # two of forty are due
    assert not any(row["is_found"] for row in found)


def test_a_planted_factor_is_found_among_unrelated_ones(connection: Connection) -> None:
    rng = random.Random(13)
    rows = []
    for unit in range(300):
        habit = rng.choice(("Poor", "Average", "Good"))
        score = 55 + {"Poor": -4, "Average": 0, "Good": 4}[habit] + rng.gauss(0, 10)
        rows.append(observation(unit, score, "habit", habit))
        rows += [observation(unit, score, f"factor {n}", rng.choice("ABC")) for n in range(20)]
    found = associations(connection, rows)
    assert {row["factor"] for row in found if row["is_found"]} == {"habit"}


def test_q_is_benjamini_hochberg(connection: Connection) -> None:
    rng = random.Random(17)
    rows = []
    for unit in range(80):
        score = rng.gauss(55, 10)
        levels = [rng.random() + (score > 55) * strength for strength in (0, 0.1, 0.3, 0.6)]
        rows += [observation(unit, score, f"f{n}", "Yes" if x > 0.6 else "No") for n, x in enumerate(levels)]
    found = sorted(associations(connection, rows), key=lambda row: row["p_value"])
    expected, smallest = [], 1.0
    for rank, row in reversed(list(enumerate(found, start=1))):
        smallest = min(smallest, row["p_value"] * len(found) / rank)
        expected.insert(0, smallest)
    assert [row["q_value"] for row in found] == pytest.approx(expected)


def group_sizes(*sizes: int) -> list[tuple[object, ...]]:
    """Levels A, B, … with so many units each."""
    rng, rows = random.Random(19), []
    for letter, size in zip("ABCDEF", sizes, strict=False):
        rows += [observation(f"{letter}{n}", rng.gauss(50, 5), "group", letter) for n in range(size)]
    return rows


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((40, 30, 20), ""),
        ((40, 30, 9), "BC"),  # C alone would be everybody less A and B
        ((40, 30, 12, 3), "CD"),
        ((40, 30, 4, 3, 2), "BCDE"),  # C, D and E are nine together: still too few
        ((40, 3), "B"),  # of two levels only the second has a row; both are hidden
    ],
)
def test_a_small_group_and_its_complement_are_hidden(
    connection: Connection, sizes: tuple[int, ...], hidden: str
) -> None:
    found = associations(connection, group_sizes(*sizes))
    assert "".join(row["level"] for row in found if row["is_suppressed"]) == hidden
    for row in found:
        numbers = [row[name] for name in ("n", "n_rest", "mean", "mean_rest", "difference", "difference_low")]
        assert all((number is None) == row["is_suppressed"] for number in numbers)


def test_the_same_value_everywhere_divides_by_nothing(connection: Connection) -> None:
    rows = [observation(unit, 50, factor, level) for unit in range(40) for factor, level in
            (("flat", "Yes" if unit % 2 else "No"), ("constant", "Yes"), ("number", 3))]  # fmt: skip
    found = associations(connection, rows)
    assert not any(row["is_found"] for row in found)
