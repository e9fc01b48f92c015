"""Ctrl-C where Python would lose it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deferred(by_fork: bool) -> Iterator[None]:
    """Defer SIGINT, in this thread, while a child process is started in the block.

    A fork calls functions of `os.register_at_fork`, in which a KeyboardInterrupt is printed and
    lost. The child inherits that the signal is blocked: it calls `forget`.

    Args:
        by_fork: Whether the child is forked; otherwise, nothing is deferred.
    """
    if not (by_fork and hasattr(signal, "pthread_sigmask")):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def forget() -> None:
    """In a child: unblock SIGINT, and forget one that has come, as the parent has got it, too."""
    if hasattr(signal, "pthread_sigmask"):
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
