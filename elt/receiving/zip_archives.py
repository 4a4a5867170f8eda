"""ZIP archives: which files in them count, and each as a stream."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from elt.errors import Refused
from elt.receiving.packing import PIECE_BYTES, Meter, broken_archive

DIRECTORY_BYTES = 2**20  # the most that is read at once of an archive: its list of files
MOST_FILES = 100
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
SYSTEM_FILES = ("thumbs.db", "desktop.ini")
SPREADSHEETS = {"[Content_Types].xml": ".xlsx", "mimetype": ".ods", "Index/Document.iwa": ".numbers"}


class _Guarded(io.RawIOBase):
    """The file under an archive, never read in large pieces: a forged list of its files cannot fill the memory."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_SET and offset < 0:
            raise zipfile.BadZipFile
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(DIRECTORY_BYTES if size is None or size < 0 else min(size, DIRECTORY_BYTES))


@contextmanager
def open_archive(file: BinaryIO, max_bytes: int | None) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """A ZIP archive and the files in it that count, in its own order. Raises Refused where it cannot be taken."""
    with translated_errors():
        archive = zipfile.ZipFile(_Guarded(file))
    with archive:
        _check_no_spreadsheet(archive)
        members = [member for member in archive.infolist() if not _is_passed_over(member)]
        _check_members(members, file.seek(0, io.SEEK_END), max_bytes)
        yield archive, members


@contextmanager
def translated_errors() -> Iterator[None]:
    """What zipfile says of a broken archive, as Refused."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError) as error:
        raise broken_archive() from error


def _is_passed_over(member: zipfile.ZipInfo) -> bool:
    """Folders, and what macOS and Windows put beside people's files."""
    path = member.filename.replace("\\", "/")  # as some packers on Windows write it
    name = path.rsplit("/", 1)[-1]
    is_folder = path.endswith("/")  # is_dir() falls over a name that is empty
    return is_folder or path.startswith("__MACOSX/") or name.startswith(".") or name.lower() in SYSTEM_FILES


def _check_no_spreadsheet(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    for name, suffix in SPREADSHEETS.items():
        if name in names:
            raise Refused(
                "not_csv",
                f"This is not a CSV file: it looks like a spreadsheet ({suffix}).",
                allowed="A CSV, as it is, in a gzip file (.csv.gz) or in a ZIP archive (.zip).",
                remedy="Save the sheet as CSV (UTF-8) and send that.",
            )


def _check_members(members: list[zipfile.ZipInfo], archive_bytes: int, max_bytes: int | None) -> None:
    if not members:
        raise _archive("archive_without_csv", "holds no file.", "Put the CSV into it, or send the CSV as it is.")
    if len(members) > MOST_FILES:
        raise _archive("archive_too_full", f"holds more than {MOST_FILES} files.", "Send them in several archives.")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise _archive("archive_encrypted", "is protected by a password.", "Pack it again without a password.")
    if any(member.compress_type not in METHODS for member in members):
        raise _archive("archive_method", "is packed in an unusual way.", "Pack it again with Deflate, the standard.")
    packed = sum(member.compress_size for member in members)
    if packed > archive_bytes:  # files that share their bytes: how the worst bombs are made
        raise broken_archive()
    meter = Meter(max_bytes)  # by what the archive says of itself; what really comes out is never more
    meter.went_in(packed)
    meter.came_out(sum(member.file_size for member in members))


def _archive(code: str, what: str, remedy: str) -> Refused:
    return Refused(
        code,
        f"The ZIP archive {what}",
        allowed=f"One CSV, or up to {MOST_FILES}, packed with Deflate or only stored, without a password.",
        remedy=remedy,
    )


class Member(io.RawIOBase):
    """One file of an archive as a stream. Raises Refused where it is damaged."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        super().__init__()
        with translated_errors():
            self._stream: IO[bytes] = archive.open(info)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with translated_errors():
            piece = self._stream.read(min(len(buffer), PIECE_BYTES))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()
