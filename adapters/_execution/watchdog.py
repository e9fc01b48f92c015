"""What the manager of a pool overlooks: with it, a worker's death leaves nobody waiting for ever.

The thread that manages a ProcessPoolExecutor, or loky's, reads a whole answer from the workers' one
pipe before it looks at the workers. Where a worker was killed while it wrote, the rest never comes,
and there is no end of file, since others hold the pipe open: every future would wait for ever. So
somebody else looks at the workers, too. Once one is dead and the manager has had time to see it,
the pool is beyond rescue; the pipe ends for the manager, and it breaks the pool as it always does.
Older Pythons' managers can then get stuck or fail themselves; what they leave undone is done here.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.connection import wait
from select import select
from threading import Thread
from typing import Any

_LOOK = 0.5  # seconds after which new workers are seen
_GRACE = 1.0  # seconds for the manager to notice a death by itself
_FAILED = "the thread that manages this pool has failed; make a new one"


def watch(executor: futures.Executor) -> None:
    """Look at the workers of a pool for as long as it lives; nothing, where there is no pipe.

    To be called when the pool has been given its first task: then it has started its workers, and
    none of them is forked from a process with one thread more.
    """
    manager = getattr(executor, "_executor_manager_thread", None)
    if os.name == "posix" and manager is not None:
        watcher = Thread(
            target=_look, args=(weakref.ref(manager),), name="adapters-watch", daemon=True
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
            _show(reference(), dead)
    _finish(reference())


def _sentinels(manager: Any) -> list[Any] | None:
    """Those of the workers, or None where nobody manages them any more."""
    if manager is None or not manager.is_alive():
        return None
    return [process.sentinel for process in list(manager.processes.values())]


def _show(manager: Any, dead: list[Any]) -> None:
    """Where a worker has died, and the manager does not see it: now it will."""
    if _sentinels(manager) is None:
        return
    # Two threads must not ask one process for its exit code: one of them hears wrong. The manager
    # asks those that it has taken off its list.
    workers = list(manager.processes.values())
    left = [each for each in workers if each.sentinel in dead]
    if any(process.exitcode for process in left):
        _end(manager.result_queue)
        if sys.version_info < (3, 11, 5) and len(left) == len(workers):
            manager.call_queue._reader.close()  # it waits until somebody reads what is in there


def _finish(manager: Any) -> None:
    """Do what a manager has left undone that failed itself.

    It does where a callback of the pool's own futures exits; and before Python 3.12.1 where a task
    is submitted or cancelled just when the pool breaks.
    """
    if manager is None:
        return
    executor = manager.executor_reference()
    left = list(manager.pending_work_items.values())
    if not left and getattr(executor, "_shutdown_thread", True):
        return  # it has ended in its time
    if executor is not None:
        executor._broken = _FAILED
    for item in left:
        with suppress(futures.InvalidStateError):  # it knows
            item.future.set_exception(BrokenProcessPool(_FAILED))
    for process in list(manager.processes.values()):
        process.terminate()  # and not join: another thread may, and one of them hears wrong


def _end(pipe: Any) -> None:
    """Let the manager read the end of file: at once, or with what it has waited for."""
    with suppress(OSError), open(os.devnull, "rb") as null:  # of a pipe that was closed meanwhile
        os.dup2(null.fileno(), pipe._reader.fileno())
        if select([], [pipe._writer], [], 0)[1]:
            os.write(pipe._writer.fileno(), b"\0")
