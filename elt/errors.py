"""What can go wrong, as types: refused (the sender's to mend), unavailable (worth another try), not found."""

from typing import Any


class LaurelError(Exception):
    """`message` says what was wrong, `allowed` what would be right, `remedy` what to do. Never a value of the data."""

    def __init__(
        self, code: str, message: str, *, allowed: str | None = None, remedy: str | None = None, **details: Any
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.allowed = allowed
        self.remedy = remedy
        self.details = details

    def in_words(self) -> str:
        """All three, as one line for a terminal."""
        return " ".join(filter(None, (self.message, self.allowed, self.remedy)))


class NotFound(LaurelError):
    """The thing does not exist, or not for the one who asks."""


class Refused(LaurelError):
    """What was sent cannot be taken as it is; sending it again unchanged will not help."""


class Conflict(LaurelError):
    """What was asked for contradicts the present state of the ledger."""


class Unavailable(LaurelError):
    """Postgres or the object store did not answer; the same call may succeed later."""
