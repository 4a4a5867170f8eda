"""The web pages: a blueprint of HTML on the same insights, ledger and roles as the API."""

from backend.pages.views import blueprint

__all__ = ["blueprint"]
