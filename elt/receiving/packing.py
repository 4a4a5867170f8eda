"""How a CSV may be packed, how that is recognised, and when it is too much."""

from elt.errors import Refused

RATIO_LIMIT = 500  # a CSV shrinks to a tenth, the same line again and again to a 400th, zeros to a 1,000th
RATIO_FREE_BYTES = 10 * 2**20  # so much may come out before the ratio counts
PIECE_BYTES = 64 * 1024
GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def packing_of(head: bytes) -> str | None:
    """`gzip`, `zip` or None, from the first bytes of a file."""
    if head.startswith(GZIP):
        return "gzip"
    return "zip" if head.startswith(ZIP) else None


class Meter:
    """Watches over what comes out. Raises Refused where it is too much, or too much for what went in."""

    def __init__(self, max_bytes: int | None) -> None:
        self._max_bytes = max_bytes
        self._packed = 0
        self._unpacked = 0

    def went_in(self, count: int) -> None:
        """So many packed bytes have been read."""
        self._packed += count

    def came_out(self, count: int) -> None:
        """So many bytes have been unpacked."""
        self._unpacked += count
        if self._max_bytes is not None and self._unpacked > self._max_bytes:
            raise Refused(
                "too_large",
                f"The file unpacks to more than {self._max_bytes:,} bytes.",
                allowed=f"At most {self._max_bytes:,} bytes, packed and unpacked.",
                remedy="Split it into several files; each may be sent on its own.",
            )
        if self._unpacked > RATIO_FREE_BYTES and self._unpacked > RATIO_LIMIT * self._packed:
            raise Refused(
                "compression_bomb",
                f"The file unpacks to more than {RATIO_LIMIT} times its size.",
                allowed=f"At most {RATIO_LIMIT} times, which no ordinary CSV comes near.",
                remedy="Send it unpacked.",
            )


def nested_archive() -> Refused:
    return Refused(
        "nested_archive",
        "The packed file is itself an archive or a spreadsheet.",
        allowed="A CSV in a gzip file (.csv.gz), or CSVs in a ZIP archive (.zip).",
        remedy="Unpack it once, and send what is inside.",
    )


def broken_archive() -> Refused:
    return Refused(
        "broken_archive",
        "The packed file is damaged or was cut short: it cannot be unpacked to its end.",
        allowed="A whole gzip file (.csv.gz) or ZIP archive (.zip).",
        remedy="Pack the CSV again, or send it as it is.",
    )
