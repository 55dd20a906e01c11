"""Real pictures, made without a graphics library."""

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """A colour gradient as a PNG file."""
    rows = b"".join(
        b"\0"
        + bytes(
            value
            for x in range(width)
            for value in (x * 255 // width, y * 255 // height, (x ^ y) & 255)
        )
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def png_size(data: bytes) -> tuple:
    """Returns width and height of a complete PNG file."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR", data[:32]
    assert data[-8:-4] == b"IEND", "the picture is cut off"
    return struct.unpack(">II", data[16:24])
