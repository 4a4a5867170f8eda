"""rpt_kpi has the numbers that the pages show: one definition of each."""

from backend.reporting.registry import registry
from backend.reporting.result import answer
from backend.reporting.values import shown
from elt.database import Pool


def test_kpis_are_what_the_pages_say(reader: Pool) -> None:
    with reader.connection() as connection, connection.cursor() as cursor:
        cursor.execute("select kpi_name, kpi_value, numerator, denominator from marts.rpt_kpi")
        kpis = {name: (value, above, below) for name, value, above, below in cursor.fetchall()}
    findings = {name: answer(registry()[name], {}, reader).finding for name in ("pass_rate", "score_distribution")}
    assert shown(kpis["pass_rate"][0], "rate") == findings["pass_rate"].headline
    assert shown(kpis["mean_score"][0], "number") == findings["score_distribution"].headline
    at_risk = answer(registry()["at_risk_students"], {}, reader)
    assert kpis["at_risk"][1:] == (len(at_risk.rows), at_risk.rows[0]["student_count"])
    assert all(value is not None for value, _, _ in kpis.values())
    assert len(kpis) == 11
