"""The screening's checks, stage by stage; importing this package registers them in the order in which they run."""

from elt.drafting.checks import file, header, columns, cells, people, rows, relations  # noqa: I001 - their order
from elt.drafting.checks.registry import CHECKS, Check, Subject, screen

__all__ = ["CHECKS", "Check", "Subject", "cells", "columns", "file", "header", "people", "relations", "rows", "screen"]
