"""What a browser needs to draw a chart."""

from collections.abc import Mapping

from backend.reporting import charts


def themed(spec: Mapping[str, object]) -> dict[str, object]:
    """The spec, and a config for each colour scheme and width."""
    return {"spec": spec, "themes": charts.themes()}
