"""Where a stack keeps its state, so that two checkouts on one machine do not disturb each other."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The state directory of one stack, and the directory it logs to."""

    path: Path
    logs: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Home":
        """LAUREL_HOME where it is set; else .run/ in the checkout, with logs in the checkout's logs/."""
        chosen = environment.get("LAUREL_HOME")
        if chosen:
            path = Path(chosen).resolve()
            return cls(path, path / "logs")
        return cls(REPOSITORY / ".run", REPOSITORY / "logs")

    def create(self) -> None:
        """Make both directories. Others may pass through (Postgres as root's `nobody` must) but not look around."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o711)
        self.logs.mkdir(parents=True, exist_ok=True)

    def private_file(self, name: str, text: str) -> Path:
        """Write a file that nobody else may read; it is either complete or not there."""
        path = self.path / name
        unfinished = self.path / f"{name}.new"
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        unfinished.rename(path)
        return path
