"""Body: a large pickle as a file, so that the memory of large objects in it is asked for at once.

An unpickler that reads from a file lets the file fill the memory of large `bytes` and bytearrays.
Most of their cost are the page faults; with large pages there are few.
"""

from __future__ import annotations

import ctypes
import mmap
from functools import cache
from typing import Any

from adapters._segments.limits import CHUNK

LARGE = 1 << 22  # bytes from which on large pages are asked for
_HUGE_PAGE = 1 << 21


class Body:
    """A file of the bytes of a view, from the beginning to the end."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._position = 0

    def read(self, size: int) -> bytes:
        """As that of files."""
        return bytes(self._next(size))

    def readinto(self, target: memoryview) -> int:
        """As that of files."""
        if len(target) >= LARGE:
            _ask_for_large_pages(target)
        count = 0
        for start in range(0, len(target), CHUNK):
            found = self._next(min(CHUNK, len(target) - start))
            target[start : start + len(found)] = found
            count += len(found)
        return count

    def readline(self) -> bytes:
        """As that of files."""
        start = end = self._position
        while end < len(self._view):
            end += 1
            if self._view[end - 1] == 0x0A:
                break
        return bytes(self._next(end - start))

    def _next(self, size: int) -> memoryview:
        found = self._view[self._position : self._position + size]
        self._position += len(found)
        return found


def _ask_for_large_pages(target: memoryview) -> None:
    """Advise the system to use large pages where no page is yet; it may have none."""
    if (advise := _madvise()) is not None:
        address = ctypes.addressof(ctypes.c_char.from_buffer(target))
        start = -(-address // _HUGE_PAGE) * _HUGE_PAGE
        end = (address + len(target)) // _HUGE_PAGE * _HUGE_PAGE
        advise(start, end - start, mmap.MADV_HUGEPAGE)


@cache
def _madvise() -> Any:
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return None
    function = ctypes.CDLL(None).madvise
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return function
