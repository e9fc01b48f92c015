"""Home: the folder of segments, which is gone when its owner closes it or has ended.

An executor has a folder for the segments of its process and of its workers. A process that sends
over connections has one, too. What it has sent, and nobody has read, stays when it ends, as it does
in a pipe: for an hour at most, and no longer than the process lives that has started it.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from adapters import _owner, _sweep
from adapters._segments import header
from adapters._segments.ended import files_in, is_awaited, unlink
from adapters._segments.exits import at_exit
from adapters._segments.limits import most_bytes
from adapters._segments.processes import has_ended, identity
from adapters._segments.sender import close_sender

KIND = ".segments"  # of the folder, as in `_owner`

_homes: list[Home] = []
on_close: list[Callable[[str], object]] = []  # called with a folder that is gone


class Home:
    """A folder for segments, of which this process is the owner.

    Args:
        keep_unread: Whether parts that were sent and not read stay there when this process ends.

    Attributes:
        folder: The folder; "" if segments cannot be used here.

    Raises:
        ValueError: the variable ADAPTERS_SEGMENTS_BYTES is no number of bytes.
    """

    def __init__(self, *, keep_unread: bool = False) -> None:
        self._keep_unread = keep_unread
        self._owner: _owner.Owner | None = None
        self.folder = ""
        if not _owner.HAS_LOCKS or not hasattr(os, "pwrite"):
            return
        with suppress(OSError):  # there is no room, or no permission
            directory = _directory()
            if most_bytes(directory) > 0:
                self._claim(directory)

    def _claim(self, directory: str) -> None:
        _sweep.sweep(directory, _clear, KIND)
        self._owner = _owner.claim(directory, _heir() if self._keep_unread else b"", KIND)
        self.folder = self._owner.folder
        _homes.append(self)
        sweep_at_exit()

    def close(self) -> None:
        """Remove the folder, with all that may be removed."""
        owner, self._owner = self._owner, None
        if owner is None or not owner.is_here():
            return
        with suppress(ValueError):
            _homes.remove(self)
        close_sender(self.folder, keep_unread=self._keep_unread)
        if self._keep_unread:
            owner.leave()
            with suppress(OSError):
                _sweep.remove_dead(self.folder, _clear)
        else:
            with suppress(OSError):  # a worker that has not ended may make files
                owner.folder = _sweep.rename(self.folder)
            for _ in range(2):  # it may be just about to make one
                _unlink_all(owner.folder)
                owner.release()
        for function in on_close:
            function(self.folder)


def remove_read(path: str) -> None:
    """Remove a segment that its sender has left, and its folder with the last one."""
    unlink(path)
    with suppress(OSError):
        _sweep.remove_dead(os.path.dirname(path), _clear)


def _directory() -> str:
    memory = "/dev/shm"
    if os.access(memory, os.W_OK):
        return memory
    import tempfile

    return tempfile.gettempdir()


def _heir() -> bytes:
    """What the file LOCK holds: the process for which unread parts are kept."""
    parent = multiprocessing.parent_process()
    return header.PROCESS.pack(0 if parent is None else parent.pid, identity()[1])


def _clear(folder: str, *, at_end: bool = False) -> None:
    """Remove what is in the folder of an owner that has ended, but for what may still be read.

    With `at_end`, this process ends, too, and is one that reads no more.
    """
    heir = b""
    with suppress(OSError), open(os.path.join(folder, _owner.LOCK), "rb") as lock:
        heir = lock.read(header.PROCESS.size)
    if len(heir) == header.PROCESS.size:
        process = header.PROCESS.unpack(heir)
        if not (has_ended(*process) or (at_end and process == identity())):
            for path in files_in(folder):
                if not is_awaited(path, sent=True):
                    unlink(path)
            return
    _unlink_all(folder)


def _unlink_all(folder: str) -> None:
    for path in files_in(folder):
        unlink(path)


def sweep_at_exit() -> None:
    """When this process ends, remove what children of it have left that were killed."""
    at_exit(_close_all)


def _close_all() -> None:
    for home in list(_homes):
        home.close()
    with suppress(OSError):
        _sweep.sweep(_directory(), partial(_clear, at_end=True), KIND)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_homes.clear)
