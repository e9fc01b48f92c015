"""Watchdog for a process pool: break it, instead of hanging, where its manager thread cannot.

The executor manager thread of ProcessPoolExecutor, and of loky's, reads a whole result item before
it checks the workers. If a worker is killed while it writes, the rest of the item never arrives;
nor does an end of file, as other processes hold the pipe open (the documentation of multiprocessing
warns of queues that are corrupted so). All futures would wait for ever. So a watchdog waits for the
workers, too: if one dies and the manager does not notice, it makes the manager read an end of file,
and so break the pool. It also keeps the manager and a `submit` from waiting for each other. When
the manager has ended, also by an exception, the watchdog does what the manager left undone.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import process
from contextlib import suppress
from functools import partial
from multiprocessing.connection import wait as wait_for_any
from threading import Thread, current_thread
from typing import Any
from weakref import WeakKeyDictionary

from adapters._execution.remote_traceback import RemoteTraceback

_POLL_INTERVAL = 0.5  # seconds until workers that were started meanwhile are waited for, too
_GRACE_PERIOD = 1.0  # seconds in which the manager may notice a death itself
_HEAD_START = 2.0  # seconds for the manager to break a pool, before another pool is made
_TIMEOUT = 10.0  # seconds for another thread to leave the pool's `submit`
_HALF_A_PIPE = 1 << 15  # bytes
_WORKER_DIED = "a worker was terminated abruptly while the task was running or pending"
_MANAGER_FAILED = "the executor manager thread of this pool has failed; make a new pool"
_watchdogs: WeakKeyDictionary[Any, Thread] = WeakKeyDictionary()  # of the managers of pools


def start_watchdog(executor: futures.Executor) -> None:
    """Watch a process pool, once, as long as its manager runs; ignore other executors.

    Call it after each `submit`: after the first one the pool has its manager and has forked its
    first workers, and the watchdog's thread does not exist when they are forked.
    """
    manager = getattr(executor, "_executor_manager_thread", None)
    if manager is None or manager in _watchdogs or os.name != "posix":
        return
    # The watchdog holds the manager, and so its semaphores, but not the pool. It is no daemon: the
    # interpreter waits for it, as for the manager. Otherwise the thread could be stopped while it
    # releases a semaphore, which would be reported as leaked.
    thread = Thread(target=_watch, args=(manager,), name="adapters-watchdog", daemon=False)
    if _watchdogs.setdefault(manager, thread) is thread:
        if sys.version_info < (3, 12, 1) and isinstance(manager, process._ExecutorManagerThread):
            end = partial(_terminate_broken, manager, manager.terminate_broken)
            manager.terminate_broken = end  # type: ignore[method-assign]
        with suppress(RuntimeError):  # the interpreter is shutting down and starts no threads
            thread.start()


def shut_down(executor: futures.Executor, wait: bool) -> None:
    """Shut an executor down and, if it is to wait, wait for the end of its watchdog, too."""
    manager = getattr(executor, "_executor_manager_thread", None)
    executor.shutdown(wait=wait)
    watchdog = None if manager is None else _watchdogs.get(manager)
    if wait and watchdog is not None and watchdog is not current_thread() and watchdog.is_alive():
        watchdog.join(_TIMEOUT)


def wait_for_manager(executor: futures.Executor) -> None:
    """Wait a while for the end of the manager of a pool that is broken; ignore other executors.

    Workers that are forked for another pool keep the pipes open that this process has. The manager
    of the broken one could wait for ever until what it has written there is read.
    """
    manager = getattr(executor, "_executor_manager_thread", None)
    if manager is not None and getattr(executor, "_broken", False):
        manager.join(_HEAD_START)


def _watch(manager: Any) -> None:
    # Another thread's `submit` may have made the manager and not started it yet; it has the lock.
    if manager.shutdown_lock.acquire(timeout=_GRACE_PERIOD):
        manager.shutdown_lock.release()
    while manager.is_alive():
        sentinels = [worker.sentinel for worker in list(manager.processes.values())]
        if not sentinels:
            manager.join(_POLL_INTERVAL)
        elif dead := wait_for_any(sentinels, _POLL_INTERVAL):
            manager.join(_GRACE_PERIOD)
            _break_pool(manager, dead)
        _unblock(manager.thread_wakeup)
    vars(manager).pop("terminate_broken", None)  # breaks a reference cycle
    _clean_up(manager)


def _terminate_broken(manager: Any, terminate: Callable[[Any], None], cause: Any) -> None:
    """Fail all futures and break the pool: the manager's own way, before Python 3.12.1, may fail.

    It was ended by an exception if a `submit` ran meanwhile (python/cpython#109047), which may also
    start a worker that it waits for without having terminated it, or if a future was cancelled
    (python/cpython#107219). Where the call queue was full, it waited for ever for the feeder thread
    of the queue, which waited for a reader (python/cpython#94777).
    """
    error = process.BrokenProcessPool(_WORKER_DIED)
    if cause is not None:
        error.__cause__ = RemoteTraceback(f"\n'''\n{''.join(cause)}'''")
    _fail_pending(manager, error)
    if sys.version_info < (3, 11, 5):
        # No other thread closes it now: the feeder does when it is told to end, by `terminate`.
        manager.call_queue._reader.close()
    terminate(cause)


def _fail_pending(manager: Any, error: process.BrokenProcessPool) -> None:
    """Let the pool take no more tasks, and give the error to those that it has."""
    # A `submit` that is under way has the lock. What it adds before it returns is failed here.
    locked = manager.shutdown_lock.acquire(timeout=_TIMEOUT)
    executor = manager.executor_reference()
    if not (getattr(executor, "_shutdown_thread", True) or executor._broken):
        executor._broken = str(error)
    del executor
    if locked:
        manager.shutdown_lock.release()
    items = list(manager.pending_work_items.values())
    manager.pending_work_items.clear()
    for item in items:
        with suppress(BaseException):  # it is done or cancelled; or a callback of the pool raises
            item.future.set_exception(error)


def _break_pool(manager: Any, dead: list[Any]) -> None:
    """Let the manager break the pool if one of the dead workers failed and it has not noticed."""
    if not manager.is_alive():
        return
    # Only ask for exit codes of workers that the manager still lists: it joins the others, and two
    # threads that wait for one process can get a wrong exit code (python/cpython#130895).
    workers = list(manager.processes.values())
    if any(worker.exitcode for worker in workers if worker.sentinel in dead):
        _end_result_queue(manager.result_queue)
        _terminate(workers)


def _end_result_queue(queue: Any) -> None:
    """Make the manager read an end of file, whether it reads now or only starts to."""
    with suppress(OSError), open(os.devnull, "rb") as null:  # the manager may have closed the pipe
        os.dup2(null.fileno(), queue._reader.fileno())
        if _is_writable(queue._writer):  # a read that has begun still reads the old pipe
            os.write(queue._writer.fileno(), b"\0")


def _unblock(wakeup: Any) -> None:
    """Make room in the pipe that wakes the manager up, if it is full.

    A `submit` that writes there holds a lock of the pool, which the manager may need before it
    reads from there (python/cpython#105829); a callback that submits runs in the manager itself.
    The manager needs one of the messages that are left, whatever their number.
    """
    with suppress(OSError):  # the manager has closed the pipe
        if not _is_writable(wakeup._writer):
            os.read(wakeup._reader.fileno(), _HALF_A_PIPE)


def _is_writable(connection: Any) -> bool:
    poll = select.poll()  # select() knows no descriptor above 1023
    poll.register(connection.fileno(), select.POLLOUT)
    return bool(poll.poll(0))


def _clean_up(manager: Any) -> None:
    """Finish what a manager left undone when an exception ended it; there may be nothing to do.

    A callback of the pool's own futures may have raised SystemExit.
    """
    _unblock(manager.thread_wakeup)  # a `submit` may wait there, with the lock
    _fail_pending(manager, process.BrokenProcessPool(_MANAGER_FAILED))
    _terminate(list(manager.processes.values()))
    with suppress(OSError):  # the feeder thread may have closed it just now
        manager.call_queue._reader.close()  # its feeder thread could block for ever
        manager.call_queue.close()


def _terminate(workers: list[Any]) -> None:
    for worker in workers:  # without join: another thread may join it (python/cpython#130895)
        with suppress(OSError):
            worker.terminate()
