"""Mapping: a segment as its receiver has it, which gives its memory to one object at a time."""

from __future__ import annotations

import ctypes
import mmap
import os
import stat
import weakref
from time import monotonic
from typing import Any

from adapters import _owner
from adapters._segments import header
from adapters._segments.home import KIND, remove_read
from adapters._segments.processes import identity
from adapters._segments.segment import is_name, mapped
from adapters._user_folder import is_private

_MAP_FIXED = 0x10  # the same on all systems that have it
_FLAGS = os.O_RDWR | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))

kept: dict[str, Mapping] = {}  # for the next part, by path; all that an object has are here


class Mapping:
    """A segment that is mapped here; one object at a time has its memory.

    Args:
        path: The segment.

    Raises:
        OSError: it cannot be opened or mapped.
        ValueError: it is no segment.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.used = monotonic()
        self._exporter: weakref.ref[Any] | None = None
        self._end = header.FREE  # the state when the last view is gone
        self._descriptor = -1
        self._descriptor = opened(path)
        try:
            size = os.fstat(self._descriptor).st_size
            if size <= header.DATA:
                raise ValueError("it is truncated")
            self.memory = mapped(self._descriptor, size)
            self._type = ctypes.c_ubyte * (size - header.DATA)
        except BaseException:
            self._close()
            raise

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0 and os is not None:  # None: the interpreter is shutting down
            os.close(descriptor)

    def holds(self, size: int) -> bool:
        """Whether a part of that size is mapped."""
        return header.DATA + size <= len(self.memory)

    def take(self, token: int, size: int) -> memoryview:
        """The memory of a part; raises ValueError if it does not hold that part any more."""
        header.check(self.memory[: header.LAYOUT.size], token)
        exporter = self._type.from_buffer(self.memory, header.DATA)
        # The collector calls finalizers before `__del__` of what is in the same cycle, which may
        # use the memory, or keep it. It leaves alone what it does not track: then the finalizer is
        # called when the last reference is gone.
        _untrack(exporter)
        self._exporter = weakref.ref(exporter)
        weakref.finalize(exporter, self._let_go).atexit = False
        header.PROCESS.pack_into(self.memory, header.TAKER, *identity())
        self.memory[header.STATE] = header.TAKEN
        if self.memory[header.CLOSED]:
            remove_read(self.path)
        return memoryview(exporter).cast("B")[:size]

    def _let_go(self) -> None:
        """When the last view is gone, wherever the garbage collector finds it: without a lock."""
        self.used = monotonic()
        self._exporter = None
        # Before it is free: from then on another thread may take the next part in it.
        if self.memory[header.CLOSED]:
            kept.pop(self.path, None)
        self.memory[header.STATE] = self._end

    def is_closed(self) -> bool:
        """Whether the sender will not use it again."""
        return bool(self.memory[header.CLOSED])

    def is_held(self) -> bool:
        """Whether an object has its memory."""
        return self._exporter is not None

    def retire(self) -> bool:
        """Make the memory that an object has that of this process and its children, each its own.

        The mapping stays where it is, with what is in it, and becomes a private one.

        Returns:
            Whether that is so; False if the system has refused it.
        """
        exporter: Any = self._exporter and self._exporter()
        if exporter is None:
            return True
        self.memory[header.STATE] = self._end = header.RETIRED
        address = ctypes.addressof(exporter) - header.DATA
        protection = mmap.PROT_READ | mmap.PROT_WRITE
        flags = mmap.MAP_PRIVATE | _MAP_FIXED
        found = _mmap()(address, len(self.memory), protection, flags, self._descriptor, 0)
        if found != address:
            return False
        self._close()
        kept.pop(self.path, None)
        return True


def opened(path: str) -> int:
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


def _untrack(obj: Any) -> None:
    function = ctypes.pythonapi.PyObject_GC_UnTrack
    function.restype = None
    function.argtypes = [ctypes.py_object]
    function(obj)
