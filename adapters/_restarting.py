"""Restarting: an executor that is made anew when it breaks, and runs again what was lost."""

from __future__ import annotations

from collections import deque
from concurrent import futures
from functools import partial
from threading import Condition, RLock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from adapters._watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Following(futures.Future[T]):
    """A future that is done when another one is, which it also asks in all else."""

    _task: futures.Future[Any] | None = None

    def follow(self, task: futures.Future[Any]) -> None:
        """Be done when `task` is."""
        self._task = task
        task.add_done_callback(self._follow)

    def _follow(self, task: futures.Future[Any]) -> None:
        self._task = None  # no cycle
        if task.cancelled():
            super().cancel()
            self.set_running_or_notify_cancel()
        elif (error := task.exception()) is not None:
            self.set_exception(error)
        else:
            self._succeed(task.result())

    def _succeed(self, result: Any) -> None:
        self.set_result(result)

    def cancel(self) -> bool:
        """Cancel the task, unless it has been started."""
        task = self._task
        return super().cancel() if task is None else task.cancel()

    def running(self) -> bool:
        """Whether the task has been started and is not done."""
        task = self._task
        return super().running() if task is None else task.running()


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
        watch(self._inner)
        self._waiting: deque[_Task] = deque()
        self._running: set[_Task] = set()
        self._window: int | None = None  # how many may run at once, while something is suspected
        self._closed = False
        self._changed = Condition(RLock())

    def __repr__(self) -> str:
        return f"<Restarting {self._inner!r}>"

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> futures.Future[T]:
        """As every executor's."""
        task = _Task(partial(fn, *args, **kwargs))
        with self._changed:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append(task)
            self._feed()
        return task

    def _feed(self) -> None:
        """Hand over what may run now; with the lock held."""
        while self._inner is not None and self._waiting:
            if self._window is not None and len(self._running) >= self._window:
                return
            task = self._waiting.popleft()
            if task.cancelled():
                task.set_running_or_notify_cancel()
                continue
            try:
                future = self._inner.submit(task.call)
            except futures.BrokenExecutor:
                self._waiting.appendleft(task)
                self._renew()
                return
            self._running.add(task)
            task.ask(future)
            future.add_done_callback(partial(self._done, task, self._inner))
        self._changed.notify_all()

    def _done(self, task: _Task, inner: futures.Executor, future: futures.Future[Any]) -> None:
        broken = not future.cancelled() and isinstance(future.exception(), futures.BrokenExecutor)
        with self._changed:
            newly_broken = broken and self._inner is inner
            again = broken and not (newly_broken and len(self._running) == 1)
            self._running.discard(task)
            if newly_broken:
                self._renew()
            if again:
                task.ask(None)
                self._waiting.append(task)
            elif not broken and self._window is not None:
                self._window = 2 * self._window if self._waiting else None
        if not again:
            task.follow(future)
        with self._changed:
            self._feed()

    def _renew(self) -> None:
        """Replace the broken executor, in a thread: this may be one of its own."""
        self._inner, self._window = None, 1
        Thread(target=self._replace, name="adapters-restart", daemon=True).start()

    def _replace(self) -> None:
        try:
            inner = self._make()
            watch(inner)
        except Exception as error:
            inner = _Broken(error)
        with self._changed:
            self._inner = inner
            if isinstance(inner, _Broken):
                self._window = None
            self._feed()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As every executor's."""
        with self._changed:
            self._closed = True
            if cancel_futures:
                for task in [*self._waiting, *self._running]:
                    task.cancel()
            self._feed()
        finish = Thread(target=self._finish, args=(wait,), name="adapters-shutdown")
        finish.start()
        if wait:
            finish.join()

    def _finish(self, wait: bool) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._inner is not None and not self._waiting and not self._running
            )
            inner = self._inner
        if inner is not None:
            inner.shutdown(wait=wait)


class _Task(Following[Any]):
    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self.call = call

    def ask(self, future: futures.Future[Any] | None) -> None:
        """Let `future` say whether the task runs, and cancel it; but do not follow it yet."""
        self._task = future


class _Broken(futures.Executor):
    """Stands for an executor that could not be made: every task gets the reason."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> futures.Future[T]:
        future = futures.Future[T]()
        future.set_exception(self._error)
        return future
