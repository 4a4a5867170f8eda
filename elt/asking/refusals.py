"""What Postgres says of a person's SQL, without a value of the data in it.

While a text is only read, nothing of the data has been: what Postgres says then is of the text and of names, and is
shown as it is. Once the query runs, its messages quote cells ("invalid input syntax for type integer: …"), and even a
syntax error may (query_to_xml runs what a cell holds). So of those only the kind is told, in words of our own.
"""

from psycopg import errors, pq

from elt.errors import Conflict, LaurelError, Refused

TIMED_OUT, CANCELLED = "time_limit", "cancelled"
LONGEST_MESSAGE = 500
# By SQLSTATE or its class; otherwise the condition's own name is told.
WORDS = {
    "22P02": "A text cannot be turned into the type that the query asks for, in some row.",
    "22012": "Something is divided by zero, in some row.",
    "22003": "A number is too large or too small for its type, in some row.",
    "22007": "A text is no date or time, in some row.",
    "22008": "A date or time is out of range, in some row.",
    "21000": "A subquery that must give one row gives more.",
    "25006": "Nothing can be written here: questions only read.",
    "42501": "The query asks for something that questions may not read or do.",
    "53": "The query needs more memory or disk than it may have.",
    "54": "The query is too complex.",
    "22": "A value does not fit what the query does with it, in some row.",
    "42": "Something that the query runs cannot be run.",
}


def of_text(result: "pq.abc.PGresult", prefix: int, sql: str) -> LaurelError:
    """Why the text is no query that can be run: Postgres's own words, and where in the text."""
    state = _field(result, pq.DiagnosticField.SQLSTATE)
    if state == "57014":
        return _ended(result)
    position = _field(result, pq.DiagnosticField.STATEMENT_POSITION)
    place = _place(sql, int(position) - 1 - prefix) if position else {}
    where = f" (line {place['line']}, character {place['character']})" if place else ""
    said = _field(result, pq.DiagnosticField.MESSAGE_PRIMARY)[:LONGEST_MESSAGE]
    return Refused(
        "sql_error",
        f"Postgres says: {said}{where}.",
        allowed="One query (select, values, with) on schema marts and the views of catalog.",
        remedy=_field(result, pq.DiagnosticField.MESSAGE_HINT) or "Correct the query and ask again.",
        sqlstate=state,
        **place,
    )


def of_execution(result: "pq.abc.PGresult") -> LaurelError:
    """Why the query came to no end; never Postgres's own words, which may hold cells."""
    state = _field(result, pq.DiagnosticField.SQLSTATE)
    if state == "57014":
        return _ended(result)
    words = WORDS.get(state) or WORDS.get(state[:2]) or f"The query failed: {_condition(state)}."
    return Refused(
        "sql_error",
        words,
        allowed="Queries that read schema marts and the views of catalog.",
        remedy=f"Correct the query and ask again. Postgres calls this {_condition(state)} ({state}).",
        sqlstate=state,
    )


def _ended(result: "pq.abc.PGresult") -> LaurelError:
    # The text of this one message is fixed; Laurel's Postgres speaks English.
    if "timeout" in _field(result, pq.DiagnosticField.MESSAGE_PRIMARY):
        return Refused(
            TIMED_OUT,
            "The query took longer than it may, and was ended.",
            remedy="Ask for less: fewer rows, one session, a rpt_ table in place of a fct_ table.",
        )
    return Conflict(CANCELLED, "The query was ended, as somebody asked.", remedy="Ask again when you like.")


def _place(sql: str, offset: int) -> dict[str, int]:
    before = sql[: max(offset, 0)]
    return {"line": before.count("\n") + 1, "character": len(before) - (before.rfind("\n") + 1) + 1}


def _field(result: "pq.abc.PGresult", field: pq.DiagnosticField) -> str:
    return (result.error_field(field) or b"").decode(errors="replace")


def _condition(state: str) -> str:
    """`division by zero`, by the name that psycopg has for the state."""
    try:
        name = errors.lookup(state).__name__
    except KeyError:
        return "an error"
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
