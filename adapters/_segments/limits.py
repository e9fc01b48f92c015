"""Limits: which parts travel in segments, and how much memory these take."""

from __future__ import annotations

import os
from contextlib import suppress

from adapters import _owner

LEAST = 1 << 17  # bytes of a part: a smaller one is faster in the message
MOST_SEGMENTS = 64  # of a sender
CHUNK = 1 << 24  # bytes copied at once, after which other threads run and Ctrl-C is served
VARIABLE = "ADAPTERS_SEGMENTS_BYTES"


def most_bytes(folder: str) -> int:
    """How many bytes the segments in a folder may take.

    The variable ADAPTERS_SEGMENTS_BYTES says it; else it is half of the file system, and of the
    memory of this machine.

    Raises:
        ValueError: the variable is no number of bytes.
    """
    told = os.environ.get(VARIABLE, "").strip()
    if told:
        if not told.isdecimal():
            raise ValueError(f"{VARIABLE} is {told!r}, and has to be a number of bytes, such as 0")
        return int(told)
    found = os.statvfs(folder)
    most = found.f_blocks * found.f_frsize
    with suppress(AttributeError, OSError, ValueError):
        most = min(most, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return most // 2


def room_left(folder: str, most: int) -> int:
    """How many bytes new segments may take: within the limit, and a quarter stays free.

    Raises:
        OSError: the folder is gone.
    """
    found = os.statvfs(folder)
    with os.scandir(folder) as entries:
        used = sum(_size_of(entry) for entry in entries if entry.name != _owner.LOCK)
    return min((found.f_bavail - found.f_blocks // 4) * found.f_frsize, most - used)


def _size_of(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:  # its sender has removed it
        return 0


def size_class(size: int) -> int:
    """The largest size of the class of a size: a segment holds any part of its class.

    A class is an eighth of a power of two, so that a part wastes little.
    """
    step = max(1 << max(size - 1, 8).bit_length() - 4, 4096)
    return -(-size // step) * step
