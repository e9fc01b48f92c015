"""Executor: runs tasks with native objects on any executor of concurrent.futures."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from itertools import islice, repeat
from threading import Lock
from typing import Any, TypeAlias, TypeVar

from adapters._execution import messages
from adapters._execution.chained_future import ChainedFuture
from adapters._execution.restarting import RestartingExecutor
from adapters._execution.watchdog import start_watchdog
from adapters._naming import shown
from adapters.errors import AdapterError, failures

T = TypeVar("T")
# The future of a chunk and, for each of its calls, the result item if the call was not sent.
_SentChunk: TypeAlias = "tuple[futures.Future[Any], list[messages.ResultItem | None]]"


class Executor(futures.Executor):
    """A `concurrent.futures.Executor` that sends native objects through another one.

    Arguments and results go through `adapters.dumps` and `adapters.loads`: native objects, later
    subclasses, lambdas and closures travel, and large parts of states leave out of band where the
    engine can do that. Arguments are pickled when they are submitted, except for large parts of
    states: the engine reads these when it sends them, so do not change them until the task is done.
    The result is rebuilt in the thread that first asks for it.

    A task that fails anywhere (pickling its arguments, rebuilding them, running, pickling the
    result, rebuilding it) gives its own future one error, and costs no other task. Errors from a
    worker have its traceback in their `__cause__`. A worker that dies gives what the inner executor
    gives: BrokenExecutor for all tasks that were running or pending in a ProcessPoolExecutor.

    Args:
        inner: The executor that runs the tasks: a ProcessPoolExecutor, ThreadPoolExecutor, loky's,
            Dask's `client.get_executor(pure=False)`, mpi4py's MPIPoolExecutor. None makes a
            ProcessPoolExecutor. A function that makes an executor, such as
            `loky.get_reusable_executor`, is called again whenever a worker's death has broken the
            one before; tasks that were lost then run again, and only a task that breaks the
            executor while it runs alone gets the BrokenExecutor.
        options: For the ProcessPoolExecutor that is made: `max_workers`, `mp_context` and so on.

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
        if inner is None:
            inner = futures.ProcessPoolExecutor(**options)
        elif options:
            raise TypeError(f"{', '.join(options)}: options are for an executor that is made here")
        elif not isinstance(inner, futures.Executor):
            if not callable(inner):
                advice = "pass one, a function that makes one, or options of a ProcessPoolExecutor"
                raise TypeError(f"{shown(inner)} is no concurrent.futures.Executor; {advice}")
            inner = RestartingExecutor(inner)
        self._inner = inner
        self._pending: set[futures.Future[Any]] = set()

    def __repr__(self) -> str:
        return f"<adapters.Executor of {self._inner!r}>"

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> futures.Future[T]:
        """Run `fn(*args, **kwargs)` in a worker; the future has its result or one error.

        Raises:
            RuntimeError: the executor was shut down.
            BrokenExecutor: the inner executor is broken for good.
        """
        future = _Future[T]()
        try:
            message = messages.pack((fn, args, kwargs))
        except AdapterError as error:
            future.set_exception(error)
        else:
            future.chain(self._submit(messages.run_call, *message))
        return future

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """As `map(fn, *iterables)`, in workers; results come in order.

        A call that fails raises where its result would have been; the next `next()` goes on with
        the call after it. An iterator that is dropped half-way cancels what has not been started.

        Args:
            fn: The function.
            iterables: Its arguments. They are consumed now, unless there is a buffersize.
            timeout: Seconds from now after which `next()` raises TimeoutError. None means never.
            chunksize: Calls that go to a worker at once, as one task.
            buffersize: The largest number of chunks that are submitted and not yet read; the
                iterables are consumed as results are read. None means no limit.

        Raises:
            SerializeError: `fn` cannot be pickled.
        """
        if not isinstance(buffersize, int | None):
            raise TypeError(f"buffersize must be an int or None, not {shown(buffersize)}")
        for name, size in (("chunksize", chunksize), ("buffersize", buffersize)):
            if size is not None and size < 1:
                raise ValueError(f"{name} must be 1 or more, not {size}")
        end = None if timeout is None else time.monotonic() + timeout
        calls = zip(*iterables)  # noqa: B905  the shortest ends it, as in map()
        chunks = iter(lambda: list(islice(calls, chunksize)), [])
        function = messages.pack(fn)
        sent = (self._submit_chunk(function, chunk) for chunk in chunks)
        pending = deque(islice(sent, buffersize))
        return map(messages.result_of, _receive(pending, sent, end))

    def _submit_chunk(self, function: messages.Message, calls: list[Any]) -> _SentChunk:
        """Submit those calls of a chunk whose arguments can be packed."""
        refused: list[messages.ResultItem | None] = [None] * len(calls)
        chunk: messages.Chunk | None = messages.pack_plain(calls)
        if chunk is None:
            chunk = []
            for index, args in enumerate(calls):
                try:
                    chunk.append(messages.pack(args))
                except AdapterError as error:
                    refused[index] = (None, None, error)
        return self._submit(messages.run_chunk, function, chunk), refused

    def _submit(self, function: Callable[..., Any], *args: Any) -> futures.Future[Any]:
        future = self._inner.submit(function, *args)
        start_watchdog(self._inner)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks, and shut the inner executor down.

        Args:
            wait: Whether to wait until all tasks are done and the workers have ended.
            cancel_futures: Whether to cancel the tasks that have not been started.
        """
        if cancel_futures:
            for future in list(self._pending):
                future.cancel()
        self._inner.shutdown(wait=wait)


class _Future(ChainedFuture[T]):
    """The future of a task: holds its result item, unpacked at the first `result()`."""

    _item: messages.ResultItem = ()  # stays empty if no worker has returned one

    def __init__(self) -> None:
        super().__init__()
        self._unpacking = Lock()

    def set_result(self, result: Any) -> None:
        self._item = result
        if result[0]:
            super().set_result(None)  # type: ignore[arg-type]
        else:  # only set_exception() ends futures.wait(return_when=FIRST_EXCEPTION)
            self.set_exception(Exception("the error of a task, not unpacked yet"))

    def exception(self, timeout: float | None = None) -> BaseException | None:
        error = super().exception(timeout)
        if not self._item:
            return error
        with self._unpacking:
            self._item = None, *messages.unpack_result(self._item)
        return self._item[2]

    def result(self, timeout: float | None = None) -> Any:
        error = self.exception(timeout)
        if error is not None:
            try:
                raise error
            finally:
                del error, self  # no reference cycle through the traceback
        return self._item[1]


def _receive(
    pending: deque[_SentChunk], sent: Iterator[_SentChunk], end: float | None
) -> Iterator[messages.ResultItem]:
    """Yield the result items of the calls of all chunks in order; when closed, cancel the rest."""
    try:
        while pending:
            pending.extend(islice(sent, 1))
            items = _items_of(pending.popleft(), end)
            while items:
                yield items.pop()  # keeps no reference to what was read
    finally:
        for future, _ in pending:
            future.cancel()


def _items_of(chunk: _SentChunk, end: float | None) -> list[messages.ResultItem]:
    """Wait for the result items of the calls of a chunk; returns them in reverse order."""
    future, refused = chunk
    try:
        returned = future.result(None if end is None else end - time.monotonic())
        items = iter(messages.unpack_chunk(returned))
    except futures.TimeoutError:
        future.cancel()
        raise
    except failures() as error:  # of the chunk as a whole: all its calls get it
        items = repeat((None, None, error))
    return [item or next(items) for item in refused][::-1]


Executor.__module__ = "adapters"
