"""Messages: call items and result items in a form that every transport can carry.

A message is (body, buffers): the bytes of `adapters.dumps`, and the large parts beside them. What
an executor itself pickles is plain bytes, so every failure of a task happens in `run_call`, in
`run_chunk` or at the caller, where it becomes the error of that task alone.
"""

from __future__ import annotations

import io
import os
import traceback
from contextlib import suppress
from copyreg import dispatch_table
from pickle import PickleBuffer, Pickler, PicklingError
from typing import Any, NoReturn, TypeAlias

from adapters._naming import in_words, shown
from adapters._pickling import dumps, loads
from adapters.errors import TaskError

# What arrives in place of a Buffer, if the transport pickles at all, is any bytes-like object.
Message: TypeAlias = tuple[bytes, "tuple[Any, ...]"]
# (True, *message) or (False, pickled exception or None, why it is None, traceback in the worker,
# exception in words); in the caller's process also (None, result, exception).
ResultItem: TypeAlias = tuple[Any, ...]
# One message where all is plain data; else a message for each, as one of them may fail.
Chunk: TypeAlias = "Message | list[Message]"


class RemoteTraceback(Exception):  # noqa: N818  as in concurrent.futures
    """The cause of an error that was raised in a worker: `tb`, the formatted traceback there."""

    def __init__(self, tb: str) -> None:
        super().__init__(tb)
        self.tb = tb

    def __str__(self) -> str:
        return f'\n"""\n{self.tb}"""'


class Buffer:
    """A large part of a message: out of band where the transport has pickle's protocol 5.

    It arrives as writable memory if the sender's was, as the arrays of numpy are, and only then.
    """

    __slots__ = ("_view",)

    def __init__(self, view: PickleBuffer) -> None:
        self._view = view

    def __reduce_ex__(self, protocol: Any) -> Any:
        if protocol >= 5:
            return memoryview, (self._view,)
        memory = self._view.raw()
        return bytes if memory.readonly else bytearray, (bytes(memory),)

    def copy(self) -> bytes | bytearray:
        """Memory of its own, for a transport that pickles nothing, such as a thread."""
        memory = self._view.raw()
        return bytes(memory) if memory.readonly else bytearray(memory)


def pack(obj: object) -> Message:
    """Make a message of an object; raises as `adapters.dumps`."""
    views: list[PickleBuffer] = []
    body = dumps(obj, buffer_callback=views.append)
    return body, tuple(map(Buffer, views))


def unpack(body: bytes, buffers: tuple[Any, ...]) -> Any:
    """The object of a message; raises as `adapters.loads`."""
    return loads(body, buffers=[each.copy() if type(each) is Buffer else each for each in buffers])


class _PlainPickler(Pickler):
    def reducer_override(self, obj: Any) -> NoReturn:
        raise PicklingError  # whatever is not of pickle's own basic types


def pack_plain(items: list[Any]) -> Message | None:
    """Make one message of all items if they are plain data, which always unpickles; else None."""
    file = io.BytesIO()
    with suppress(PicklingError, RecursionError):
        _PlainPickler(file, 5).dump(items)
        return file.getvalue(), ()
    return None


def run_call(body: bytes, buffers: tuple[Any, ...]) -> ResultItem:
    """Make the call of a call item, in a worker; an exception becomes a result item."""
    try:
        function, args, kwargs = unpack(body, buffers)
        return True, *pack(function(*args, **kwargs))
    except BaseException as error:
        return pack_error(error)


def run_chunk(function: Message, calls: Chunk) -> Message | list[ResultItem]:
    """Call a function with each tuple of arguments of a chunk, in a worker.

    Returns one message with all results, if they are plain data; else the result item of each call.
    """
    plain = type(calls) is tuple
    each: Any = unpack(*calls) if plain else calls
    try:
        call = unpack(*function)
    except BaseException as error:
        return [pack_error(error)] * len(each)
    results: list[Any] = []
    errors: dict[int, ResultItem] = {}
    for index, args in enumerate(each):
        try:
            results.append(call(*(args if plain else unpack(*args))))
        except BaseException as error:
            results.append(None)
            errors[index] = pack_error(error)
    if not errors and (message := pack_plain(results)) is not None:
        return message
    return [errors.get(index) or _pack_result(result) for index, result in enumerate(results)]


def _pack_result(result: object) -> ResultItem:
    try:
        return True, *pack(result)
    except BaseException as error:
        return pack_error(error)


class _OwnReduction:
    """An exception that pickles by its own `__reduce_ex__`, without a reducer of `copyreg`."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._error.__reduce_ex__(protocol)


def pack_error(error: BaseException) -> ResultItem:
    """Make the result item of a call that raised `error`."""
    raised = in_words(error)
    try:
        remote = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException as reason:  # of what the exception says of itself
        remote = f"{raised} (its traceback cannot be formatted: {in_words(reason)})"
    # Where Dask is imported, tblib has a reducer for all exceptions. It also pickles their causes
    # (ionelmc/python-tblib#53), which may fail, and keeps only what is in `args` and `__dict__`.
    module = getattr(dispatch_table.get(type(error)), "__module__", None) or ""
    try:
        exception = _OwnReduction(error) if module.startswith("tblib") else error
        return False, dumps(exception), None, remote, raised
    except BaseException as reason:  # any of them is this task's own
        why = f"which cannot be pickled ({in_words(reason)})"
        problem = f"in process {os.getpid()} the task raised {raised}, {why}"
        return False, dumps(None), problem, remote, raised


def unpack_result(item: ResultItem) -> tuple[Any, BaseException | None]:
    """The result of a call or, with a `RemoteTraceback` as its cause, the error that it raised."""
    if item[0] is None:
        return item[1], item[2]
    if item[0]:
        try:
            return unpack(*item[1:]), None
        except KeyboardInterrupt:  # of this process, which may ask again
            raise
        except BaseException as error:
            return None, error
    _, body, problem, remote, *words = item
    said = words[0] if words else "an exception"
    raised: Any = None
    try:
        raised = loads(body)
    except KeyboardInterrupt:
        raise
    except BaseException as reason:
        problem = f"the task raised {said}, which cannot be unpickled here ({in_words(reason)})"
    if not isinstance(raised, BaseException):
        problem = problem or f"the task raised {said}, which arrived as {shown(raised)}"
        raised = TaskError(f"{problem}; what an exception holds must pickle", "task")
    # Not by `raised.__cause__ =`, as a class may refuse that its attributes are set.
    vars(BaseException)["__cause__"].__set__(raised, RemoteTraceback(remote))
    return None, raised


def result_of(item: ResultItem) -> Any:
    """The result of a call; raises the error that it raised."""
    value, error = unpack_result(item)
    if error is not None:
        raise error
    return value


def unpack_chunk(returned: Message | list[ResultItem]) -> list[ResultItem]:
    """The result items of the calls for which `run_chunk` returned this."""
    if isinstance(returned, list):
        return returned
    return [(None, value, None) for value in unpack(*returned)]
