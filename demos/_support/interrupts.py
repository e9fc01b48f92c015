"""Ctrl-C and the death of the parent: the parent handles SIGINT, and children end with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait


@contextmanager
def deferred() -> Iterator[None]:
    """Defer SIGINT to the end of the block, and let children that start in it inherit that.

    A terminal sends SIGINT to each process of the program. A child inherits the blocked signal, so
    that it prints no traceback while its interpreter starts, before `initialize_child` runs.
    """
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # its start unblocks SIGINT in this process
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    elif threading.current_thread() is threading.main_thread():
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, handler)
    else:
        yield


def initialize_child() -> None:
    """Ignore SIGINT in this child process, and end it when its parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # an exception in this thread would not end a native call in the main thread
