"""Idle: a thread that lets memory go that has not been used for a while, and then ends.

It ends at a fork, too: a process with one thread is to have one when it forks.
"""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import suppress
from time import monotonic
from typing import Protocol

from adapters.errors import suppress_failures

PATIENCE = 10.0  # seconds for which memory is kept that nobody uses
_PAUSE = 2.0  # seconds from one look to the next
_TIMEOUT = 1.0  # seconds for the thread to end at a fork


class Trimmable(Protocol):
    """Something that keeps memory for the next time."""

    def trim(self, unused_since: float) -> bool:
        """Let go what was not used since a time of `time.monotonic`; whether anything is left."""


_kept: weakref.WeakSet[Trimmable] = weakref.WeakSet()
# Reentrant, as a signal handler or the garbage collector may send something. It is not held while
# something is trimmed, which takes locks that a thread may hold that waits for this one.
_lock = threading.RLock()
_thread: _Thread | None = None


class _Thread(threading.Thread):
    def __init__(self) -> None:
        # A daemon, as the interpreter does not wait for it.
        super().__init__(name="adapters-segments", daemon=True)
        self.told_to_end = threading.Event()

    def run(self) -> None:
        while not self.told_to_end.wait(_PAUSE):
            with _lock:
                keepers = list(_kept)
                _kept.clear()
            left = [keeper for keeper in keepers if _has_left(keeper)]
            with _lock:
                _kept.update(left)
                if not _kept:
                    _forget(self)
                    return


def watch(keeper: Trimmable) -> None:
    """Trim something regularly, until it has nothing left."""
    with _lock:
        _kept.add(keeper)
        _start()


def stop() -> None:
    """End the thread before a fork, if the process has no other one; `watch` starts it again."""
    thread = _thread
    if thread is not None and threading.active_count() == 2:
        _forget(thread)
        thread.told_to_end.set()
        with suppress(RuntimeError):  # this is the thread, or it has yet to be started
            thread.join(_TIMEOUT)


def _has_left(keeper: Trimmable) -> bool:
    with suppress_failures():  # files that others have closed
        return keeper.trim(monotonic() - PATIENCE)
    return False


def _start() -> None:
    global _thread
    if _thread is None:
        _thread = thread = _Thread()
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down, or out of threads
            _forget(thread)


def _forget(thread: _Thread) -> None:
    global _thread
    if _thread is thread:
        _thread = None


def _after_fork() -> None:
    """In a forked child the thread does not run, and nothing of the parent's is trimmed."""
    global _lock, _thread, _kept
    _lock = threading.RLock()
    _thread = None
    _kept = weakref.WeakSet()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=stop, after_in_child=_after_fork)
