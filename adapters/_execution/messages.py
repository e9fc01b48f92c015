"""A task while it travels: calls and answers in messages that every transport can carry.

A message is (body, buffers): bytes that `adapters.dumps` made, and the large parts beside them. So
what an executor pickles itself never fails, and each failure of a task is met where it can be
turned into an answer. What a worker calls is here; the caller's side is in `executor`.
"""

from __future__ import annotations

import io
import os
import traceback
from copyreg import dispatch_table
from pickle import PickleBuffer, Pickler
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from adapters._naming import in_words
from adapters._pickling import dumps, loads
from adapters.errors import FAILURES, AdapterError, TaskError

if TYPE_CHECKING:
    from collections.abc import Callable

    Message: TypeAlias = tuple[bytes, "tuple[Buffer | memoryview, ...]"]
    # (True, *message) or (False, exception pickled, what cannot be pickled, remote traceback).
    Answer: TypeAlias = tuple[Any, ...]
    # Things that are plain data as one message, others as a message each: one of them may fail.
    Batch: TypeAlias = "Message | list[Message]"


class RemoteTraceback(Exception):  # noqa: N818  what concurrent.futures calls it
    """The cause of an error that happened in a worker: shows the traceback from there.

    Args:
        tb: The traceback, formatted.
    """

    def __init__(self, tb: str) -> None:
        super().__init__(tb)
        self.tb = tb

    def __str__(self) -> str:
        return f'\n"""\n{self.tb}"""'


class Buffer:
    """A large part of a message: out of band where the transport has pickle's protocol 5."""

    __slots__ = ("_view",)

    def __init__(self, view: PickleBuffer) -> None:
        self._view = view

    def __reduce_ex__(self, protocol: Any) -> Any:
        return memoryview, (self._view if protocol >= 5 else self.copied(),)

    def copied(self) -> bytes:
        """What arrives where nothing was pickled, as in a thread: nothing is shared."""
        return bytes(self._view.raw())


def pack(obj: object) -> Message:
    """A message that holds `obj`; raises as `adapters.dumps`."""
    views: list[PickleBuffer] = []
    body = dumps(obj, buffer_callback=views.append)
    return body, tuple(map(Buffer, views))


def unpack(body: bytes, buffers: tuple[Buffer | memoryview, ...]) -> Any:
    """The object of a message; raises as `adapters.loads`."""
    return loads(
        body, buffers=[part.copied() if type(part) is Buffer else part for part in buffers]
    )


class _NotPlainError(Exception):
    pass


class _Plain(Pickler):
    def reducer_override(self, obj: Any) -> NoReturn:
        raise _NotPlainError


def pack_plain(items: list[Any]) -> Message | None:
    """One message for all, if they are data that nothing can fail on; else None."""
    with io.BytesIO() as file:
        try:
            _Plain(file, 5).dump(items)
        except (_NotPlainError, RecursionError):
            return None
        return file.getvalue(), ()


def run(body: bytes, buffers: tuple[Buffer | memoryview, ...]) -> Answer:
    """Make the call that a message holds, in a worker. Nothing that is raised gets out."""
    try:
        function, args, kwargs = unpack(body, buffers)
        return True, *pack(function(*args, **kwargs))
    except BaseException as error:
        return failed(error)


def run_batch(function: Message, calls: Batch) -> Batch | list[Answer] | Answer:
    """Call a function with each of several tuples of arguments, in a worker.

    Returns:
        One message with all results, where they are plain; else the answer of each call, or the one
        answer to all.
    """
    try:
        call = unpack(*function)
        plain = type(calls) is tuple
        each: Any = unpack(*calls) if plain else calls
    except BaseException as error:
        return failed(error)
    results: list[Any] = []
    answers: dict[int, Answer] = {}
    for index, args in enumerate(each):
        try:
            results.append(call(*(args if plain else unpack(*args))))
        except BaseException as error:
            results.append(None)
            answers[index] = failed(error)
    if not answers and (message := pack_plain(results)) is not None:
        return message
    return [answers[i] if i in answers else _answer(result) for i, result in enumerate(results)]


def _answer(result: object) -> Answer:
    try:
        return True, *pack(result)
    except BaseException as error:
        return failed(error)


class _AsItself:
    """An exception in the way that it pickles by itself."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._error.__reduce_ex__(protocol)


def _is_tblib(error: BaseException) -> bool:
    """Whether tblib has spoken for its type, as where Dask was imported it does for all of them.

    It sends causes along, which may not pickle, and loses what is in neither args nor `__dict__`.
    """
    reducer = dispatch_table.get(type(error))
    return reducer is not None and getattr(reducer, "__module__", "").startswith("tblib")


def failed(error: BaseException) -> Answer:
    """The answer of a call that raised `error`."""
    remote = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    try:
        return False, dumps(_AsItself(error) if _is_tblib(error) else error), None, remote
    except FAILURES as reason:
        said = f"{in_words(error)}, which cannot be pickled ({in_words(reason)})"
        return False, None, f"in process {os.getpid()} the task raised {said}", remote


def open_answer(answer: Answer) -> tuple[Any, BaseException | None]:
    """The result of a call or, with a `RemoteTraceback` as its cause, what it failed with."""
    if answer[0]:
        try:
            return unpack(*answer[1:]), None
        except (AdapterError, MemoryError) as error:
            return None, error
    _, body, problem, remote = answer
    raised: Any = None
    if body is not None:
        try:
            raised = loads(body)
        except (AdapterError, MemoryError) as reason:
            last = remote.rstrip().rpartition("\n")[2]
            problem = f"the task raised {last}, which cannot be unpickled here ({in_words(reason)})"
    if not isinstance(raised, BaseException):
        problem = problem or f"the task raised an exception that arrived as {raised!r}"
        raised = TaskError(f"{problem}; what an exception holds must pickle", "task")
    raised.__cause__ = RemoteTraceback(remote)
    return None, raised


def open_batch(
    returned: Batch | list[Answer] | Answer, count: int
) -> list[tuple[Callable[[Any], Any], Any]]:
    """What `run_batch` returned for `count` calls, as functions to call, each with an argument.

    Calling one gives the result of its call, or raises what that failed with.
    """
    if type(returned) is list:
        return [(_result_of, answer) for answer in returned]
    if returned[0] is False:
        return [(_result_of, returned)] * count
    return [(_same, value) for value in unpack(*returned)]


def _result_of(answer: Answer) -> Any:
    value, error = open_answer(answer)
    if error is not None:
        raise error
    return value


def _same(value: Any) -> Any:
    return value
