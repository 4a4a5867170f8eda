"""From a sample file that nobody has described to a draft contract, and to a report on what the file needs."""

from elt.drafting.draft import draft
from elt.drafting.result import ColumnDraft, Draft, Finding, Identifier, Personal, Place

__all__ = ["ColumnDraft", "Draft", "Finding", "Identifier", "Personal", "Place", "draft"]
