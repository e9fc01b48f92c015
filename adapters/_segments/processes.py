"""Processes as the header of a segment names them: whether one that has taken it has ended."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache


def identity() -> tuple[int, int]:
    """The id of this process, and the namespace in which it has that id."""
    process = os.getpid()
    return process, _namespace(process)


def has_ended(process: int, namespace: int) -> bool:
    """Whether a process is known to have ended; where its id means another one here, it is not."""
    if not process or namespace != _namespace(os.getpid()):
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it belongs to another user
        pass
    return False


@cache  # which a child forgets: in a namespace of its own it may have the same id
def _namespace(process: int) -> int:
    """The namespace of the ids that this process sees; `process` is its own."""
    with suppress(OSError):
        return os.stat("/proc/self/ns/pid").st_ino
    return 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_namespace.cache_clear)
