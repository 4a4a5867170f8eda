"""A file system each for Postgres, for the store and for temporary files, whose size is changed while they run."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.parts import PartsPlan

DISKS = ("postgres", "s3", "spool")
WIDE = "2g"  # of memory at most, and only as much of it as is used


class DisksPlan(PartsPlan):
    """Parts that keep their temporary files on a disk of their own."""

    def variables(self) -> dict[str, str]:
        """As the stack's, and where Python's tempfile writes."""
        return super().variables() | {"TMPDIR": str(self.home.path / "spool")}


@contextmanager
def mounted(home: Path) -> Iterator[None]:
    """The disks, empty. Only root may mount; for others they are plain directories, of no size that can be changed."""
    for name in DISKS:
        (home / name).mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={WIDE},mode=1777", "laurel-faults", str(home / name)],
            capture_output=True,
            check=False,
        )
    try:
        yield
    finally:
        for name in DISKS:
            if (home / name).is_mount():
                subprocess.run(["umount", str(home / name)], check=True)


@contextmanager
def full(disk: Path, spare_kibibytes: int = 0) -> Iterator[None]:
    """No more than `spare_kibibytes` are free on this disk."""
    state = os.statvfs(disk)
    used_kibibytes = (state.f_blocks - state.f_bfree) * state.f_frsize // 1024
    _resize(disk, f"{max(used_kibibytes + spare_kibibytes, 4)}k")  # nought would mean that there is no limit
    try:
        yield
    finally:
        _resize(disk, WIDE)


def _resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)
