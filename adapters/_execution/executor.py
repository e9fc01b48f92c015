"""Executor: runs tasks with native objects on any executor of concurrent.futures."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from itertools import islice
from threading import Thread
from typing import Any, Literal, ParamSpec, TypeVar, overload

from adapters._execution.dispatcher import Dispatcher
from adapters._execution.engine import Engine
from adapters._execution.mapping import Sent, SentCall, SentChunk, results
from adapters._execution.restarting import RestartingExecutor
from adapters._execution.task_future import TaskFuture
from adapters._execution.work import Call, Chunk, Mapped
from adapters._naming import shown

P = ParamSpec("P")
T = TypeVar("T")


class Executor(futures.Executor):
    """A `concurrent.futures.Executor` that sends native objects through another one.

    Arguments and results go through `adapters.dumps` and `adapters.loads`: native objects, later
    subclasses, lambdas and closures travel. Large parts of them travel in memory that is shared
    with the worker, where that is one of a ProcessPoolExecutor or of loky, and out of band where
    the engine can do that. Arguments are pickled when they are submitted; but the engine reads
    large parts when it sends them, and what a worker lacks is sent again. So do not change
    arguments until the task is done.

    A task that fails anywhere (pickling its arguments, rebuilding them, running, pickling the
    result, rebuilding it) gives its own future one error, and costs no other task. Errors from a
    worker have its traceback in their `__cause__`. A worker that dies gives what the inner executor
    gives: BrokenExecutor for all tasks that were running or pending in a ProcessPoolExecutor.

    All else is as the inner executor has it. What the main script defines goes by name, and so uses
    the globals of the worker, where the workers run the script, too; and by value where one does
    not have it, or where the inner executor does so itself (loky, Dask, Ray). Threads get the
    arguments themselves. A future is done when its result is there; one that has to be rebuilt is
    rebuilt in a thread of this executor. Other attributes are those of the inner executor.

    Args:
        inner: The executor that runs the tasks: a ProcessPoolExecutor, ThreadPoolExecutor, loky's,
            Dask's `client.get_executor(pure=False)`, mpi4py's MPIPoolExecutor. None makes a
            ProcessPoolExecutor. A function that makes an executor, such as
            `loky.get_reusable_executor`, is called again whenever a worker's death has broken the
            one before; tasks that were lost then run again, and only a task that breaks the
            executor while it runs alone gets the BrokenExecutor, or one that holds what can be
            rebuilt only once, such as a connection.
        options: For the ProcessPoolExecutor that is made: `max_workers`, `mp_context` and so on.

    Raises:
        TypeError: `inner` is no executor and no function, or has options.
        ValueError: the variable ADAPTERS_SEGMENTS_BYTES is no number of bytes.

    >>> with Executor(futures.ThreadPoolExecutor(2)) as executor:
    ...     list(executor.map(lambda number: number**2, range(5), chunksize=2))
    [0, 1, 4, 9, 16]
    """

    def __init__(
        self,
        inner: futures.Executor | Callable[[], futures.Executor] | None = None,
        /,
        **options: Any,
    ) -> None:
        runs: Any = None  # the executor that runs the tasks
        if inner is None:
            inner = futures.ProcessPoolExecutor(**options)
        elif options:
            raise TypeError(f"{', '.join(options)}: options are for an executor that is made here")
        elif not isinstance(inner, futures.Executor):
            if not callable(inner):
                advice = "pass one, a function that makes one, or options of a ProcessPoolExecutor"
                raise TypeError(f"{shown(inner)} is no concurrent.futures.Executor; {advice}")
            inner = RestartingExecutor(inner)
            runs = inner._inner
        self._inner = inner
        self._engine = Engine(runs or inner)
        self._dispatcher = Dispatcher(inner, self._engine)

    def __repr__(self) -> str:
        return f"<adapters.Executor of {self._inner!r}>"

    def __getattr__(self, name: str) -> Any:
        if name == "_inner" or name.startswith("__"):  # it could not be made, or is being copied
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._inner, name)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> futures.Future[T]:
        """Run `fn(*args, **kwargs)` in a worker; the future has its result or one error.

        Arguments that cannot be pickled give the future a SerializeError, what cannot be rebuilt in
        the worker or here a RebuildError, an exception that cannot travel a TaskError.

        Raises:
            RuntimeError: the executor was shut down.
            BrokenExecutor: the inner executor is broken for good.
        """
        if self._engine.in_process:
            return self._inner.submit(fn, *args, **kwargs)
        future: TaskFuture[T] = TaskFuture(self._dispatcher, Call(fn, args, kwargs))
        future.start()
        return future

    @overload
    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
        return_exceptions: Literal[False] = False,
    ) -> Iterator[T]: ...

    @overload
    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
        return_exceptions: bool,
    ) -> Iterator[T | BaseException]: ...

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
        return_exceptions: bool = False,
    ) -> Iterator[T | BaseException]:
        """As `map(fn, *iterables)`, in workers; results come in order.

        The first call that fails raises where its result would have been, and ends the iterator.
        What has not been started then is cancelled, as it is when the iterator is dropped half-way,
        after the timeout and after KeyboardInterrupt.

        Args:
            fn: The function.
            iterables: Its arguments. They are consumed now, unless there is a buffersize.
            timeout: Seconds from now after which `next()` raises TimeoutError. None means never.
            chunksize: Calls that go to a worker at once, as one task; without effect on threads.
            buffersize: The largest number of chunks that are submitted and not yet read; the
                iterables are consumed as results are read. None means no limit.
            return_exceptions: Whether a call that fails gives its error in place of its result,
                as in `asyncio.gather`, so that all others are read, too.
        """
        if not isinstance(buffersize, int | None):
            raise TypeError("buffersize must be an integer or None")
        if buffersize is not None and buffersize < 1:
            raise ValueError("buffersize must be None or > 0")
        end = None if timeout is None else time.monotonic() + timeout
        calls = zip(*iterables)  # noqa: B905  the shortest ends it, as in map()
        sent: Iterator[Sent]
        if self._engine.in_process:
            sent = (SentCall(self._inner.submit(fn, *args)) for args in calls)
        else:
            if chunksize < 1:
                raise ValueError("chunksize must be >= 1.")
            mapped = Mapped(fn, stop=not return_exceptions)
            chunks = iter(lambda: list(islice(calls, chunksize)), [])
            sent = (SentChunk(self._dispatcher, Chunk(mapped, chunk)) for chunk in chunks)
        pending = deque(islice(sent, buffersize))
        rest = iter(()) if buffersize is None else sent  # which holds the executor
        return results(pending, rest, end, return_exceptions)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False, **options: Any) -> None:
        """Take no more tasks, and shut the inner executor down.

        Args:
            wait: Whether to wait until all tasks are done and the workers have ended.
            cancel_futures: Whether to cancel the tasks that have not been started.
            options: What only the inner executor knows, such as `kill_workers` of loky. With any of
                these it is shut down at once, also where tasks are not done.
        """
        dispatcher = self._dispatcher
        if self._engine.in_process:
            self._inner.shutdown(wait=wait, cancel_futures=cancel_futures, **options)
            return
        dispatcher.close()
        if cancel_futures:
            dispatcher.cancel()
        if options:
            self._inner.shutdown(wait=wait, **options)
        if dispatcher.is_settling:  # it cannot wait for itself
            wait = False
        if dispatcher.is_idle and not wait:
            dispatcher.shut_down(wait)
            return
        # An interrupt ends the wait for the thread, and not what the thread does.
        thread = Thread(target=dispatcher.shut_down, args=(wait,), name="adapters-shutdown")
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down and starts no threads
            dispatcher.shut_down(wait)
        else:
            if wait:
                thread.join()


Executor.__module__ = "adapters"
