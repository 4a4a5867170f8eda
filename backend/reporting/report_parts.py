"""What several reports are composed of: the KPIs as tiles, findings as lines, and how everything was counted."""

from collections.abc import Iterable, Sequence

from backend.reporting.document import Line, Tile, Tiles
from backend.reporting.insight import Kind, Row
from backend.reporting.movements import last_movements
from backend.reporting.reading import Reading
from backend.reporting.result import Result
from backend.reporting.seeds import percent, seed
from backend.reporting.values import MISSING, shown

OF_GRADES = {"pass_rate", "mean_score", "gpa"}  # the others are of students
MEANS = {"attendance_rate", "mean_score", "gpa"}  # their numerators are sums of shares or scores: nothing to count
DETAILS = 2
KIND_OF_UNIT: dict[str, Kind] = {"share": "rate", "count": "integer", "score": "number", "ratio": "number"}


def kpi_rows(reading: Reading, source_system: str) -> dict[str, Row]:
    """The KPIs of a source system by name, in their order."""
    found = reading.rows(
        "select kpi_name, kpi_label, unit, kpi_value, numerator, denominator, is_suppressed from marts.rpt_kpi "
        "where source_system = %(source_system)s order by kpi_order",
        source_system=source_system,
    )
    return {row["kpi_name"]: row for row in found}


def kpi_tiles(kpis: dict[str, Row], names: Sequence[str]) -> Tiles:
    """A tile for each of these KPIs; one that the data do not give yet is a dash."""
    return Tiles(tuple(_tile(kpis.get(name), name) for name in names))


def _tile(row: Row | None, name: str) -> Tile:
    if row is None:
        label = next(kpi["kpi_label"] for kpi in seed("kpi") if kpi["kpi_name"] == name)
        return Tile(label, MISSING, "no data yet")
    if row["is_suppressed"]:
        return Tile(row["kpi_label"], MISSING, "too few students to show")
    value = shown(row["kpi_value"], KIND_OF_UNIT[row["unit"]])
    return Tile(row["kpi_label"], value, _of(row, name))


def _of(row: Row, name: str) -> str:
    """What a KPI is counted of, in a few words; nothing where it is a plain count."""
    if row["denominator"] is None:
        return ""
    counted = "grades" if name in OF_GRADES else "students"
    of = f"{shown(row['denominator'], 'integer')} {counted}"
    return f"of {of}" if name in MEANS else f"{shown(row['numerator'], 'integer')} of {of}"


def what_changed(reading: Reading, names: Sequence[str]) -> tuple[Line, ...]:
    """How each of these KPIs moved last, and because of what; nothing of those that never did, the latest first."""
    moves = [move for move in last_movements(reading.connection, names).values() if move.before is not None]
    latest = sorted(moves, key=lambda move: (-move.transform_run_id, names.index(move.kpi_name)))
    return tuple(Line(f"{move.label}: {move.before} → {move.after}.", f"{move.cause}.") for move in latest)


def line(result: Result) -> Line:
    """An insight's finding in one line."""
    finding = result.finding
    return Line(f"{finding.headline} {finding.unit}.", finding.brief or finding.sentence)


def details(result: Result) -> Line:
    """What an insight found, the clearest first, each with its interval; as many as fit a line or two."""
    finding, more = result.finding, len(result.finding.details) - DETAILS
    if not finding.details:
        return Line(f"{result.insight.title}.", finding.sentence)
    rest = f" And {more} more." if more > 0 else ""
    return Line(f"{result.insight.title}.", " ".join(finding.details[:DETAILS]) + rest)


def kpi_facts(names: Sequence[str], source_system: str) -> tuple[tuple[str, str], ...]:
    """Label and definition of each of these KPIs, thresholds as the numbers that they are for this source system."""
    definitions = {kpi["kpi_name"]: kpi for kpi in seed("kpi")}
    thresholds = [row for row in seed("kpi_threshold") if row["source_system"] == source_system]
    facts = []
    for name in names:
        told = f"{definitions[name]['definition']}."
        for row in thresholds:
            value = percent(row["threshold_value"]) if row["unit"] == "rate" else row["threshold_value"]
            told = told.replace(row["threshold_name"], value)
        facts.append((definitions[name]["kpi_label"], told))
    return tuple(facts)


def insight_facts(results: Iterable[Result]) -> tuple[tuple[str, str], ...]:
    """Title and definition of each insight, with what it leaves out and its threshold."""
    return tuple(
        (result.insight.title, f"{said.measure} Left out: {said.exclusions} Threshold: {said.threshold}")
        for result in results
        for said in [result.insight.definition]
    )


def completeness(reading: Reading, results: Iterable[Result]) -> Line:
    """How much of what was sent is in these numbers."""
    datasets = sorted({dataset for result in results for dataset in result.insight.datasets})
    rate = reading.rejected_rate(datasets)
    return Line(f"{shown(rate, 'rate')} of the lines sent were refused", "and are in none of these numbers.")
