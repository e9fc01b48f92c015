"""Leases: whether any other process, or any view in this one, still has a file open or mapped.

The kernel grants a lease for writing (F_SETLEASE) to the only open file description of a file. A
mapping holds the description that it was made from until it ends, in forked children as well,
whether the descriptor was closed or the file removed.

That is so for tmpfs. A mapping of a file of overlayfs holds no description of that file, and the
lease is granted in spite of it, so no other file system is asked.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

try:
    import fcntl
except ImportError:  # a system without POSIX
    fcntl = None  # type: ignore[assignment]

_MOUNTS = "/proc/self/mountinfo"


def can_tell(device: int) -> bool:
    """Whether leases tell which files are in use, on the file system of that number."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError), open(_MOUNTS, encoding="utf-8", errors="replace") as mounts:
        for line in mounts:
            mounted, _, system = line.partition(" - ")
            if mounted.split(" ", 3)[2] == number:
                return system.startswith("tmpfs ")
    return False


def is_free(descriptor: int) -> bool:
    """Whether only this descriptor, its copies and mappings made from them are of the file.

    The answer holds for as long as no process can open the file.
    """
    try:
        # One who opens the file before the lease is given back causes a signal. That would be
        # SIGIO, which ends the process; this one is ignored.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    return True
