"""Checksums of states: of all that is small, and of samples of large buffers.

What a checksum covers costs less than copying the state, whatever its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import ceil
from typing import Any
from zlib import crc32

SIZE = 4  # bytes of a checksum
_WHOLE = 1 << 18  # bytes of a buffer up to which it is covered as a whole
_STEP = 512  # words of a larger one, of which each time the first is covered
_PLACES = 1 << 16  # of a buffer that are covered at most
_WORD = 8  # bytes


def checksum(body: Any, buffers: Sequence[Any]) -> bytes:
    """The checksum of a state's pickle and its buffers.

    Of a buffer of more than 256 KiB it covers 8 bytes out of each 4096 and, of one of more than
    256 MiB, 65,536 places at the same distance. Whatever writes over more bytes than lie between
    two places changes some of them, unless the bytes that it writes are the same there.
    """
    return _sum(body, buffers).to_bytes(SIZE, "little")


def is_intact(expected: Any, body: Any, buffers: Sequence[Any]) -> bool:
    """Whether a state has the checksum that it had, or the one of earlier versions.

    That one covers the pickle alone.
    """
    number = int.from_bytes(expected, "little")
    return number == _sum(body, buffers) or number == crc32(body)


def _sum(body: Any, buffers: Sequence[Any]) -> int:
    number = 0
    for part in chain([body], map(_covered, buffers)):
        number = crc32(part, number)
    return number


def _covered(buffer: Any) -> Any:
    view = memoryview(buffer).cast("B")
    if len(view) <= _WHOLE:
        return view
    words = view[: len(view) // _WORD * _WORD].cast("Q")
    return words[:: max(_STEP, ceil(len(words) / _PLACES))].tobytes()
