"""Sweep: remove the states whose owner was killed before it could remove them.

There is no daemon: a process that puts a state into a directory sweeps it. It looks at the owners,
not at their states, and not each time.
"""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path
from re import fullmatch
from time import monotonic
from zlib import crc32

from adapters import _owner
from adapters._user_folder import folders_of, names_in
from adapters.stores._flags import set_all_flags

# Seconds from one look at a name to the next. A look takes a twentieth of it, so that this is the
# part of its time that a process sweeps at most.
_PAUSE = 1e-4
_next: dict[str, float] = {}  # when to sweep a directory again


def sweep(directory: str) -> None:
    """Remove what dead owners have left in a directory, unless it was swept just before."""
    now = monotonic()
    if now < _next.get(directory, now):
        return
    names = names_in(directory)
    looks = 1 + len(names)
    for folder in folders_of(directory, names):
        with suppress(OSError):  # another process has removed it
            names = os.listdir(folder)
            looks += len(names)
            for name in names:
                if _owner.is_name(name):
                    _owner.remove_dead(os.path.join(folder, name), _clear)
                elif _is_of_the_dead(name):
                    with suppress(OSError):
                        os.unlink(os.path.join(folder, name))
            os.rmdir(folder)  # if it is empty
    _next[directory] = now + _PAUSE * looks


def _clear(folder: str) -> None:
    """Mark all states of an owner as deleted, and remove them."""
    with suppress(OSError):
        set_all_flags(folder)
    for name in os.listdir(folder):
        if name != _owner.LOCK:
            with suppress(OSError):
                os.unlink(os.path.join(folder, name))


def _is_of_the_dead(name: str) -> bool:
    """Whether the owner of a file of earlier versions, HOST.PROCESS.START.TOKEN, has ended."""
    found = fullmatch(r"([0-9a-f]{8})\.([0-9]{1,9})\.[0-9]+\.\w+", name)
    if not found or os.name != "posix" or found[1] != _earlier_host():
        return False
    try:
        os.kill(int(found[2]), 0)
    except OSError as error:  # any other one says that it runs, as another user's
        return isinstance(error, ProcessLookupError)
    return False


@cache
def _earlier_host() -> str:
    """How earlier versions named the host, its current boot and the PID namespace."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        parts.append(os.readlink("/proc/self/ns/pid"))
    return f"{crc32(repr(parts).encode()):08x}"
