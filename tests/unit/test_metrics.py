"""Prometheus' text format, as its own documents have it."""

from backend.metrics import Metric, exposition


def test_the_text_format() -> None:
    metrics = [
        Metric("laurel_rows", "Rows.", ("dataset", "status"), ((("laurel/students", 'a"b\\c\nd'), 12345678901.0),)),
        Metric("laurel_age_seconds", "Age.", (), (((), 0.5),)),
        Metric("laurel_nothing", "No sample yet.", (), ()),
    ]
    assert exposition(metrics) == (
        "# HELP laurel_rows Rows.\n"
        "# TYPE laurel_rows gauge\n"
        'laurel_rows{dataset="laurel/students",status="a\\"b\\\\c\\nd"} 12345678901.0\n'
        "# HELP laurel_age_seconds Age.\n"
        "# TYPE laurel_age_seconds gauge\n"
        "laurel_age_seconds 0.5\n"
        "# HELP laurel_nothing No sample yet.\n"
        "# TYPE laurel_nothing gauge\n"
    )
