"""Executor: any concurrent.futures executor, for native objects, where a failure costs one task."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from adapters._execution import messages
from adapters._execution.chained_future import Following
from adapters._execution.restarting import Restarting
from adapters._execution.watchdog import watch
from adapters.errors import AdapterError

if TYPE_CHECKING:
    from adapters._execution.messages import Answer

    # What runs the calls, how many they were, and the errors of those that could not be sent.
    _Chunk: TypeAlias = tuple[futures.Future[Any], int, dict[int, AdapterError]]

T = TypeVar("T")


class Executor(futures.Executor):
    """A `concurrent.futures.Executor` that sends native objects through another one.

    Arguments and results go through `adapters.dumps` and `adapters.loads`: native objects, later
    subclasses, lambdas and closures travel, and large parts of states leave out of band where the
    engine can do that. Arguments are pickled when they are submitted, but for large parts of
    states: the engine reads these when it sends them, so leave them alone until the task is done.
    The result is rebuilt in the thread that first asks for it.

    A task that fails anywhere (pickling its arguments, rebuilding them, running, pickling the
    result, rebuilding it) gives its own future one error, and costs no other task. Errors from a
    worker have its traceback in their `__cause__`. A worker that dies gives what the inner executor
    gives: BrokenExecutor for all that was under way in a ProcessPoolExecutor.

    Args:
        inner: The executor that runs the tasks: a ProcessPoolExecutor, ThreadPoolExecutor, loky's,
            Dask's `client.get_executor(pure=False)`, mpi4py's MPIPoolExecutor. None makes a
            ProcessPoolExecutor. A function that makes an executor, such as
            `loky.get_reusable_executor`, is called again whenever a worker's death has broken the
            one before; what was lost then runs again, and only the task that breaks the executor
            when it runs alone gets the BrokenExecutor.
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
                raise TypeError(
                    f"{inner!r} is no concurrent.futures.Executor; pass one, a function that makes"
                    " one, or the options of a ProcessPoolExecutor"
                )
            inner = Restarting(inner)
        self._inner = inner
        self._watched = False
        self._pending: set[futures.Future[Answer]] = set()

    def __repr__(self) -> str:
        return f"<adapters.Executor of {self._inner!r}>"

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> futures.Future[T]:
        """Run `fn(*args, **kwargs)` in a worker; the future has its result or one error.

        Raises:
            RuntimeError: the executor was shut down.
            BrokenExecutor: the inner executor is broken for good.
        """
        outer = _Future[T]()
        try:
            message = messages.pack((fn, args, kwargs))
        except AdapterError as error:
            outer.set_exception(error)
            return outer
        outer.follow(self._submit(messages.run, *message))
        return outer

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
        the call behind it. An iterator that is dropped half-way cancels what has not been started.

        Args:
            fn: The function.
            iterables: Its arguments. They are consumed now, unless there is a buffersize.
            timeout: Seconds from now after which `next()` raises TimeoutError. None means never.
            chunksize: Calls that go to a worker at once.
            buffersize: The largest number of chunks that are under way or not yet read; the
                iterables are consumed as results are read. None means all at once.

        Raises:
            SerializeError: `fn` cannot be pickled.
        """
        if chunksize < 1:
            raise ValueError(f"chunksize must be 1 or more, not {chunksize}")
        if buffersize is not None and not isinstance(buffersize, int):
            raise TypeError(f"buffersize must be an int or None, not {buffersize!r}")
        if buffersize is not None and buffersize < 1:
            raise ValueError(f"buffersize must be 1 or more, not {buffersize}")
        end = None if timeout is None else time.monotonic() + timeout
        calls = zip(*iterables)  # noqa: B905  the shortest ends it, as in map()
        chunks = iter(lambda: list(islice(calls, chunksize)), [])
        function = messages.pack(fn)
        started = (self._start(function, chunk) for chunk in chunks)
        return _Results(started, end, buffersize)

    def _start(self, function: messages.Message, calls: list[Any]) -> _Chunk:
        """Send calls of one function to a worker, those whose arguments pickle."""
        refused: dict[int, AdapterError] = {}
        batch: messages.Batch | None = messages.pack_plain(calls)
        if batch is None:
            batch = []
            for index, args in enumerate(calls):
                try:
                    batch.append(messages.pack(args))
                except AdapterError as error:
                    refused[index] = error
        return self._submit(messages.run_batch, function, batch), len(calls), refused

    def _submit(self, function: Callable[..., Any], *args: Any) -> futures.Future[Any]:
        future = self._inner.submit(function, *args)
        if not self._watched:
            self._watched = True
            watch(self._inner)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks, and shut the inner executor down.

        Args:
            wait: Whether to wait until all tasks are done and the workers have ended.
            cancel_futures: Whether to cancel what has not been started.
        """
        if cancel_futures:
            for future in list(self._pending):
                future.cancel()
        self._inner.shutdown(wait=wait)


_UNOPENED = Exception("an answer that nobody has opened yet")


class _Future(Following[T]):
    """The future of a task, which opens the answer for the first who asks."""

    _answer: Answer | None = None
    _value: Any = None
    _error: BaseException | None = None

    def __init__(self) -> None:
        super().__init__()
        self._opening = Lock()

    def _succeed(self, result: Any) -> None:
        self._answer = result
        if result[0]:
            super()._succeed(None)
        else:  # who waits for the first exception hears of it
            self.set_exception(_UNOPENED)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the task failed with, or None; waits for it."""
        error = super().exception(timeout)
        if error is not None and error is not _UNOPENED:
            return error
        with self._opening:
            if self._answer is not None:
                self._value, self._error = messages.open_answer(self._answer)
                self._answer = None
        return self._error

    def result(self, timeout: float | None = None) -> Any:
        """What the task returned; waits for it, and raises what it failed with."""
        error = self.exception(timeout)
        if error is not None:
            try:
                raise error
            finally:
                del error, self  # no cycle through the traceback
        return self._value


class _Results(Iterator[T]):
    """The results of `map` in order; see there."""

    def __init__(self, chunks: Iterator[_Chunk], end: float | None, ahead: int | None) -> None:
        self._chunks = chunks
        self._end = end
        self._read = False
        self._ready: deque[tuple[Callable[[Any], T], Any]] = deque()  # functions to be called
        self._pending: deque[_Chunk] = deque()
        self._pending.extend(islice(chunks, ahead))

    def __next__(self) -> T:
        self._read = True
        while not self._ready:
            if not self._pending:
                raise StopIteration
            self._pending.extend(islice(self._chunks, 1))
            self._ready.extend(self._results_of(*self._pending.popleft()))
        function, argument = self._ready.popleft()
        return function(argument)

    def _results_of(
        self, future: futures.Future[Any], count: int, refused: dict[int, AdapterError]
    ) -> list[tuple[Callable[[Any], Any], Any]]:
        remaining = None if self._end is None else self._end - time.monotonic()
        try:
            results = messages.open_batch(future.result(remaining), count - len(refused))
        except futures.TimeoutError:
            future.cancel()
            self._cancel()
            raise
        except (Exception, futures.CancelledError) as error:
            results = [(_raise, error)] * (count - len(refused))
        for index, refusal in sorted(refused.items()):
            results.insert(index, (_raise, refusal))
        return results

    def _cancel(self) -> None:
        while self._pending:
            self._pending.popleft()[0].cancel()

    def __del__(self) -> None:
        if self._read:  # who never reads wants all calls made
            self._cancel()


def _raise(error: BaseException) -> Any:
    raise error


Executor.__module__ = "adapters"
