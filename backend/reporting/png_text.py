"""A text in a PNG's metadata (an iTXt chunk: UTF-8, PNG specification 11.3.3.4)."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def with_text(png: bytes, keyword: str, text: str) -> bytes:
    """The picture with this text right behind its header; the same in, the same out."""
    end = len(SIGNATURE) + 4 + 4 + struct.unpack(">I", png[8:12])[0] + 4  # length, type, data and checksum of IHDR
    return png[:end] + _chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode()) + png[end:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
