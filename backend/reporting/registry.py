"""Finds the insights: every module of backend.insights is one."""

import pkgutil
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import MappingProxyType

from backend import insights
from backend.reporting.insight import Insight
from elt.errors import NotFound


@cache
def registry() -> Mapping[str, Insight]:
    """Every insight by name, in the order of the names. Raises TypeError for a module without its INSIGHT."""
    found = {}
    for module in sorted(pkgutil.iter_modules(insights.__path__), key=lambda module: module.name):
        insight = getattr(import_module(f"{insights.__name__}.{module.name}"), "INSIGHT", None)
        if not isinstance(insight, Insight):
            raise TypeError(f"backend/insights/{module.name}.py has no INSIGHT; every file there defines one.")
        if insight.name != module.name:
            raise TypeError(f"backend/insights/{module.name}.py calls its insight {insight.name}; the two must agree.")
        found[insight.name] = insight
    return MappingProxyType(found)


def visible_to(role: str) -> tuple[Insight, ...]:
    """The insights that an account with this role may read."""
    return tuple(insight for insight in registry().values() if role in insight.audience)


def find(name: str, role: str) -> Insight:
    """The insight. Raises NotFound, with near names, where there is none or it is not for this role."""
    names = [insight.name for insight in visible_to(role)]
    if name in names:
        return registry()[name]
    near = get_close_matches(name, names, n=3, cutoff=0.4)
    raise NotFound(
        "unknown_insight",
        "There is no insight of that name, or it is not for your role.",
        allowed="Insights: " + ", ".join(names) + ".",
        remedy=f"Did you mean {' or '.join(near)}?" if near else "GET /api/v1/insights lists them.",
        near=near,
    )
