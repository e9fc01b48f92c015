"""Mapping: the chunks of a map that were submitted, and the results of their calls in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent import futures
from functools import partial
from itertools import islice
from typing import Any, TypeAlias
from weakref import ref

from adapters._execution.dispatcher import Dispatcher
from adapters._execution.messages import LACKS, PLAIN, Outcome, ResultItem, raise_error
from adapters._execution.task_future import TaskFuture
from adapters._execution.traced import result_item
from adapters._execution.work import Chunk
from adapters.errors import failures


class SentCall:
    """A single call that runs in this process, where nothing is packed."""

    def __init__(self, future: futures.Future[Any]) -> None:
        self._future = future

    def wait(self, end: float | None) -> tuple[list[Any] | None, list[Outcome]]:
        """As `SentChunk.wait`."""
        error = _error_of(self._future, end)
        return ([self._future.result()], []) if error is None else (None, [(None, error)])

    def cancel(self) -> None:
        """Cancel the call if it has not been started."""
        self._future.cancel()


class SentChunk:
    """A chunk that was submitted. Most return plain data, which the reader opens.

    For any other answer it makes a future as `Executor.submit` does.

    Args:
        dispatcher: What submits it.
        chunk: The calls.
    """

    __slots__ = ("__weakref__", "_cancelled", "_chunk", "_dispatcher", "_future", "_source")

    def __init__(self, dispatcher: Dispatcher, chunk: Chunk) -> None:
        self._dispatcher: Any = dispatcher  # None when it is done: it holds the pool
        self._chunk = chunk
        self._future: TaskFuture[list[Outcome]] | None = None
        self._source: Any = None  # until it is submitted
        self._cancelled = False  # whether it is not to be started
        try:
            dispatcher.add(self)
            try:
                sent = chunk.pack(dispatcher)
            except failures() as error:
                self._source = futures.Future()
                self._source.set_exception(error)
            else:
                self._source = dispatcher.submit(*sent, once=chunk.once)
            if self._cancelled:
                self._source.cancel()
            # The dispatcher holds this until then; a reference would be in a cycle with the answer.
            self._source.add_done_callback(partial(_arrived, ref(self)))
        except BaseException:
            dispatcher.discard(self)
            raise

    def arrived(self, source: futures.Future[Any]) -> None:
        """Callback of the inner executor's future."""
        if not source.cancelled() and (error := source.exception()) is not None:
            self._dispatcher.broke(error)
        elif not source.cancelled():
            answer = result_item(source)
            if answer[0] != LACKS:
                self._chunk.release()
            if answer[0] != PLAIN:
                self._open(answer)
        self._dispatcher.discard(self)
        self._dispatcher = None

    def _open(self, answer: ResultItem) -> TaskFuture[list[Outcome]]:
        """The future of the outcomes in an answer; both the pool's thread and the reader ask."""
        dispatcher = self._dispatcher
        if dispatcher is None:
            return self._future  # type: ignore[return-value]
        with dispatcher.lock:
            is_first = self._future is None
            if is_first:
                self._future = TaskFuture(dispatcher, self._chunk)
            future: Any = self._future
        if is_first:
            future.take(answer)
        return future  # type: ignore[no-any-return]

    def wait(self, end: float | None) -> tuple[list[Any] | None, list[Outcome]]:
        """Wait until a time of `time.monotonic`, None for ever.

        Returns:
            The results of the calls, if all are plain data; else None, and their outcomes.
        """
        error = _error_of(self._source, end)
        if error is not None:
            return None, self._chunk.lost(error)[0]
        answer = result_item(self._source)
        if answer[0] != PLAIN:
            future = self._open(answer)
            error = _error_of(future, end)
            return None, future.result() if error is None else self._chunk.lost(error)[0]
        values = self._chunk.open_plain(answer)
        return values, [] if values is not None else self._chunk.open(answer)[0]

    def cancel(self) -> None:
        """Cancel the calls if they have not been started."""
        self._cancelled = True
        future = self._future or self._source
        if future is not None:
            future.cancel()


def _arrived(sent: ref[SentChunk], source: futures.Future[Any]) -> None:
    chunk = sent()
    if chunk is not None:
        chunk.arrived(source)


Sent: TypeAlias = "SentCall | SentChunk"


def results(
    pending: deque[Sent], sent: Iterator[Sent], end: float | None, return_exceptions: bool
) -> Iterator[Any]:
    """Yield the results of the calls in order; when it ends, cancel the rest.

    Args:
        pending: What was submitted.
        sent: What else there is; it is submitted one by one, as results are read.
        end: As `SentChunk.wait`.
        return_exceptions: Whether to yield errors, too. If not, the first one is raised.
    """
    try:
        while pending:
            values, outcomes = pending[0].wait(end)
            pending.popleft()
            pending.extend(islice(sent, 1))
            if values is not None:
                values.reverse()
                while values:
                    yield values.pop()  # keeps no reference to what was read
            outcomes.reverse()
            while outcomes:
                if return_exceptions or outcomes[-1][1] is None:
                    yield _shown(*outcomes.pop())
                else:
                    raise_error(outcomes.pop()[1])
    finally:
        for each in pending:
            each.cancel()


def _error_of(future: futures.Future[Any], end: float | None) -> BaseException | None:
    """What a call raised, once it is done; that it was cancelled is an error like others."""
    try:
        return future.exception(None if end is None else end - time.monotonic())
    except futures.CancelledError as error:
        return error


def _shown(value: Any, error: BaseException | None) -> Any:
    return value if error is None else error
