"""Receiver: takes what was handed over, and gives its memory to the objects of this process.

An object that is kept keeps its segment. Its memory is as its own: no other process writes there.
A fork would share it with the child, so it becomes a private mapping of both before: pages that one
of them writes to are copied, and the sender does not use the segment again.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pickle import PickleBuffer
from threading import RLock
from time import monotonic

from adapters import _events, _owner
from adapters._segments import header, idle
from adapters._segments.home import on_close, remove_read
from adapters._segments.mapping import Mapping, kept, opened
from adapters._segments.segment import DESCRIPTORS
from adapters.errors import RebuildError

try:
    import resource
except ImportError:  # a system without POSIX
    resource = None  # type: ignore[assignment]

_FULL = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)

# Held while a part is taken: a fork waits for it.
_guard = RLock()


def take(path: str, token: int, size: int, readonly: bool = False) -> memoryview | RebuildError:
    """The memory of a part that was handed over: the caller's own, until its last view is gone.

    Args:
        path: The segment.
        token: Which part is in it.
        size: Its bytes.
        readonly: Whether the memory is to be read only.

    Returns:
        The memory, or why there is none: a message has to arrive, whatever is in it.
    """
    try:
        with _guard:
            if (mapping := _mapping_of(path, size)) is None:
                view = memoryview(_copied(path, token, size))
            else:
                view = mapping.take(token, size)
    except FileNotFoundError:
        if _owner.is_seen(os.path.dirname(path)):
            return _lost(path, "is gone: its sender has ended, or it was removed")
        return _lost(path, "is on another host, or in another container")
    except (OSError, ValueError, MemoryError) as error:
        return _lost(path, f"cannot be used: {str(error) or 'there is no memory left'}")
    idle.watch(_keeper)
    if _events.observer is not None:
        _events.observer.record("segment", "received", (0, size))
    # Behind a PickleBuffer, the memory is that of a read-only view: nobody else can write there.
    return memoryview(PickleBuffer(view.toreadonly())) if readonly else view


def _lost(path: str, problem: str) -> RebuildError:
    advice = "ADAPTERS_SEGMENTS_BYTES=0 sends all parts in the message"
    message = f"a large part of the message is lost: the segment {path} {problem}; {advice}"
    return RebuildError(message, path)


def _mapping_of(path: str, size: int) -> Mapping | None:
    """The mapping of a segment; None if this process can have no more descriptors or mappings."""
    mapping = kept.get(path)
    if mapping is None or not mapping.holds(size):
        if not _may_map():
            return None
        try:
            mapping = Mapping(path)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            _keeper.trim(monotonic())
            return None
        kept[path] = mapping
    if not mapping.holds(size):
        raise ValueError("it is truncated")
    return mapping


def _may_map() -> bool:
    """Whether mappings leave the process three quarters of the descriptors that it may have."""
    if resource is None:
        return True
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or 4 * DESCRIPTORS * len(kept) < limit:
        return True
    _keeper.trim(monotonic())
    return 4 * DESCRIPTORS * len(kept) < limit


def _copied(path: str, token: int, size: int) -> bytearray:
    """A copy of a part, whose segment is free again at once."""
    with open(opened(path), "r+b", buffering=0) as file:
        header.check(file.read(header.LAYOUT.size), token)
        try:
            data = bytearray(size)
            with memoryview(data) as rest:
                file.seek(header.DATA)
                position = 0
                while found := file.readinto(rest[position:]):
                    position += found
            if position < size:
                raise ValueError("it is truncated")
        finally:
            file.seek(header.STATE)
            file.write(bytes([header.FREE]))
        if file.read(1) != b"\0":  # closed
            remove_read(path)
    return data


class _Keeper:
    """What keeps the mappings that no object has."""

    def trim(self, unused_since: float) -> bool:
        """Unmap what was not used; as `idle.Trimmable`."""
        with _guard:
            for path, mapping in list(kept.items()):
                if not mapping.is_held() and (mapping.is_closed() or mapping.used < unused_since):
                    kept.pop(path, None)
            return bool(kept)


_keeper = _Keeper()


def _drop(folder: str) -> None:
    """Unmap the segments of a folder that is gone, but for those that an object has."""
    with _guard:
        for path, mapping in list(kept.items()):
            if os.path.dirname(path) == folder and not mapping.is_held():
                kept.pop(path, None)


on_close.append(_drop)


def _before_fork() -> None:
    idle.stop()  # it may wait for the guard
    _guard.acquire()
    retired = [mapping.retire() for mapping in list(kept.values())]
    if not all(retired):
        raise MemoryError("a child that is forked now shares arrays that this process received")


def _after_fork() -> None:
    """In a forked child: the mappings that no object has are the parent's alone."""
    global _guard
    _guard = RLock()
    with suppress(Exception):
        kept.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _guard.release(),
        after_in_child=_after_fork,
    )
