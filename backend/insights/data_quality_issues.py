"""What looks wrong in lines that were loaded. For administrators only: it names everybody's files."""

from collections.abc import Sequence

from backend.reporting.charts import COUNTS
from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.values import shown

FIRST_LINES = 5


def finding(rows: Sequence[Row]) -> Finding:
    """How many issues there are, and the rule that most of them break."""
    if not rows:
        return Finding("0", "issues", "No loaded line contradicts itself or points nowhere.")
    issues = sum(row["issue_count"] for row in rows)
    rules: dict[str, int] = {}
    for row in rows:
        rules[row["rule_name"]] = rules.get(row["rule_name"], 0) + row["issue_count"]
    most = max(rules, key=lambda rule: rules[rule])
    return Finding(
        shown(issues, "integer"),
        f"issue{'s' if issues != 1 else ''} in loaded lines",
        f"{len(rules)} rule{'s are' if len(rules) != 1 else ' is'} broken, most often `{most}` "
        f"({shown(rules[most], 'integer')}). The lines count all the same; each row says what to do.",
    )


INSIGHT = Insight(
    name="data_quality_issues",
    title="Issues in the loaded lines",
    question="Which loaded lines contradict themselves or point nowhere, and what is to be done?",
    definition=Definition(
        measure="Number of issues, and of lines that have one, by rule, column and file.",
        numerator="An issue is one thing (a student, a key, a question) that breaks the rule in a file, on one line "
        "or on several.",
        denominator="None: issues are counted, not rated.",
        exclusions="Lines that break their contract: they are refused, and their senders can fetch them. Files that "
        "were retracted, or replaced by a newer version.",
        threshold="None: every issue is listed.",
        threshold_seeds=("data_quality_rule",),
    ),
    datasets=("laurel/academic_history", "laurel/parents", "laurel/students", "laurel/survey", "laurel/teachers"),
    sql=f"""
        select
            issue.rule_name, issue.dataset_id, issue.column_name, submission.filename,
            count(*) as issue_count,
            sum(issue.line_count)::integer as line_count,
            (array_agg(issue.line_numbers[1] order by issue.line_numbers[1]))[1:{FIRST_LINES}] as first_lines,
            max(issue.meaning || ' ' || issue.remedy) as remedy
        from marts.data_quality_issue as issue
        inner join catalog.submission_status as submission on issue.submission_id = submission.submission_number
        where %(dataset)s::text is null or issue.dataset_id = %(dataset)s
        group by
            issue.rule_name, issue.dataset_id, issue.column_name, issue.submission_id, submission.filename
        order by issue_count desc, issue.rule_name, issue.dataset_id, issue.column_name, issue.submission_id
    """,  # noqa: S608
    columns=(
        Column("rule_name", "Rule", "text"),
        Column("dataset_id", "Dataset", "text"),
        Column("column_name", "Column", "text"),
        Column("issue_count", "Issues", "integer"),
        Column("line_count", "Lines", "integer"),
        Column("filename", "File", "text"),
        Column("first_lines", "First lines", "text"),
        Column("remedy", "What it means and what to do", "text"),
    ),
    chart={
        "width": "container",
        "height": {"step": 30},
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "y": {"field": "rule_name", "type": "nominal", "title": None, "sort": "-x"},
            "x": {
                "field": "issue_count",
                "aggregate": "sum",
                "type": "quantitative",
                "title": "Issues",
                "axis": COUNTS,
            },
            "tooltip": [
                {"field": "rule_name", "title": "Rule"},
                {"field": "issue_count", "aggregate": "sum", "title": "Issues"},
                {"field": "line_count", "aggregate": "sum", "title": "Lines"},
            ],
        },
    },
    finding=finding,
    caveats=(
        f"The first lines are those on which the first {FIRST_LINES} issues begin, in the file as it was sent, the "
        "header being line 1; a line may have several issues.",
    ),
    parameters=(
        Parameter(
            name="dataset",
            label="Dataset",
            values_sql="select dataset_id from marts.data_quality_issue group by dataset_id order by dataset_id",
            all_label="All datasets",
        ),
    ),
    audience=frozenset({"administrator", "auditor"}),
)
