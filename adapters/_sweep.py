"""Sweep: remove what the owners of files have left that were killed before they could.

There is no daemon: a process that puts something into a directory sweeps it. It looks at the
owners, not at their files, and not each time.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, time

from adapters import _events, _owner
from adapters._user_folder import folders_of, names_in

_UNLOCKED = 60.0  # seconds after which a folder without a lock has no owner
# Seconds from one look at a name to the next. A look takes a twentieth of it, so that this is the
# part of its time that a process sweeps at most.
_PAUSE = 1e-4
_next: dict[tuple[str, str], float] = {}  # when to sweep a directory again, for files of a kind


def remove_dead(folder: str, clear: Callable[[str], object]) -> None:
    """If the owner of a folder has ended, call `clear` with the folder, and remove it.

    What `clear` leaves there keeps the folder.
    """
    with suppress(OSError):  # empty: its owner was killed before it made the lock
        os.rmdir(folder)
    with _owner.without_owner(folder) as is_dead:
        if is_dead:
            _events.debug("sweeping %s, whose owner has ended without doing so", folder)
            clear(folder)
            if os.listdir(folder) == [_owner.LOCK]:
                other = rename(folder)
                clear(other)
                _owner.remove(other)
            return
    if _has_lost_its_lock(folder):
        clear(folder)
        os.rmdir(folder)


def rename(folder: str) -> str:
    """Give an owner's folder another name: those who know the old one make no more files there."""
    parent, name = os.path.split(folder)
    first, second, rest = name.split(".", 2)
    other = os.path.join(parent, f"{first}.{second}.{secrets.token_hex(6)}{rest[12:]}")
    os.rename(folder, other)
    return other


def _has_lost_its_lock(folder: str) -> bool:
    """Whether somebody has removed the lock of a folder, which its owner makes at once."""
    with suppress(FileNotFoundError):  # another process has removed the folder
        if not os.path.lexists(os.path.join(folder, _owner.LOCK)):
            return os.stat(folder).st_mtime < time() - _UNLOCKED
    return False


def sweep(
    directory: str,
    clear: Callable[[str], object],
    kind: str = "",
    others: Callable[[str], object] | None = None,
) -> None:
    """Call `remove_dead` for the folders of a kind in a directory, unless it was swept just before.

    Args:
        directory: Where the folder of the user is.
        clear: As in `remove_dead`.
        kind: How the names of the folders end.
        others: Called with the path of whatever else is there.
    """
    now = monotonic()
    if now < _next.get((directory, kind), now):
        return
    names = names_in(directory)
    looks = 1 + len(names)
    for folder in folders_of(directory, names):
        with suppress(OSError):  # another process has removed it
            names = os.listdir(folder)
            looks += len(names)
            for name in names:
                path = os.path.join(folder, name)
                if _owner.is_name(name, kind):
                    remove_dead(path, clear)
                elif others is not None:
                    others(path)
            os.rmdir(folder)  # if it is empty
    _next[directory, kind] = now + _PAUSE * looks
