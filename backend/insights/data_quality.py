"""Data freshness and quality."""

from collections.abc import Sequence

from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The share of refused lines over all datasets, and which datasets wait to be modelled."""
    read = sum(row["lines_read"] for row in rows)
    if not read:
        return Finding("–", "nothing loaded", "No file has been loaded yet.")
    rejected = sum(row["rows_rejected"] for row in rows)
    issues = sum(row["issue_count"] for row in rows)
    waiting = [row["dataset_id"] for row in rows if not row["is_current"]]
    files = sum(row["open_submissions"] for row in rows)
    arrived = f" {files} file{'s wait' if files != 1 else ' waits'} to be loaded." if files else ""
    return Finding(
        shown(rejected / read, "rate"),
        "of source lines rejected",
        f"{shown(rejected, 'integer')} of {shown(read, 'integer')} lines were refused; their senders can fetch them. "
        f"Among the loaded lines {shown(issues, 'integer')} issue{'s were' if issues != 1 else ' was'} noted. "
        + (f"Not yet in the marts: {', '.join(waiting)}." if waiting else "Everything loaded is in the marts.")
        + arrived,
    )


INSIGHT = Insight(
    name="data_quality",
    title="Data freshness and quality",
    question="How fresh is each dataset, how much of it was refused, and what looks wrong in the rest?",
    definition=Definition(
        measure="Share of rejected lines, and number of issues, by dataset.",
        numerator="Lines of the live files that break their contract. An issue is something that contradicts itself "
        "or points nowhere, in lines that fit their contract one by one.",
        denominator="All lines of the live files, headers left out.",
        exclusions="Files that were refused as a whole, retracted, or replaced by a newer version.",
        threshold="A file with more than its contract's share of bad lines (maxRejectedRate) is refused whole.",
        threshold_seeds=("data_quality_rule",),
    ),
    datasets=(
        "laurel/academic_history",
        "laurel/parents",
        "laurel/students",
        "laurel/survey",
        "laurel/teachers",
        "oulad/assessments",
        "oulad/courses",
        "oulad/student_assessment",
        "oulad/student_info",
        "oulad/student_registration",
        "oulad/student_vle",
        "oulad/vle",
    ),
    sql="""
        with issue as (
            select dataset_id, count(*) as issue_count, sum(line_count) as issue_line_count
            from marts.data_quality_issue
            group by dataset_id
        )
        select
            dataset_id, title, live_submissions, open_submissions, lines_read, rows_loaded, rows_rejected,
            rows_rejected::double precision / nullif(lines_read, 0) as rejected_rate,
            coalesce(issue.issue_count, 0) as issue_count,
            coalesce(issue.issue_line_count, 0) as issue_line_count,
            last_received_at, last_modelled_at, raw_version = modelled_version as is_current
        from catalog.dataset_status
        left join issue using (dataset_id)
        -- What nobody ever sent says nothing about quality.
        where live_submissions + open_submissions + rejected_submissions > 0
        order by dataset_id
    """,
    columns=(
        Column("dataset_id", "Dataset", "text"),
        Column("live_submissions", "Files", "integer"),
        Column("open_submissions", "Files waiting", "integer"),
        Column("lines_read", "Lines", "integer"),
        Column("rows_rejected", "Rejected", "integer"),
        Column("rejected_rate", "Share rejected", "rate"),
        Column("issue_count", "Issues", "integer"),
        Column("issue_line_count", "Lines with an issue", "integer"),
        Column("last_received_at", "Last received", "time"),
        Column("last_modelled_at", "Last modelled", "time"),
        Column("is_current", "All loaded is in the marts", "flag"),
    ),
    chart={
        "width": "container",
        "height": {"step": 34},
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "y": {"field": "dataset_id", "type": "nominal", "title": None},
            "x": {
                "field": "rejected_rate",
                "type": "quantitative",
                "title": "Share of lines rejected",
                "axis": {"format": "%"},
            },
            "tooltip": [
                {"field": "dataset_id", "title": "Dataset"},
                {"field": "rejected_rate", "title": "Share rejected", "format": ".2%"},
                {"field": "rows_rejected", "title": "Rejected"},
                {"field": "lines_read", "title": "Lines"},
                {"field": "issue_count", "title": "Issues"},
            ],
        },
    },
    finding=finding,
    caveats=(
        "Administrators find every kind of issue with its files, first lines and remedy in the insight Issues in the "
        "loaded lines; `marts.data_quality_issue` lists them one by one.",
    ),
    related=("data_quality_issues",),
)
