"""Idle: a thread that lets memory go that has not been used for a while, and then ends."""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Protocol

PATIENCE = 10.0  # seconds for which memory is kept that nobody uses
_PAUSE = 2.0  # seconds from one look to the next


class Trimmable(Protocol):
    """Something that keeps memory for the next time."""

    def trim(self, unused_since: float) -> bool:
        """Let go what was not used since a time of `time.monotonic`; whether anything is left."""


_kept: weakref.WeakSet[Trimmable] = weakref.WeakSet()
_lock = Lock()
_runs = False


def watch(keeper: Trimmable) -> None:
    """Trim something regularly, until it has nothing left."""
    global _runs
    with _lock:
        _kept.add(keeper)
        if not _runs:
            # A daemon, as the interpreter does not wait for it. None starts while it shuts down.
            with suppress(RuntimeError):
                Thread(target=_run, name="adapters-segments", daemon=True).start()
                _runs = True


def _run() -> None:
    global _runs
    while True:
        sleep(_PAUSE)
        with _lock:
            for keeper in list(_kept):
                if not keeper.trim(monotonic() - PATIENCE):
                    _kept.discard(keeper)
            if not _kept:
                _runs = False
                return


def _after_fork() -> None:
    """In a forked child the thread does not run, and nothing of the parent's is trimmed."""
    global _lock, _runs
    _lock = Lock()
    _runs = False
    _kept.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
