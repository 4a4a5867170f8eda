"""The key figures: every KPI of rpt_kpi, with its course over the terms of the present school year."""

from collections.abc import Sequence

from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.seeds import kpi_threshold, percent
from backend.reporting.values import shown

SHARE = "%"


def finding(rows: Sequence[Row]) -> Finding:
    """How many pass, and which figure moved most from the first term to the latest."""
    known = [row for row in rows if row["value"] is not None]
    if not known:
        return Finding("–", "no figures", "There are no figures to show: too little is on file.")
    first = next((row for row in known if row["kpi_name"] == "pass_rate"), known[0])
    terms = [row for row in known if row["term_values"] and len(row["term_values"]) > 1 and row["unit"] == SHARE]
    moved = max(terms, key=lambda row: abs(row["term_values"][-1] - row["term_values"][0]), default=None)
    said = (
        f"{moved['kpi_label']} moved most within the present school year: "
        f"{shown(moved['term_values'][0], 'number')}% in the {moved['terms'][0]}, "
        f"{shown(moved['term_values'][-1], 'number')}% in the {moved['terms'][-1]}."
        if moved
        else f"{len(known)} figures are on file."
    )
    return Finding(f"{shown(first['value'], 'number')}{first['unit']}", first["kpi_label"].lower(), said)


INSIGHT = Insight(
    name="key_figures",
    title="Key figures",
    question="How does the school stand, and how did the figures move from term to term?",
    definition=Definition(
        measure="One figure per row, as the seed `kpi` defines it: over all that is on file, and beside it by term of "
        "the present school year (each student's terms at the present grade level).",
        numerator="As the definition of the figure says; it stands in the row.",
        denominator="The same; none for a count.",
        exclusions="What is withheld elsewhere is left out here too; figures and terms of too few students are hidden.",
        threshold=f"Pass mark {kpi_threshold('pass_mark')}; chronically absent at "
        f"{percent(kpi_threshold('chronic_absence_rate'))} attendance or less; ready from a JAMB score of "
        f"{kpi_threshold('jamb_ready_score')} and with {kpi_threshold('credits_ready')} credits; fewest students shown "
        f"{kpi_threshold('suppression_minimum')}.",
        threshold_seeds=("kpi", "kpi_threshold", "letter_scale", "wassce_band"),
    ),
    datasets=("laurel/academic_history", "laurel/students", "laurel/teachers"),
    sql="""
        with course as (
            select
                rpt_kpi_term.source_system, rpt_kpi_term.kpi_name,
                array_agg(rpt_kpi_term.term order by rpt_kpi_term.term_order) as terms,
                array_agg(
                    round((rpt_kpi_term.kpi_value * case when rpt_kpi.unit = 'share' then 100 else 1 end)::numeric, 2)
                    ::double precision
                    order by rpt_kpi_term.term_order
                ) as term_values
            from marts.rpt_kpi_term
            inner join marts.rpt_kpi using (source_system, kpi_name)
            where not rpt_kpi_term.is_suppressed
            group by rpt_kpi_term.source_system, rpt_kpi_term.kpi_name
        )
        select
            rpt_kpi.kpi_name, rpt_kpi.kpi_label,
            rpt_kpi.kpi_value * case when rpt_kpi.unit = 'share' then 100 else 1 end as value,
            case when rpt_kpi.unit = 'share' then '%%' else '' end as unit,
            rpt_kpi.unit as kpi_unit, rpt_kpi.numerator, rpt_kpi.denominator, rpt_kpi.is_suppressed, course.terms,
            course.term_values
        from marts.rpt_kpi
        left join course using (source_system, kpi_name)
        where rpt_kpi.source_system = %(source)s
        order by rpt_kpi.kpi_order
    """,
    columns=(
        Column("kpi_label", "Figure", "text"),
        Column("value", "Value", "number"),
        Column("unit", "Unit", "text"),
        Column("numerator", "Numerator", "number"),
        Column("denominator", "Denominator", "number"),
        Column("terms", "Terms of this year", "text"),
        Column("term_values", "By term", "text"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "transform": [
            {"filter": "!datum.is_suppressed"},
            {"calculate": "datum.kpi_unit === 'share' ? datum.value : 0", "as": "length"},
            {
                "calculate": "format(datum.value, datum.kpi_unit === 'count' ? ',d' : '.1f') "
                "+ (datum.kpi_unit === 'share' ? '%' : '')",
                "as": "written",
            },
        ],
        "width": "container",
        "height": {"step": 30},
        "encoding": {
            "y": {"field": "kpi_label", "type": "nominal", "sort": None, "title": None},
            "x": {
                "field": "length",
                "type": "quantitative",
                "title": "Percent",
                "scale": {"domain": [0, 115]},
                "axis": {"values": [0, 50, 100]},
            },
            "tooltip": [
                {"field": "kpi_label", "title": "Figure"},
                {"field": "written", "title": "Value"},
                {"field": "terms", "title": "Terms"},
                {"field": "term_values", "title": "By term"},
            ],
        },
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 3}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {"text": {"field": "written"}},
            },
        ],
    },
    finding=finding,
    caveats=(
        "A figure over all years on file and its course within this year are of different grades: they need not agree.",
    ),
    parameters=(
        Parameter(
            name="source",
            label="Source",
            values_sql="select source_system from marts.rpt_kpi group by source_system order by source_system",
            default="laurel",
        ),
    ),
    kpis=("exam_readiness", "jamb_readiness"),
)
