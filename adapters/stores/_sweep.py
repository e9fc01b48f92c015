"""Sweep: remove the states whose owner was killed before it could remove them."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path
from re import fullmatch
from zlib import crc32

from adapters import _owner, _sweep
from adapters.stores._flags import set_all_flags


def sweep(directory: str) -> None:
    """Remove what dead owners have left in a directory, unless it was swept just before."""
    _sweep.sweep(directory, _clear, others=_remove_if_dead)


def _clear(folder: str) -> None:
    """Mark all states of an owner as deleted, and remove them."""
    with suppress(OSError):
        set_all_flags(folder)
    for name in os.listdir(folder):
        if name != _owner.LOCK:
            with suppress(OSError):
                os.unlink(os.path.join(folder, name))


def _remove_if_dead(path: str) -> None:
    """Remove a file of earlier versions whose owner has ended."""
    if _is_of_the_dead(os.path.basename(path)):
        with suppress(OSError):
            os.unlink(path)


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
