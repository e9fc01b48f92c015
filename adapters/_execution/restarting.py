"""Restarting: an executor that is made anew when it breaks, and runs again what was lost."""

from __future__ import annotations

import sys
from collections import deque
from concurrent import futures
from functools import partial
from threading import Condition, RLock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from adapters._execution.chained_future import Following
from adapters._execution.watchdog import watch

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_PATIENCE = 10.0  # seconds for the workers of a broken executor to end


class Restarting(futures.Executor):
    """Runs tasks on an executor that a function makes, once more whenever that one breaks.

    What was under way or queued when a worker died runs again: one task alone at first, then two,
    four and so on together. A task that breaks the executor while it is alone is the one that does
    it, and gets the BrokenExecutor; every other one finishes. So a task may run more than once.

    Args:
        make: A function that returns a new executor, such as `loky.get_reusable_executor`.
    """

    def __init__(self, make: Callable[[], futures.Executor]) -> None:
        self._make = make
        self._inner: futures.Executor | None = make()
        self._restarts: list[Thread] = []
        self._watched: futures.Executor | None = None
        self._waiting: deque[_Task] = deque()
        self._running: set[_Task] = set()
        self._ended: deque[tuple[_Task, futures.Future[Any]]] = deque()  # still to be told
        self._open = 0  # tasks that are not done
        self._window: int | None = None  # how many may run at once, while something is suspected
        self._feeding = self._closed = False
        self._changed = Condition(RLock())

    def __repr__(self) -> str:
        return f"<Restarting {self._inner!r}>"

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> futures.Future[T]:
        """As every executor's."""
        task = _Task(partial(fn, *args, **kwargs), self._cancel)
        with self._changed:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append(task)
            self._open += 1
        self._go_on()
        return task

    def _go_on(self) -> None:
        """Hand over what may run, and tell those who wait for what has ended.

        An executor may be done with a task at once, and call `_done` from inside of this: then the
        one who is at it already goes on, and nothing nests. The executor is called without the
        lock: one that breaks may call `_done` with a lock of its own, which its `submit` needs.
        """
        while True:
            with self._changed:
                if self._feeding:
                    return
                inner, task = self._inner, self._next()
                if inner is None or task is None:
                    if not self._ended:
                        return
                    ended, future = self._ended.popleft()
                else:
                    self._feeding = True
                    self._running.add(task)
            if inner is None or task is None:
                ended.follow(future)
                self._one_less()
                continue
            try:
                self._hand_over(task, inner)
            finally:
                with self._changed:
                    self._feeding = False

    def _one_less(self) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _next(self) -> _Task | None:
        """A task that may run now."""
        while self._inner is not None and self._waiting:
            if self._window is not None and len(self._running) >= self._window:
                return None
            task = self._waiting.popleft()
            if not task.withdrawn:
                return task
        return None

    def _hand_over(self, task: _Task, inner: futures.Executor) -> None:
        try:
            future = inner.submit(task.call)
        except Exception as error:
            self._refuse(task, inner, error)
            return
        if self._watched is not inner:
            self._watched = inner
            watch(inner)
        with self._changed:
            task.ask(future)
            withdrawn = task.withdrawn
        if withdrawn:
            future.cancel()
        future.add_done_callback(partial(self._done, task, inner))

    def _refuse(self, task: _Task, inner: futures.Executor, error: Exception) -> None:
        future: futures.Future[Any] = futures.Future()
        future.set_exception(error)
        with self._changed:
            self._running.discard(task)
            # A pool that is just breaking may fail to start a worker for the task.
            if not isinstance(error, (futures.BrokenExecutor, OSError)):
                self._end(future, task)
                return
            if task.refused:  # by two in a row: a third is only for tasks that are still to come
                self._end(future, task, *self._waiting)
                self._waiting.clear()
            else:
                task.refused = True
                self._waiting.appendleft(task)
            if self._inner is inner:
                self._renew()

    def _end(self, future: futures.Future[Any], *tasks: _Task) -> None:
        for task in tasks:
            if not task.withdrawn:
                task.ask(future)
                self._ended.append((task, future))

    def _done(self, task: _Task, inner: futures.Executor, future: futures.Future[Any]) -> None:
        broken = not future.cancelled() and isinstance(future.exception(), futures.BrokenExecutor)
        if broken:
            _let_submit_end(inner)
        with self._changed:
            newly_broken = broken and self._inner is inner
            again = broken and not (newly_broken and len(self._running) == 1)
            self._running.discard(task)
            if newly_broken:
                self._renew()
            if again:
                task.ask(None)
                self._waiting.append(task)
            else:
                self._end(future, task)
            if not broken and self._window is not None:
                self._window = 2 * self._window if self._waiting else None
        self._go_on()

    def _renew(self) -> None:
        """Replace the broken executor, in a thread: this may be one of its own."""
        broken, self._inner, self._window = self._inner, None, 1
        thread = Thread(target=self._replace, args=(broken,), name="adapters-restart", daemon=True)
        self._restarts = [each for each in self._restarts if each.is_alive()] + [thread]
        thread.start()

    def _replace(self, broken: futures.Executor) -> None:
        try:
            inner = self._make()
        except Exception as error:
            inner = _Broken(error)
        with self._changed:
            self._inner = inner
            self._changed.notify_all()
        self._go_on()
        broken.shutdown(wait=True)  # until the last of its workers has ended

    def _cancel(self, task: _Task) -> bool:
        """Take back a task that waits; the executor decides on one that it has."""
        with self._changed:
            asked = task.asked
            waits = asked is None and not task.withdrawn and not task.done()
            task.withdrawn = task.withdrawn or waits
        if waits:
            task.withdraw()
            self._one_less()
        return asked.cancel() if asked is not None else task.withdrawn

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As every executor's."""
        with self._changed:
            self._closed = True
            tasks = [*self._waiting, *self._running] if cancel_futures else []
        for task in tasks:
            task.cancel()
        finish = Thread(target=self._finish, args=(wait,), name="adapters-shutdown")
        finish.start()
        if wait:
            finish.join()

    def _finish(self, wait: bool) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._inner is not None and not self._open)
            inner, restarts = self._inner, self._restarts
        if inner is not None:
            inner.shutdown(wait=wait)
        for restart in restarts if wait else ():
            restart.join(_PATIENCE)


def _let_submit_end(pool: futures.Executor) -> None:
    """Wait for a `submit` that is under way in another thread, while `pool` breaks in this one.

    Before Python 3.12.1 a ProcessPoolExecutor does not see to that by itself: it would overlook a
    worker that is just being started, and wait for it for ever.
    """
    lock = getattr(pool, "_shutdown_lock", None)
    if sys.version_info < (3, 12, 1) and lock is not None and lock.acquire(timeout=_PATIENCE):
        lock.release()


class _Task(Following[Any]):
    """A task that can be handed over more than once."""

    def __init__(self, call: Callable[[], Any], cancel: Callable[[_Task], bool]) -> None:
        super().__init__()
        self.call = call
        self.withdrawn = self.refused = False
        self._cancel = cancel

    @property
    def asked(self) -> futures.Future[Any] | None:
        """The future that says whether it runs; None while it waits."""
        return self._task

    def ask(self, future: futures.Future[Any] | None) -> None:
        """Let `future` say so; but do not follow it yet."""
        self._task = future

    def cancel(self) -> bool:
        """Cancel the task, unless it has been started."""
        return self._cancel(self)

    def withdraw(self) -> None:
        """Be cancelled, as nobody has it."""
        futures.Future.cancel(self)
        self.set_running_or_notify_cancel()


class _Broken(futures.Executor):
    """Stands for an executor that could not be made: every task gets the reason."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> futures.Future[T]:
        raise self._error
