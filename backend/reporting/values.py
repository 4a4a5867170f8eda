"""Values of rows in the forms that leave the house: JSON, CSV and what people read."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from backend.reporting.insight import Kind

MISSING = "–"
SMALL = 10


def plain(value: Any) -> Any:
    """A JSON value: numbers stay numbers, times become ISO 8601, everything unknown its text."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def signed(value: float) -> str:
    """A difference, with its sign."""
    return f"{_rounded(value):+,.{_decimals(value)}f}".replace("-", "−")


def _rounded(value: Any) -> float:
    return round(float(value), _decimals(value)) + 0.0  # never "−0.0"


def _decimals(value: Any) -> int:
    """One; two where one would show 0.0 for what is not zero, as for the end of an interval beside it."""
    return 2 if value and round(float(value), 1) == 0 else 1


def interval(low: Any, high: Any) -> str:
    """The ends of a 95% interval, with as many decimals as tell them apart."""
    decimals = next((n for n in (1, 2, 3) if round(float(low), n) != round(float(high), n)), 3)
    decimals = max(decimals, _decimals(low), _decimals(high))
    ends = (f"{round(float(end), decimals) + 0.0:,.{decimals}f}".replace("-", "−") for end in (low, high))
    return " to ".join(ends)


def _percent(rate: float) -> str:
    """One decimal; what is not nought, and not all, does not look so."""
    if 0 < rate < 0.0005:
        return "below 0.1%"
    if 0.9995 <= rate < 1:
        return "above 99.9%"
    return f"{100 * rate:.1f}%"


def decimals_of(values: Iterable[Any]) -> int:
    """How many decimals a column of numbers needs: two where all are small, so that neighbours are told apart."""
    known = [abs(float(value)) for value in values if value is not None]
    return 2 if any(known) and max(known) < SMALL else 1


def shown(value: Any, kind: Kind, decimals: int | None = None) -> str:
    """A value as a person reads it: 0.637 as 63.7%, 12345 as 12,345; `–` where there is none.

    `decimals` of a number, at least: those of its column (`decimals_of`).
    """
    if value is None:
        return MISSING
    if isinstance(value, (list, tuple)):
        return "; ".join(str(item) for item in value) or MISSING
    match kind:
        case "integer":
            return f"{int(value):,}"
        case "number":
            digits = max(_decimals(value), decimals or 1)
            return f"{round(float(value), digits) + 0.0:,.{digits}f}".replace("-", "−")
        case "rate":
            return _percent(float(value))
        case "p_value":
            return "< 0.001" if float(value) < 0.001 else f"{float(value):.3f}"
        case "flag":
            return "yes" if value else "no"
        case "time":
            return f"{value:%-d %b %Y %H:%M} UTC"
        case "text":
            return str(value)
