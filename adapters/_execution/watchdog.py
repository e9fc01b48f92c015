"""Watchdog for a process pool: break it, instead of hanging, if a worker dies writing a result.

The executor manager thread of ProcessPoolExecutor, and of loky's, reads a whole result item before
it checks the workers. If a worker is killed while it writes, the rest of the item never arrives;
nor does an end of file, as other processes hold the pipe open (the documentation of multiprocessing
warns of queues that are corrupted so). All futures would wait for ever. So a watchdog waits for the
workers, too: if one dies and the manager does not notice, it makes the manager read an end of file,
and so break the pool. Where the manager of an older Python then blocks or fails, it does the rest.
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

_POLL_INTERVAL = 0.5  # seconds until workers that were started meanwhile are waited for, too
_GRACE_PERIOD = 1.0  # seconds in which the manager may notice a death itself
_MANAGER_FAILED = "the executor manager thread of this pool has failed; make a new pool"
_watched: weakref.WeakSet[Any] = weakref.WeakSet()  # managers of pools that have a watchdog


def start_watchdog(executor: futures.Executor) -> None:
    """Watch a process pool, once, as long as its manager runs; ignore other executors.

    Call it after each `submit`: after the first one the pool has its manager and has forked its
    first workers, and the watchdog's thread does not exist when they are forked.
    """
    manager = getattr(executor, "_executor_manager_thread", None)
    if os.name == "posix" and manager is not None and manager not in _watched:
        _watched.add(manager)
        reference = weakref.ref(manager)
        thread = Thread(target=_watch, args=(reference,), name="adapters-watchdog", daemon=True)
        with suppress(RuntimeError):  # the interpreter is shutting down and starts no threads
            thread.start()


def _watch(reference: weakref.ref[Any]) -> None:
    while (manager := reference()) is not None and manager.is_alive():
        sentinels = [process.sentinel for process in list(manager.processes.values())]
        # While it waits, this thread holds no reference to the pool. Otherwise it could be the last
        # to release a semaphore when the interpreter exits, which would be reported as leaked.
        del manager
        if dead := wait(sentinels, _POLL_INTERVAL):
            time.sleep(_GRACE_PERIOD)
            _break_pool(reference(), dead)
    if manager is not None:
        _clean_up(manager)


def _break_pool(manager: Any, dead: list[Any]) -> None:
    """Let the manager break the pool if one of the dead workers failed and it has not noticed."""
    if manager is None or not manager.is_alive():
        return
    # Only ask for exit codes of workers that the manager still lists: it joins the others, and two
    # threads that wait for one process can get a wrong exit code (python/cpython#130895).
    workers = list(manager.processes.values())
    unnoticed = [worker for worker in workers if worker.sentinel in dead]
    if any(worker.exitcode for worker in unnoticed):
        _end_result_queue(manager.result_queue)
        if sys.version_info < (3, 11, 5) and len(unnoticed) == len(workers):
            # No worker is left to read from the call queue. If it is full, its feeder thread, and
            # the manager that joins it, would block for ever (python/cpython#94777).
            manager.call_queue._reader.close()


def _end_result_queue(queue: Any) -> None:
    """Make the manager read an end of file, whether it reads now or only starts to."""
    with suppress(OSError), open(os.devnull, "rb") as null:  # the manager may have closed the pipe
        os.dup2(null.fileno(), queue._reader.fileno())
        if select([], [queue._writer], [], 0)[1]:  # a read that has begun still reads the old pipe
            os.write(queue._writer.fileno(), b"\0")


def _clean_up(manager: Any) -> None:
    """Finish what a manager left undone when it was ended by an exception.

    A callback of the pool's own futures may have raised SystemExit; before Python 3.12.1 a `submit`
    (python/cpython#109047) or `cancel` (python/cpython#107219) may have run while the pool broke.
    """
    executor = manager.executor_reference()
    pending = list(manager.pending_work_items.values())
    if not pending and getattr(executor, "_shutdown_thread", True):
        return  # the manager has ended regularly
    if executor is not None:
        executor._broken = _MANAGER_FAILED
    for item in pending:
        with suppress(futures.InvalidStateError):  # it is done or cancelled
            item.future.set_exception(BrokenProcessPool(_MANAGER_FAILED))
    for process in list(manager.processes.values()):
        process.terminate()  # without join: another thread may join it (python/cpython#130895)
