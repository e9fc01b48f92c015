"""Frame: several parts as one block of bytes, each aligned, with a header that detects damage.

A frame is a header, the size of each part (8 bytes), and the parts. Header: a byte that is not used
any longer, magic bytes (7), the frame's size (8), its token (16), the number of parts (8).
"""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from struct import Struct
from typing import Any

from adapters.errors import StoreError

ALIGNMENT = 64  # bytes: a cache line, and the most that vector instructions ask for
_HEADER = Struct("=x7sQ16sQ")
_MAGIC = b"adapter"


def frame(parts: Sequence[Any]) -> tuple[str, list[memoryview], int]:
    """Make a frame of parts: its unique token, the pieces to write in order, and its size."""
    contents = list(map(flat, parts))
    sizes = list(map(len, contents))
    _, end = _layout(sizes)
    token = secrets.token_hex(8)
    header = _HEADER.pack(_MAGIC, end, token.encode("ascii"), len(sizes))
    header += array("Q", sizes).tobytes()
    pieces = []
    for content in (memoryview(header), *contents):
        pieces += [content, memoryview(bytes(-len(content) % ALIGNMENT))]
    return token, pieces, end


def parts_of(content: memoryview, token: str, where: str) -> list[memoryview]:
    """The parts of a frame, as views; a StoreError if it is not the whole frame of that token."""
    with suppress(Exception):  # whatever wrong numbers lead to
        *found, count = _HEADER.unpack_from(content)
        first = _HEADER.size + 8 * count
        sizes = content[_HEADER.size : first].cast("Q").tolist()
        offsets, end = _layout(sizes)
        if found == [_MAGIC, end, token.encode()] and first <= end == len(content):
            return [content[at : at + size] for at, size in zip(offsets, sizes, strict=True)]
    raise StoreError(f"{where} is truncated, or has been written over", where)


def flat(part: Any) -> memoryview:
    """A bytes-like object as flat bytes."""
    return memoryview(part).cast("B")


def _layout(sizes: list[int]) -> tuple[list[int], int]:
    """Where each part begins, and the size of the frame."""
    header = _HEADER.size + 8 * len(sizes)
    *offsets, end = accumulate(size + -size % ALIGNMENT for size in (header, *sizes))
    return offsets, end
