"""The folders of this process in directories, and a number for each of its states there."""

from __future__ import annotations

import os
from threading import RLock
from typing import Any

from adapters import _owner
from adapters.stores._flags import COUNT, NONE


class _Folder:
    """A folder that this process owns until its last state is deleted."""

    __slots__ = ("live", "next", "owner", "place")

    def __init__(self, place: tuple[str, Any], owner: _owner.Owner) -> None:
        self.place = place
        self.owner = owner
        self.next = 0  # number
        self.live: set[int] = set()


# Reentrant, as the garbage collector may find a handle, whose finalizer deletes a state.
_lock = RLock()
_folders: dict[str, _Folder] = {}  # by path
_current: dict[tuple[str, Any], _Folder] = {}  # by directory and user


def reserve(directory: str) -> tuple[str, int]:
    """A folder of this process in a directory, and the number of a new state there.

    Raises:
        OSError: the folder cannot be made.
    """
    place = directory, os.geteuid() if hasattr(os, "geteuid") else None
    with _lock:
        folder = _current.get(place)
        if folder is None or folder.next == COUNT or not folder.owner.is_here():
            folder = _Folder(place, _owner.claim(directory, NONE))
            _folders[folder.owner.folder] = _current[place] = folder
        number = folder.next
        folder.next += 1
        folder.live.add(number)
        return folder.owner.folder, number


def release(path: str, number: int, *, is_gone: bool = False) -> None:
    """Give up a number, and with the last one its folder; does nothing where it is not reserved.

    If somebody has removed the folder, `is_gone`, none of its numbers is of use any longer.
    """
    with _lock:
        folder = _folders.get(path)
        if folder is not None:
            folder.live.discard(number)
            if is_gone or not folder.live:
                del _folders[path]
                if _current.get(folder.place) is folder:
                    del _current[folder.place]
                folder.owner.release()


def is_reserved(path: str, number: int) -> bool:
    """Whether this process has reserved a number of a folder, and not given it up."""
    with _lock:
        folder = _folders.get(path)
        return folder is not None and folder.owner.is_here() and number in folder.live


def path_of(folder: str, number: int, ending: str) -> str:
    """The file of a number: the key of a state, where it ends with a token."""
    return os.path.join(folder, f"{number}.{ending}")


def _after_fork() -> None:
    """In a forked child: use no folder of the parent, nor its lock."""
    global _lock
    _lock = RLock()
    _folders.clear()
    _current.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
