"""How often one account may call, and one address fail to sign in: nobody takes the server from everybody else."""

import time
from math import ceil
from typing import cast

from flask import Flask, current_app
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from backend.problems import TooOften
from elt.access.accounts import Account

# In each process of the server.
CALLS = RateLimitItemPerMinute(1200)  # of one account
FAILURES = RateLimitItemPerMinute(30)  # of one address to sign in; a school shares one
EXTENSION = "laurel_rate_limit"


def register(app: Flask) -> None:
    """Let the application count from here on."""
    app.extensions[EXTENSION] = MovingWindowRateLimiter(MemoryStorage())


def limiter() -> MovingWindowRateLimiter:
    """The running application's, in this process."""
    return cast(MovingWindowRateLimiter, current_app.extensions[EXTENSION])


def count(account: Account) -> None:
    """One more call of the account. Raises TooOften, which does not count."""
    who = str(account.account_id)
    if not limiter().hit(CALLS, who):
        seconds = max(1, ceil(limiter().get_window_stats(CALLS, who).reset_time - time.time()))
        raise TooOften(
            "too_often",
            "Your account calls more often than the server takes from one.",
            allowed=f"{CALLS.amount} calls a minute.",
            remedy=f"Go on in {seconds} seconds; `?wait=` of a submission saves asking again and again.",
            retry_after_seconds=seconds,
        )
