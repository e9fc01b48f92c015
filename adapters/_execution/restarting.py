"""RestartingExecutor: makes a new executor when one breaks, and runs again what was lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent import futures
from functools import partial
from threading import Condition, Thread, local
from typing import Any
from weakref import ref

from adapters import _events
from adapters._execution.backlog import Backlog
from adapters._execution.failed_executor import FailedExecutor
from adapters._execution.watchdog import shut_down, start_watchdog, wait_for_manager
from adapters._execution.work_item import WorkItem
from adapters.errors import is_failure

_TIMEOUT = 10.0  # seconds for the workers of a broken executor to end
_LARGEST_NUMBER_OF_REFUSALS = 2
_ENDED = "the workers of this executor were ended by terminate_workers() or kill_workers()"
_callback = local()  # whose attribute `runs` says whether this thread is in a callback of ours


class RestartingExecutor(futures.Executor):
    """Runs tasks on an inner executor, and calls `make` for another one whenever it breaks.

    Tasks that were running or pending when a worker died run again: first one alone, then two, four
    and so on at once. A task that breaks the executor while it runs alone is the cause, and gets
    the BrokenExecutor; all others finish. So a task may run more than once, unless it came by
    `submit_once`.

    A task goes to the inner executor in the thread that submits it, or waits in the backlog.
    Callbacks of the inner executor submit nothing: they run in its manager thread, which must not
    wait for the pipe that it alone reads, and with locks that its `submit` needs.
    """

    def __init__(self, make: Callable[[], futures.Executor]) -> None:
        self._make = make
        self._inner = make()  # the broken one while another one is being made
        self._replacing = self._shutdown = self._ended = False
        self._running: set[WorkItem] = set()  # that the inner executor has
        self._unfinished: set[WorkItem] = set()  # whose futures are not done
        self._limit = math.inf  # of running work items: 1 after a restart, then doubling
        self._refusals = 0  # by executors in a row, none of which accepted a task
        self._restarts: list[Thread] = []
        self._changed = Condition()
        # Work items hold it until they are done; a cycle would go on doing so.
        this: Any = ref(self)
        self._backlog = Backlog(
            self._changed,
            lambda item: this()._reserve(item),
            lambda item, inner: this()._submit_from_backlog(item, inner),
        )

    def __repr__(self) -> str:
        return f"<RestartingExecutor of {self._inner!r}>"

    def __getattr__(self, name: str) -> Any:
        """What only the inner executor has, such as the workers of a process pool."""
        if "_inner" not in vars(self):  # an instance that __init__ has not filled
            raise AttributeError(name)
        attribute = getattr(self._inner, name)
        ends = name in ("terminate_workers", "kill_workers")
        return partial(self._end, name) if ends else attribute

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        """Run `fn(*args, **kwargs)`, and once more each time that the inner executor loses it."""
        return self._accept(WorkItem((fn, args, kwargs), self._withdraw))

    def submit_once(
        self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> futures.Future[Any]:
        """As `submit`, but a task that an inner executor accepted and lost is not run again.

        Its future gets the BrokenExecutor. For tasks that hold what can be rebuilt only once.
        """
        return self._accept(WorkItem((fn, args, kwargs), self._withdraw, once=True))

    def _accept(self, item: WorkItem) -> futures.Future[Any]:
        try:
            with self._changed:
                if self._shutdown:
                    raise RuntimeError("cannot schedule new futures after shutdown")
                self._unfinished.add(item)
                # A task does not wait for those of the backlog: then the caller would submit faster
                # than the one thread that empties it.
                inner = None if getattr(_callback, "runs", False) else self._reserve(item)
                if inner is None:
                    self._backlog.items.append(item)
            if inner is None:
                self._start_backlog()
            else:
                self._submit_item(item, inner)
        except BaseException:  # such as Ctrl-C: the caller gets no future
            with self._changed:
                item.withdrawn = True
                self._running.discard(item)
                self._unfinished.discard(item)
                self._changed.notify_all()
            raise
        return item

    def _reserve(self, item: WorkItem) -> futures.Executor | None:
        """The executor for a work item, if one more may run; the caller has the lock."""
        if self._replacing or len(self._running) >= self._limit:
            return None
        self._running.add(item)
        return self._inner

    def _withdraw(self, item: WorkItem) -> bool:
        """Cancel a work item that the inner executor does not have; False if it has, or had, it."""
        with self._changed:
            if item.withdrawn or item.source is not None or item.done():
                return False
            item.withdrawn = True
        cancelled = futures.Future[Any]()
        cancelled.cancel()
        self._complete(item, cancelled)
        return True

    def _start_backlog(self) -> None:
        try:
            self._backlog.start()
        except RuntimeError as error:  # the interpreter is shutting down, or out of threads
            with self._changed:
                lost = self._backlog.take_all()
            self._fail(lost, error)

    def _submit_from_backlog(self, item: WorkItem, inner: futures.Executor) -> None:
        try:
            self._submit_item(item, inner)
        except BaseException as error:  # this thread is ours: it is no interrupt of the user
            self._submit_failed(item, inner, error)

    def _submit_item(self, item: WorkItem, inner: futures.Executor) -> None:
        """Submit a work item without the lock: a pool that breaks may call `_done` with its own."""
        call = item.call
        if call is None:  # it was cancelled meanwhile
            with self._changed:
                self._running.discard(item)
                self._changed.notify_all()
            return
        try:
            future = inner.submit(call[0], *call[1], **call[2])
        except BaseException as error:
            if not (is_failure(error) or isinstance(inner, FailedExecutor)):
                raise  # the thread that submits is interrupted
            self._submit_failed(item, inner, error)
            return
        start_watchdog(inner)
        with self._changed:
            self._refusals = 0
            if not item.withdrawn:
                item.source = future
        if item.withdrawn:
            future.cancel()
        future.add_done_callback(partial(self._done, item, inner))

    def _submit_failed(self, item: WorkItem, inner: futures.Executor, error: BaseException) -> None:
        with self._changed:
            self._running.discard(item)
            lost = [item]
            broken = isinstance(error, futures.BrokenExecutor)
            # A pool that is breaking may also fail to start a worker, with an OSError. It may then
            # have the task all the same.
            if broken or isinstance(error, OSError):
                self._refusals += self._restart(inner)
                if self._refusals >= _LARGEST_NUMBER_OF_REFUSALS:
                    lost += self._backlog.take_all()  # later tasks may try another executor
                elif not self._ended and (broken or not item.once):
                    self._backlog.items.appendleft(item)
                    lost = []
            if self._ended:
                error = futures.BrokenExecutor(_ENDED)
            self._changed.notify_all()
        self._fail(lost, error)
        self._start_backlog()

    def _done(self, item: WorkItem, inner: futures.Executor, future: futures.Future[Any]) -> None:
        """Callback of the inner executor's futures, mostly in the executor manager thread."""
        outer, _callback.runs = getattr(_callback, "runs", False), True
        try:
            error = None if future.cancelled() else future.exception()
            broken = isinstance(error, futures.BrokenExecutor)
            with self._changed:
                current = inner is self._inner and not self._replacing
                was_alone = current and len(self._running) == 1
                self._running.discard(item)
                if broken:
                    self._restart(inner)
                elif current and not self._backlog.items:
                    self._limit = math.inf
                elif current and not future.cancelled():
                    self._limit *= 2
                again = broken and not (was_alone or item.once or item.withdrawn or self._ended)
                if again:
                    item.source = None
                    self._backlog.items.append(item)
                self._changed.notify_all()
            if not again:
                self._complete(item, None if item.withdrawn else future)
            self._start_backlog()
        finally:
            _callback.runs = outer

    def _complete(self, item: WorkItem, future: futures.Future[Any] | None) -> None:
        try:
            if future is not None:
                item.chain(future)
        finally:  # also after a Ctrl-C in a callback of the user
            item.release()
            with self._changed:
                self._unfinished.discard(item)
                self._changed.notify_all()

    def _fail(self, items: list[WorkItem], error: BaseException) -> None:
        """Give the error to the futures of work items; none can be cancelled meanwhile."""
        future = futures.Future[Any]()
        future.set_exception(error)
        with self._changed:
            for item in items:
                if not item.withdrawn:
                    item.source = future
        for item in items:
            self._complete(item, None if item.withdrawn else future)

    def _restart(self, broken: futures.Executor) -> bool:
        """Begin to replace the inner executor, if it still is the one that broke."""
        if self._inner is not broken or self._replacing or self._ended:
            return False
        self._replacing, self._limit = True, 1
        # This may be the manager thread, which `shutdown` could not join (python/cpython#131598).
        thread = Thread(target=self._replace, args=(broken,), name="adapters-restart", daemon=True)
        self._restarts = [each for each in self._restarts if each.is_alive()] + [thread]
        try:
            thread.start()
        except RuntimeError as error:  # the interpreter is shutting down, or out of threads
            self._restarts.remove(thread)
            self._inner, self._replacing = FailedExecutor(error), False
        return True

    def _replace(self, broken: futures.Executor) -> None:
        _events.restarts(type(broken).__name__)
        wait_for_manager(broken)
        try:
            inner = self._make()
        except BaseException as error:  # this thread is ours: it is no interrupt of the user
            inner = FailedExecutor(error)
        with self._changed:
            self._inner, self._replacing = inner, False
            self._changed.notify_all()
        if self._ended:
            shut_down(inner, wait=False)
        self._start_backlog()
        shut_down(broken, wait=True)  # until the last of its workers has ended

    def _end(self, name: str, **options: Any) -> None:
        """Let the inner executor end its workers, and make no other one."""
        with self._changed:
            self._shutdown = self._ended = True
            inner = None if self._replacing else self._inner
            lost = self._backlog.take_all()
            self._changed.notify_all()
        try:
            if inner is not None:
                getattr(inner, name)(**options)
        finally:
            self._fail(lost, futures.BrokenExecutor(_ENDED))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False, **options: Any) -> None:
        """As `concurrent.futures.Executor.shutdown`; with options of the inner one, at once."""
        if options:
            self._end("shutdown", wait=wait, **options)
        with self._changed:
            self._shutdown = True
            items = list(self._unfinished) if cancel_futures else []
        for item in items:
            item.cancel()
        # An interrupt ends the wait for the thread, and not what the thread does.
        thread = Thread(target=self._shut_down_inner, args=(wait,), name="adapters-shutdown")
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down and starts no threads
            shut_down(self._inner, wait)
        else:
            if wait:
                thread.join()

    def _shut_down_inner(self, wait: bool) -> None:
        """Shut the inner executor down once all futures are done: until then it may be replaced."""
        with self._changed:
            while self._replacing or self._unfinished:
                self._changed.wait()
            inner = self._inner
            threads = [*self._restarts, self._backlog.thread] if wait else []
        shut_down(inner, wait)
        for thread in filter(None, threads):
            thread.join(_TIMEOUT)
