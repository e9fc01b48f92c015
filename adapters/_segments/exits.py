"""Exits: functions that are called when a process ends, whichever way it was started."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from multiprocessing import util

_registered: set[Callable[[], object]] = set()


def at_exit(function: Callable[[], object]) -> None:
    """Call a function, which may be called twice, when this process ends."""
    if function not in _registered:
        _registered.add(function)
        atexit.register(function)
        # A forked child of multiprocessing ends without atexit (os._exit).
        util.Finalize(None, function, exitpriority=-100)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_registered.clear)
