"""Files of states: opened as what they have to be, and read or mapped."""

from __future__ import annotations

import ctypes
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakSet

from adapters._segments.segment import UNTRACKED, touch
from adapters._user_folder import is_private
from adapters.errors import StoreError
from adapters.stores._frame import ALIGNMENT

try:
    import resource
except ImportError:  # a system without POSIX
    resource = None  # type: ignore[assignment]

# The bytes of a file up to which it is read. Reading takes half of the time of mapping, or less,
# and holds no descriptor; what is mapped lies in memory once for all processes.
READ = 1 << 15
LARGE = 1 << 20  # bytes from which on all pages are mapped at once; below, at the first access
_CHUNK = 1 << 20  # bytes that are read at once
FLAGS = sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))

_mappings: WeakSet[mmap.mmap] = WeakSet()  # those that hold a descriptor


@contextmanager
def opened(path: str) -> Iterator[tuple[int, int]]:
    """Open a file of this user alone; gives its descriptor and its size.

    Raises:
        OSError: it cannot be opened.
        StoreError: it is another user's, or no file.
    """
    # A FIFO would wait for somebody who writes.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | FLAGS)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{path} is not a file; it has been replaced", "stores.Local")
        if not is_private(found):
            message = f"{path} belongs to another user, {found.st_uid}; it is not read"
            raise StoreError(message, "stores.Local")
        yield descriptor, found.st_size
    finally:
        os.close(descriptor)


def content(descriptor: int, size: int) -> memoryview:
    """The content of a file, read-only: its own memory or, for a small file, a copy."""
    if size > READ and _may_map():
        return memoryview(mapped(descriptor, size))
    return _read(descriptor, size)


def mapped(descriptor: int, size: int) -> mmap.mmap:
    """A read-only mapping of a file, which is one place for as long as something refers to it."""
    mapping = mmap.mmap(descriptor, size, access=mmap.ACCESS_READ, **UNTRACKED)
    if not UNTRACKED:
        _mappings.add(mapping)
    if size >= LARGE:
        touch(mapping, 0, size)
    return mapping


def _may_map() -> bool:
    """Whether mappings leave the process half of the descriptors that it may have."""
    if resource is None or not _mappings:
        return True
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return bool(limit == resource.RLIM_INFINITY or 2 * len(_mappings) < limit)


def _read(descriptor: int, size: int) -> memoryview:
    """A copy of the content, aligned as in a mapping; without what was cut off meanwhile."""
    block = bytes(size + ALIGNMENT)  # written to here alone, before anything else can refer to it
    address = ctypes.cast(ctypes.c_char_p(block), ctypes.c_void_p).value or 0
    start = end = -address % ALIGNMENT
    while chunk := os.read(descriptor, min(start + size - end, _CHUNK)):
        ctypes.memmove(address + end, chunk, len(chunk))
        end += len(chunk)
    return memoryview(block)[start:end]
