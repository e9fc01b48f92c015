"""Frame: several parts as one stretch of bytes, each aligned, with what shows that it is whole.

A frame is a header, the size of each part, and the parts. The header is: whether the frame was
deleted (1 byte), a mark (7), the size of the frame (8), its token (16), the number of parts (8).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import accumulate
from struct import Struct
from typing import Any

from adapters.errors import StoreError

FLAG = slice(0, 1)  # where a store may write DELETED
DELETED = b"\1"
_ALIGNMENT = 64  # bytes: a cache line, and the most that vector instructions ask for
_HEADER = Struct("=?7sQ16sQ")
_SIZE = Struct("=Q")
_MARK = b"adapter"


def frame(parts: Sequence[Any]) -> tuple[str, list[memoryview], int]:
    """A frame of bytes-like objects.

    Returns:
        A token that no other frame has, the pieces to be written one after the other, their size.
    """
    contents = list(map(flat, parts))
    sizes = list(map(len, contents))
    _, end = _layout(sizes)
    token = secrets.token_hex(8)
    header = _HEADER.pack(False, _MARK, end, token.encode("ascii"), len(sizes))
    header += b"".join(map(_SIZE.pack, sizes))
    pieces = []
    for content in (memoryview(header), *contents):
        pieces += [content, memoryview(bytes(-len(content) % _ALIGNMENT))]
    return token, pieces, end


def parts_of(content: memoryview, token: str, where: str) -> list[memoryview]:
    """The parts of a frame, as views of it.

    Raises:
        StoreError: it is not the whole frame with that token; the message begins with `where`.
    """
    try:
        _, *found, count = _HEADER.unpack_from(content)
        first = _HEADER.size + count * _SIZE.size
        sizes = [size for (size,) in _SIZE.iter_unpack(content[_HEADER.size : first])]
        offsets, end = _layout(sizes)
        whole = found == [_MARK, end, token.encode()] and end == len(content) and first <= end
    except Exception:  # struct.error, and what wrong numbers lead to
        whole = False
    if not whole:
        raise StoreError(f"{where} is truncated, or has been written over", where)
    return [content[offset : offset + size] for offset, size in zip(offsets, sizes, strict=True)]


def flat(part: Any) -> memoryview:
    """A bytes-like object as flat bytes."""
    return memoryview(part).cast("B")


def _layout(sizes: list[int]) -> tuple[list[int], int]:
    """Where each part begins, and the size of the frame."""
    header = _aligned(_HEADER.size + len(sizes) * _SIZE.size)
    *offsets, end = accumulate(map(_aligned, sizes), initial=header)
    return offsets, end


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
