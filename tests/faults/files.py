"""Files whose every row is known: what must be in raw after they were loaded, line by line."""

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import cache
from random import Random

from elt.contracting.contract import load_contracts

STUDENTS = "laurel/students"
WORST_RATE = 0.03  # of bad lines; the contract takes up to 0.05
_ID = "@id@"


@dataclass(frozen=True)
class File:
    """A students file: its bytes, and the digest of `line:student_id` of its good lines, in order, as SQL makes it."""

    prefix: str  # of its ids
    content: bytes
    lines: int
    bad_lines: tuple[int, ...]
    digest: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def good_rows(self) -> int:
        return self.lines - len(self.bad_lines)


@cache
def _template() -> tuple[str, str]:
    """The header, and a line of the contract's examples with a place for the id."""
    fields = load_contracts()[STUDENTS].fields
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields])
    writer.writerow([_ID if field.name == "Student ID" else field.example for field in fields])
    header, line = text.getvalue().splitlines()
    return header, line


def new_version(rng: Random, old: File) -> File:
    """The same students and a few more, as a correction has them: one that removed many would be held."""
    return students_file(rng, old.prefix, old.lines + rng.randint(1, 20))


def students_file(rng: Random, prefix: str, lines: int) -> File:
    """A file in which no id is used by any other file of another prefix; some lines lack their required id."""
    header, template = _template()
    bad = set(rng.sample(range(2, lines + 2), int(lines * rng.uniform(0, WORST_RATE))))
    written, good = [header], []
    for number in range(2, lines + 2):
        id = "" if number in bad else f"{prefix}-{number}"
        written.append(template.replace(_ID, id))
        if id:
            good.append(f"{number}:{id}")
    content = ("\n".join(written) + "\n").encode()
    digest = hashlib.md5(",".join(good).encode(), usedforsecurity=False).hexdigest()
    return File(prefix, content, lines, tuple(sorted(bad)), digest)
