"""A check: its name, its stage, what it looks for and what to do. Every check runs; one that finds nothing passes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from elt.drafting.deciding import Column, Decided
from elt.drafting.keys import Key
from elt.drafting.profile import FileProfile
from elt.drafting.result import Finding, Place, Verdict
from elt.reading.detecting import Layout

STAGES = ("file", "header", "columns", "rows", "relations")


@dataclass(frozen=True)
class Subject:
    """What is screened: how the file is laid out, what was counted in it, what was decided from that."""

    layout: Layout
    decided: Decided
    keys: list[Key]
    header_is_data: bool

    @property
    def file(self) -> FileProfile:
        """What was counted."""
        return self.decided.file

    @property
    def columns(self) -> list[Column]:
        """What was decided of each column."""
        return self.decided.columns


@dataclass(frozen=True)
class Hit:
    """One place where a check found something. `count` cells, lines or columns; `remedy` replaces the check's own."""

    message: str
    columns: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    count: int = 1
    verdict: Verdict | None = None
    remedy: str | None = None


@dataclass(frozen=True)
class Check:
    """`verdict` is what a hit means unless the hit says otherwise."""

    name: str
    stage: str
    looks_for: str
    verdict: Verdict
    remedy: str
    run: Callable[[Subject], Iterator[Hit]]


CHECKS: list[Check] = []


def check(
    stage: str, looks_for: str, verdict: Verdict, remedy: str
) -> Callable[[Callable[[Subject], Iterator[Hit]]], Callable[[Subject], Iterator[Hit]]]:
    """Registers a function as the check of its own name."""

    def register(run: Callable[[Subject], Iterator[Hit]]) -> Callable[[Subject], Iterator[Hit]]:
        CHECKS.append(Check(run.__name__, stage, looks_for, verdict, remedy, run))
        return run

    return register


def screen(subject: Subject) -> tuple[Finding, ...]:
    """Every check's findings, in the order of the stages."""
    ordered = sorted(CHECKS, key=lambda check: STAGES.index(check.stage))
    return tuple(finding for check in ordered for finding in _findings(check, subject))


def _findings(check: Check, subject: Subject) -> Iterator[Finding]:
    hits = list(check.run(subject))
    if not hits:
        yield Finding(check.stage, check.name, "pass", Place(), f"Looked for {check.looks_for}: none.", "", 0)
    for hit in hits:
        verdict = hit.verdict or check.verdict
        remedy = "" if verdict == "pass" else hit.remedy or check.remedy
        yield Finding(check.stage, check.name, verdict, Place(hit.columns, hit.lines), hit.message, remedy, hit.count)


def cells_are(count: int, what: str) -> str:
    """`1 cell is empty`, `412 cells are empty`."""
    return f"{count:,} {'cell is' if count == 1 else 'cells are'} {what}"
