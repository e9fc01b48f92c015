"""Spare files: those of large states that were deleted, kept for a while for the next states.

Most of the time of a write into a new file goes into its pages, which the system has to find and to
map. An owner that shares again and again copies into the pages of a spare file instead, through a
mapping that it keeps. That is safe once no process has the file open or mapped any longer: whoever
has got a state may read it for ever.

A spare file lies in the folder of its owner, under a name that is no key, and goes with the folder.
"""

from __future__ import annotations

import gc
import mmap
import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any
from weakref import WeakSet

from adapters._segments.segment import UNTRACKED, touch
from adapters._user_folder import is_private
from adapters.stores._files import FLAGS, LARGE
from adapters.stores._folder import is_reserved, path_of, release, reserve
from adapters.stores._lease import can_tell, is_free

_COUNT = 4  # spare files at most, and as many of states that have a mapping
_IDLE = 10.0  # seconds: an owner that pauses for longer does not notice what a new file costs
_CHUNK = 1 << 20  # bytes of one copy, after which other threads run and Ctrl-C is served


class _File:
    """The file of a large state, in use or spare, and its mapping once it was filled again."""

    __slots__ = (
        "__weakref__",
        "_descriptor",
        "_directory",
        "_found",
        "_mapping",
        "_path",
        "_place",
        "_process",
        "since",
    )

    def __init__(self, path: str) -> None:
        self._process = os.getpid()
        self._path = path
        self._directory = ""
        self._place: tuple[str, int] | None = None  # folder and number, while it is spare
        self._mapping: mmap.mmap | None = None
        self.since = 0.0
        self._descriptor = os.open(path, os.O_RDWR | FLAGS)
        self._found = os.fstat(self._descriptor)
        _files.add(self)

    def become_spare(self, directory: str) -> None:
        """Take the file away from its key."""
        place = reserve(directory)
        path = path_of(*place, "spare")
        try:
            os.rename(self._path, path)
        except OSError:  # somebody has removed it
            release(*place)
            raise
        self._path, self._place, self._directory = path, place, directory
        self.since = monotonic()

    def fits(self, directory: str, size: int) -> bool:
        """Whether it may be the file of a state of that size, which takes half of it or more."""
        is_here = self._process == os.getpid() and self._directory == directory
        return is_here and size <= self._found.st_size <= 2 * size

    def is_free(self) -> bool:
        """Whether nothing else refers to the file, and nothing has changed it."""
        try:
            found = os.fstat(self._descriptor)
            if not os.path.samestat(found, os.stat(self._path)):  # the descriptor is another's
                return False
        except OSError:
            return False
        is_as_it_was = found.st_size == self._found.st_size and found.st_nlink == 1
        return is_as_it_was and is_private(found) and is_free(self._descriptor)

    def become_state(self, token: str, pieces: Sequence[memoryview], size: int) -> str:
        """Write a frame of that size into the file, and give it the key that is returned."""
        assert self._place is not None
        if self._mapping is None:  # from this descriptor: no other may have the file open
            self._mapping = mmap.mmap(self._descriptor, self._found.st_size, **UNTRACKED)
        os.truncate(self._descriptor, size)  # what is mapped beyond it is not used
        self._found = os.fstat(self._descriptor)
        end = 0
        for piece in pieces:
            for at in range(0, len(piece), _CHUNK):
                chunk = piece[at : at + _CHUNK]
                start, end = end, end + len(chunk)
                touch(self._mapping, start, end)
                self._mapping[start:end] = chunk
        spare, self._path = self._path, path_of(*self._place, token)
        os.rename(spare, self._path)
        self._place = None
        return self._path

    def remove(self) -> None:
        """Remove a spare file, but not that of a parent process."""
        self.close()
        if self._place is not None and self._process == os.getpid():
            for path in (self._path, path_of(*self._place, "spare")):
                with suppress(OSError):
                    os.unlink(path)
            release(*self._place)

    def close(self) -> None:
        """Close the descriptor and the mapping, which hold the memory of a file that is gone."""
        if self._mapping is not None:
            self._mapping.close()
        with suppress(OSError):
            if os.path.samestat(self._found, os.fstat(self._descriptor)):
                os.close(self._descriptor)


# Handles are deleted by finalizers, at any moment and in any thread. So there is no lock: a file
# belongs to the one that has taken it out of these.
_spares: deque[_File] = deque()
_filled: dict[str, _File] = {}  # by key: states in files that were spare

_files: WeakSet[_File] = WeakSet()
_closed_in = ""  # the directory of the last large state that was deleted
_again_in = ""  # a directory into which a large state was put after another was deleted there
_ended = False  # this process


def fill(directory: str, token: str, pieces: Sequence[memoryview], size: int) -> str | None:
    """Put a state into a spare file of a directory.

    Args:
        directory: That of the store.
        token: The token of the frame.
        pieces: What to write, in order.
        size: The bytes of all pieces.

    Returns:
        The key; None if no spare file fits and is free.
    """
    global _again_in
    if size < LARGE:
        return None
    if directory == _closed_in != _again_in:
        from adapters._segments.exits import at_exit  # it imports multiprocessing

        _again_in = directory
        let_go()  # those of another directory
        at_exit(_end)
    for file in _taken():
        if not file.fits(directory, size) or not file.is_free():
            _spares.append(file)
            continue
        try:
            key = file.become_state(token, pieces, size)
        except OSError:
            file.remove()
            return None
        except BaseException:
            file.remove()
            raise
        if len(_filled) < _COUNT:
            _filled[key] = file
        else:
            file.close()
        return key
    return None


def keep(key: str, folder: str, number: int) -> bool:
    """Make a spare file of that of a state; False if it is to be removed.

    It is kept if the state is large, this process owns it and shares again and again in the
    directory, leases tell which files are in use there, and there is room.
    """
    global _closed_in
    file = _filled.pop(key, None)
    directory = os.path.dirname(os.path.dirname(folder))
    with suppress(OSError):
        found = os.stat(key)
        if found.st_size >= LARGE and is_reserved(folder, number):
            _closed_in = directory
            if directory == _again_in and not _ended and _is_kept(directory, found):
                file = file or _File(key)
                file.become_spare(directory)
                _spares.append(file)
                if _at_collection not in gc.callbacks:
                    gc.callbacks.append(_at_collection)
                if len(_spares) > _COUNT:
                    next(_taken()).remove()
                return True
    if file is not None:
        file.close()
    return False


def let_go(idle: float = 0.0) -> None:
    """Remove the spare files that are spare for so many seconds, which gives their memory back."""
    now = monotonic()
    for file in _taken():
        if now - file.since >= idle:
            file.remove()
        else:
            _spares.append(file)


def _taken() -> Iterator[_File]:
    """Take out one spare file after the other, the oldest first."""
    for _ in range(len(_spares)):
        try:
            file = _spares.popleft()
        except IndexError:  # another thread has taken it
            return
        yield file


def _is_kept(directory: str, found: os.stat_result) -> bool:
    room = os.statvfs(directory)
    return room.f_bavail * room.f_frsize >= _COUNT * found.st_size and can_tell(found.st_dev)


def _at_collection(phase: str, _: dict[str, Any]) -> None:
    """Remove what is idle.

    A thread that waits would cause a warning at each fork (python/cpython#100228), and must not be
    started by a finalizer.
    """
    if _spares and phase == "stop":
        let_go(_IDLE)


def _end() -> None:
    """At the end of the process: keep nothing, whether handles are deleted before or after that."""
    global _ended
    _ended = True
    let_go()


def _after_fork() -> None:
    """In a forked child: hold none of the parent's files."""
    global _closed_in, _again_in
    _closed_in = _again_in = ""
    for file in list(_files):
        file.close()
    _spares.clear()
    _filled.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
