"""RestartingExecutor: makes a new executor when one breaks, and runs again what was lost."""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Callable
from concurrent import futures
from functools import partial
from threading import Condition, Thread
from typing import Any, NoReturn

from adapters._execution.chained_future import ChainedFuture
from adapters._execution.watchdog import start_watchdog
from adapters.errors import failures

_TIMEOUT = 10.0  # seconds for the workers of a broken executor to end


class RestartingExecutor(futures.Executor):
    """Runs tasks on an inner executor, and calls `make` for another one whenever it breaks.

    Tasks that were running or pending when a worker died run again: first one alone, then two, four
    and so on at once. A task that breaks the executor while it runs alone is the cause, and gets
    the BrokenExecutor; all others finish. So a task may run more than once.
    """

    def __init__(self, make: Callable[[], futures.Executor]) -> None:
        self._make = make
        self._inner: futures.Executor | None = make()  # None while a new one is being made
        self._restarts: list[Thread] = []
        self._pending: deque[_WorkItem] = deque()
        self._running: set[_WorkItem] = set()  # that the inner executor has
        self._finished: deque[tuple[_WorkItem, futures.Future[Any]]] = deque()  # not yet chained
        self._unfinished = 0  # work items whose futures are not done
        self._limit = math.inf  # of running work items: 1 after a restart, then doubling
        self._dispatching = self._shutdown = False
        self._changed = Condition()

    def __repr__(self) -> str:
        return f"<RestartingExecutor of {self._inner!r}>"

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        item = _WorkItem(partial(fn, *args, **kwargs), self)
        with self._changed:
            if self._shutdown:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._pending.append(item)
            self._unfinished += 1
        self._dispatch()
        return item

    def _dispatch(self) -> None:
        """Submit the work items that may run, then complete the futures of those that finished.

        One thread at a time submits, and a call from within its `submit` (of an executor that runs
        the task there) returns at once. The inner executor is called without the lock of this one:
        a pool that breaks may call `_done` with a lock that its `submit` needs.
        """
        while step := self._next_step():
            step()

    def _next_step(self) -> Callable[[], None] | None:
        with self._changed:
            if self._dispatching:
                return None
            while self._inner is not None and self._pending and len(self._running) < self._limit:
                item = self._pending.popleft()
                if not item.withdrawn:
                    self._dispatching = True
                    self._running.add(item)
                    return partial(self._submit_item, item, self._inner)
            return partial(self._complete, *self._finished.popleft()) if self._finished else None

    def _complete(self, item: _WorkItem, future: futures.Future[Any]) -> None:
        item.chain(future)
        with self._changed:
            self._unfinished -= 1
            self._changed.notify_all()

    def _submit_item(self, item: _WorkItem, inner: futures.Executor) -> None:
        try:
            future = inner.submit(item.call)
        except failures() as error:
            self._submit_failed(item, inner, error)
        else:
            start_watchdog(inner)
            with self._changed:
                item.source = future
            if item.withdrawn:
                future.cancel()
            future.add_done_callback(partial(self._done, item, inner))
        finally:
            self._dispatching = False

    def _submit_failed(
        self, item: _WorkItem, inner: futures.Executor, error: BaseException
    ) -> None:
        future = futures.Future[Any]()
        future.set_exception(error)
        with self._changed:
            self._running.discard(item)
            # A pool that is breaking may also fail to start a worker, with an OSError.
            if not isinstance(error, (futures.BrokenExecutor, OSError)):
                self._finish(future, item)
                return
            self._restart(inner)
            if item.refused:  # by two executors in a row; later tasks may try a third
                self._finish(future, item, *self._pending)
                self._pending.clear()
            else:
                item.refused = True
                self._pending.appendleft(item)

    def _finish(self, future: futures.Future[Any], *items: _WorkItem) -> None:
        for item in items:
            if not item.withdrawn:
                item.source = future
                self._finished.append((item, future))

    def _done(self, item: _WorkItem, inner: futures.Executor, future: futures.Future[Any]) -> None:
        """Callback of the inner executor's futures, mostly in the executor manager thread."""
        broken = not future.cancelled() and isinstance(future.exception(), futures.BrokenExecutor)
        if broken:
            _wait_for_submit(inner)
        with self._changed:
            was_alone = self._inner is inner and len(self._running) == 1
            self._running.discard(item)
            if broken:
                self._restart(inner)
            else:
                self._limit = 2 * self._limit if self._pending else math.inf
            if broken and not was_alone:
                item.source = None
                self._pending.append(item)
            else:
                self._finish(future, item)
        self._dispatch()

    def _restart(self, broken: futures.Executor) -> None:
        """Begin to replace the inner executor, if it still is the one that broke."""
        if self._inner is broken:
            self._inner, self._limit = None, 1
            # This may be the executor manager thread, which `shutdown` could not join
            # (python/cpython#131598).
            thread = Thread(target=self._replace, args=(broken,), name="adapters-restart")
            thread.daemon = True
            self._restarts = [each for each in self._restarts if each.is_alive()] + [thread]
            thread.start()

    def _replace(self, broken: futures.Executor) -> None:
        try:
            inner = self._make()
        except failures() as error:
            inner = _FailedExecutor(error)
        with self._changed:
            self._inner = inner
            self._changed.notify_all()
        self._dispatch()
        broken.shutdown(wait=True)  # until the last of its workers has ended

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As `concurrent.futures.Executor.shutdown`."""
        self._shutdown = True
        if cancel_futures:
            with self._changed:
                items = [*self._pending, *self._running]
            for item in items:
                item.cancel()
        thread = Thread(target=self._shut_down_inner, args=(wait,), name="adapters-shutdown")
        thread.start()
        if wait:
            thread.join()

    def _shut_down_inner(self, wait: bool) -> None:
        """Shut the inner executor down once all futures are done: until then it may be replaced."""
        with self._changed:
            while (inner := self._inner) is None or self._unfinished:
                self._changed.wait()
        inner.shutdown(wait=wait)
        for restart in self._restarts if wait else ():
            restart.join(_TIMEOUT)


def _wait_for_submit(pool: futures.Executor) -> None:
    """Wait until a `submit` in another thread has returned, while `pool` breaks in this thread.

    Before Python 3.12.1 a manager that breaks its pool (python/cpython#109047) would not terminate
    a worker that `submit` is starting, and then wait for it for ever.
    """
    lock = getattr(pool, "_shutdown_lock", None)
    if sys.version_info < (3, 12, 1) and lock is not None and lock.acquire(timeout=_TIMEOUT):
        lock.release()


class _WorkItem(ChainedFuture[Any]):
    """A task that can be submitted more than once, and its future."""

    def __init__(self, call: Callable[[], Any], executor: RestartingExecutor) -> None:
        super().__init__()
        self.call = call
        self.withdrawn = False  # whether it was cancelled while it was pending
        self.refused = False  # whether an executor that was broken has refused it
        self._executor = executor

    def cancel(self) -> bool:
        """Withdraw the task if it is pending; if the inner executor has it, cancel it there."""
        with self._executor._changed:
            source = self.source
            pending = source is None and not self.withdrawn and not self.done()
            self.withdrawn |= pending
        if pending:
            cancelled = futures.Future[Any]()
            cancelled.cancel()
            self._executor._complete(self, cancelled)
        return source.cancel() if source is not None else self.withdrawn


class _FailedExecutor(futures.Executor):
    """Stands in for an executor that could not be made: `submit` raises the reason."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._error
