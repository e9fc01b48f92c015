"""Ended: the segments of processes that have ended, without having removed them."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from adapters import _owner
from adapters._segments import header
from adapters._segments.processes import has_ended
from adapters._segments.segment import is_name, maker_of

_UNREAD = 3600.0  # seconds for which an unread part of a sender that has ended is kept, at most


def remove_ended(folder: str) -> None:
    """Remove the segments in a folder whose senders were killed, but for what may still be read."""
    ended: dict[tuple[int, int], bool] = {}
    for path in files_in(folder):
        name = os.path.basename(path)
        if not is_name(name):
            continue
        maker = maker_of(name)
        if maker not in ended:
            ended[maker] = has_ended(*maker)
        if ended[maker] and not is_awaited(path):
            unlink(path)


def is_awaited(path: str, *, sent: bool = False) -> bool:
    """Whether a part was handed over, and may be read; with `sent`, if its message was sent."""
    with suppress(OSError), open(path, "rb") as file:
        found = file.read(header.LAYOUT.size)
        is_young = os.fstat(file.fileno()).st_mtime > time.time() - _UNREAD
        if len(found) == header.LAYOUT.size and is_young:
            return found[header.STATE] == header.HANDED and found[header.SENT] >= sent
    return False


def files_in(folder: str) -> list[str]:
    """The files in a folder, but for its lock."""
    with suppress(OSError):
        names = os.listdir(folder)
        return [os.path.join(folder, name) for name in names if name != _owner.LOCK]
    return []


def unlink(path: str) -> None:
    """Remove a file, if it is there."""
    with suppress(OSError):
        os.unlink(path)
