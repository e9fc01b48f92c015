"""The process of a multiprocessing.Manager, which ends with a block, on Ctrl-C and when killed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.managers import SyncManager

from demos._support import interrupts
from demos._support.workers import JOIN_TIMEOUT, WorkerError


@contextmanager
def started_manager(context: BaseContext) -> Iterator[tuple[SyncManager, int]]:
    """Start a Manager, and end it and all that was started since with the block.

    Yields:
        The Manager, and the pid of its process.

    Raises:
        WorkerError: the Manager does not answer.
    """
    others = set(multiprocessing.active_children())
    try:
        manager = SyncManager(ctx=context)
        with interrupts.deferred():
            manager.start(initializer=interrupts.initialize_child)
        with manager:
            [server] = set(multiprocessing.active_children()) - others
            yield manager, server.pid or 0
    except (EOFError, OSError) as error:
        for child in set(multiprocessing.active_children()) - others:
            child.kill()
            child.join(JOIN_TIMEOUT)
        raise WorkerError(f"the Manager's process does not answer: {error!r}") from error
