"""A worker that dies in the middle of an answer: the pool must hear of it.

The thread that manages a ProcessPoolExecutor, or loky's, reads a whole answer from the workers' one
pipe before it looks at the workers. Where a worker was killed while it wrote, the rest never comes,
and there is no end of file, since others hold the pipe open: every future would wait for ever. So
somebody else looks at the workers, too. Once one is dead and the manager has had time to see it,
the pool is beyond rescue; the pipe ends for the manager, and it breaks the pool as it always does.
"""

from __future__ import annotations

import os
import time
import weakref
from concurrent import futures
from contextlib import suppress
from multiprocessing.connection import wait
from select import select
from threading import Thread
from typing import Any

_LOOK = 0.5  # seconds after which new workers are seen
_GRACE = 1.0  # seconds for the manager to notice a death by itself


def watch(executor: futures.Executor) -> None:
    """Look at the workers of a pool for as long as it lives; nothing, where there is no pipe.

    To be called when the pool has been given its first task: then it has started its workers, and
    none of them is forked from a process with one thread more.
    """
    if os.name == "posix" and hasattr(executor, "_executor_manager_thread"):
        watcher = Thread(
            target=_look, args=(weakref.ref(executor),), name="adapters-watch", daemon=True
        )
        with suppress(RuntimeError):  # the interpreter ends, and starts no thread any more
            watcher.start()


def _look(reference: weakref.ref[Any]) -> None:
    # While it waits, this thread refers to nothing of the pool: should it be the last to let go of
    # a semaphore, and the interpreter end just then, the semaphore would count as leaked.
    while (sentinels := _sentinels(reference())) is not None:
        dead = wait(sentinels, _LOOK)
        if dead:
            time.sleep(_GRACE)
            if _is_lost(reference(), dead):
                return


def _sentinels(executor: Any) -> list[Any] | None:
    """Those of the workers, or None where nobody manages them any more."""
    manager = getattr(executor, "_executor_manager_thread", None)
    if manager is None or not manager.is_alive():
        return None
    return [process.sentinel for process in list((executor._processes or {}).values())]


def _is_lost(executor: Any, dead: list[Any]) -> bool:
    """Whether a worker has died, and the manager does not see it; then it will."""
    if _sentinels(executor) is None:
        return False
    # Two threads must not ask one process for its exit code: one of them hears wrong. The manager
    # asks those that it has taken off its list.
    left = [each for each in list(executor._processes.values()) if each.sentinel in dead]
    lost = any(process.exitcode for process in left)
    if lost:
        _end(executor._result_queue)
    return lost


def _end(pipe: Any) -> None:
    """Let the manager read the end of file: at once, or with what it has waited for."""
    with suppress(OSError), open(os.devnull, "rb") as null:  # of a pipe that was closed meanwhile
        os.dup2(null.fileno(), pipe._reader.fileno())
        if select([], [pipe._writer], [], 0)[1]:
            os.write(pipe._writer.fileno(), b"\0")
