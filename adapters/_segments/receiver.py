"""Receiver: takes what was handed over, and gives its memory to the objects of this process.

An object that is kept keeps its segment. Its memory is as its own: no other process writes there.
A fork would share it with the child, so it becomes a private mapping of both before: pages that one
of them writes to are copied, and the sender does not use the segment again.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import stat
import weakref
from contextlib import suppress
from threading import RLock
from time import monotonic
from typing import Any

from adapters import _owner
from adapters._segments import header, idle
from adapters._segments.home import KIND, on_close, remove_read
from adapters._segments.processes import identity
from adapters._segments.segment import DESCRIPTORS, is_name, mapped
from adapters._user_folder import is_private
from adapters.errors import RebuildError

try:
    import resource
except ImportError:  # a system without POSIX
    resource = None  # type: ignore[assignment]

_MAP_FIXED = 0x10  # the same on all systems that have it
_FLAGS = os.O_RDWR | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))


class _Mapping:
    """A segment that is mapped here; one object at a time has its memory.

    Raises:
        OSError: it cannot be opened or mapped.
        ValueError: it is no segment.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.used = monotonic()
        self._exporter: weakref.ref[Any] | None = None
        self._descriptor = _opened(path)
        try:
            size = os.fstat(self._descriptor).st_size
            if size <= header.DATA:
                raise ValueError("it is truncated")
            self.memory = mapped(self._descriptor, size)
            if self.memory[: len(header.MAGIC)] != header.MAGIC:
                raise ValueError("it has been written over")
            self._type = ctypes.c_ubyte * (size - header.DATA)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __del__(self) -> None:
        if getattr(self, "memory", None) is not None and self._descriptor >= 0:
            os.close(self._descriptor)

    def holds(self, size: int) -> bool:
        """Whether a part of that size is mapped."""
        return header.DATA + size <= len(self.memory)

    def take(self, token: int, size: int) -> memoryview:
        """The memory of a part; raises ValueError if it does not hold that part any more."""
        found = header.LAYOUT.unpack_from(self.memory)
        if found[1:3] != (token, header.HANDED):
            raise ValueError("another part is in it by now, or it was taken before")
        header.TAKER_LAYOUT.pack_into(self.memory, header.TAKER, *identity())
        self.memory[header.STATE] = header.TAKEN
        exporter = self._type.from_buffer(self.memory, header.DATA)
        self._exporter = weakref.ref(exporter)
        weakref.finalize(exporter, self._let_go).atexit = False
        if self.memory[header.CLOSED]:
            remove_read(self.path)
        return memoryview(exporter).cast("B")[:size]

    def _let_go(self) -> None:
        """When the last view is gone, wherever the garbage collector finds it: without a lock."""
        self.used = monotonic()
        self._exporter = None
        self.memory[header.STATE] = header.FREE
        if self.memory[header.CLOSED]:
            _mappings.pop(self.path, None)

    def is_closed(self) -> bool:
        """Whether the sender will not use it again."""
        return bool(self.memory[header.CLOSED])

    def is_held(self) -> bool:
        """Whether an object has its memory."""
        return self._exporter is not None

    def retire(self) -> None:
        """Make the memory that an object has that of this process and its children, each its own.

        The mapping stays where it is, with what is in it, and becomes a private one.
        """
        exporter: Any = self._exporter and self._exporter()
        if exporter is None:
            return
        self.memory[header.STATE] = header.RETIRED
        address = ctypes.addressof(exporter) - header.DATA
        protection = mmap.PROT_READ | mmap.PROT_WRITE
        flags = mmap.MAP_PRIVATE | _MAP_FIXED
        _mmap()(address, len(self.memory), protection, flags, self._descriptor, 0)
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)
        _mappings.pop(self.path, None)


# Held while a part is taken: a fork waits for it.
_guard = RLock()
_mappings: dict[str, _Mapping] = {}  # by path


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
    except (OSError, ValueError) as error:
        return _lost(path, f"cannot be used: {error}")
    idle.watch(_keeper)
    return view.toreadonly() if readonly else view


def _lost(path: str, problem: str) -> RebuildError:
    return RebuildError(f"a large part of the message is lost: the segment {path} {problem}", path)


def _mapping_of(path: str, size: int) -> _Mapping | None:
    """The mapping of a segment; None if this process has no descriptor left for another one."""
    mapping = _mappings.get(path)
    if mapping is None or not mapping.holds(size):
        if not _may_map():
            return None
        mapping = _mappings[path] = _Mapping(path)
    if not mapping.holds(size):
        raise ValueError("it is truncated")
    return mapping


def _may_map() -> bool:
    """Whether mappings leave the process three quarters of the descriptors that it may have."""
    if resource is None:
        return True
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or 4 * DESCRIPTORS * len(_mappings) < limit:
        return True
    _keeper.trim(monotonic())
    return 4 * DESCRIPTORS * len(_mappings) < limit


def _copied(path: str, token: int, size: int) -> bytearray:
    """A copy of a part, whose segment is free again at once."""
    mapping = _Mapping(path)  # kept by nothing
    return bytearray(mapping.take(token, size))


def _opened(path: str) -> int:
    """Open a segment.

    Raises:
        OSError: it cannot be opened.
        ValueError: this is no segment of this user.
    """
    folder, name = os.path.split(path)
    if not (is_name(name) and _owner.is_name(os.path.basename(folder), KIND)):
        raise ValueError("this is no name of a segment")
    descriptor = os.open(path, _FLAGS)
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and is_private(found):
        return descriptor
    os.close(descriptor)
    raise ValueError("it is another user's, or no file")


def _mmap() -> Any:
    function = ctypes.CDLL(None).mmap
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    return function


class _Keeper:
    """What keeps the mappings that no object has."""

    def trim(self, unused_since: float) -> bool:
        """Unmap what was not used; as `idle.Trimmable`."""
        with _guard:
            for path, mapping in list(_mappings.items()):
                if not mapping.is_held() and (mapping.is_closed() or mapping.used < unused_since):
                    _mappings.pop(path, None)
            return bool(_mappings)


_keeper = _Keeper()


def _drop(folder: str) -> None:
    """Unmap the segments of a folder that is gone, but for those that an object has."""
    with _guard:
        for path, mapping in list(_mappings.items()):
            if os.path.dirname(path) == folder and not mapping.is_held():
                _mappings.pop(path, None)


on_close.append(_drop)


def _before_fork() -> None:
    _guard.acquire()
    for mapping in list(_mappings.values()):
        mapping.retire()


def _after_fork() -> None:
    """In a forked child: the mappings that no object has are the parent's alone."""
    global _guard
    _guard = RLock()
    with suppress(Exception):
        _mappings.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _guard.release(),
        after_in_child=_after_fork,
    )
