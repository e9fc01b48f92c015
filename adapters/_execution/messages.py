"""Messages: call items and result items in a form that every transport can carry.

What an executor itself pickles is plain bytes, so every failure of a task happens in `run_call`, in
`run_chunk` or where the result is opened, and becomes the error of that task alone.

A call item is run_call(head, body, buffers) or run_chunk(head, function, calls, stop). A head holds
what they need in the worker, and how the result is to be written:

    (digest of the caller's registrations, names of definitions of the main script with their
    digests, form, keys of the registrations if the task is sent again)

A result item is one of

    (PLAIN, body)                    plain data, which pickle loads by itself
    (RESULT, body, buffers)
    (ERROR, body, problem, traceback in the worker, exception in words)
    (CHUNK, the result items of its calls)
    (LACKS, names that the worker lacks)  or registrations; nothing has run
    (LACKS, None)                    the arguments of a chunk cannot be rebuilt as one message
"""

from __future__ import annotations

import os
import traceback
from typing import Any, NoReturn, TypeAlias

from adapters._execution import registrations
from adapters._execution.packing import Form, Packed, is_of_tblib, pack_plain, reduce_frozen
from adapters._execution.parts import Message, unpack, unpack_plain
from adapters._execution.remote_traceback import RemoteTraceback
from adapters._importable import main_script
from adapters._naming import in_words, shown
from adapters.errors import RebuildError, TaskError, failures

ResultItem: TypeAlias = tuple[Any, ...]
Head: TypeAlias = "tuple[bytes, dict[str, str | None], Form, list[Any] | None]"
# The arguments of all calls, as plain data or as one message; or a message for each.
Calls: TypeAlias = "Any | Message | list[Message]"
# The result of a call, and None; or None, and the error that it raised.
Outcome: TypeAlias = "tuple[Any, BaseException | None]"

PLAIN, RESULT, ERROR, CHUNK, LACKS = range(5)


def run_call(head: Head, body: Any, buffers: tuple[Any, ...]) -> ResultItem:
    """Make the call of a call item, in a worker; an exception becomes a result item."""
    form = head[2]
    try:
        if (lacking := _lacking(head)) is not None:
            return lacking
        function, args, kwargs = unpack(body, buffers)
        return _pack_result(function(*args, **kwargs), form)
    except BaseException as error:
        return pack_error(error, form)


def run_chunk(head: Head, function: Message, calls: Calls, stop: bool) -> ResultItem:
    """Call a function with each tuple of arguments of a chunk, in a worker.

    Args:
        head: As in `run_call`.
        function: The function.
        calls: The arguments of each call.
        stop: Whether the first call that fails is the last one.
    """
    form = head[2]
    try:
        if (lacking := _lacking(head)) is not None:
            return lacking
        call = unpack(*function)
        is_plain = not isinstance(calls, tuple | list)
        plain = unpack_plain(calls) if is_plain else None
    except BaseException as error:
        return pack_error(error, form)
    if isinstance(calls, tuple):
        try:
            plain = unpack(*calls)
        except failures():  # of one call, which is found when each comes alone
            return LACKS, None
    results: list[Any] = []
    errors: dict[int, ResultItem] = {}
    for index, args in enumerate(calls if plain is None else plain):
        try:
            results.append(call(*(unpack(*args) if plain is None else args)))
        except BaseException as error:
            results.append(None)
            errors[index] = pack_error(error, form)
            if stop or isinstance(error, KeyboardInterrupt):
                break
    if not errors and (body := pack_plain(results, form[3])) is not None:
        return PLAIN, body
    packed = (errors.get(i) or _pack_result(result, form) for i, result in enumerate(results))
    return CHUNK, list(packed)


def _lacking(head: Head) -> ResultItem | None:
    """What this worker lacks for a call, None for nothing. It learns what comes with the call."""
    digest, names, _, keys = head
    if keys is not None:
        registrations.learn(digest, keys)
    missing = main_script.missing(names) if names else []
    return (LACKS, missing) if missing or registrations.lacks(digest) else None


def _pack_result(result: object, form: Form) -> ResultItem:
    try:
        packed = Packed(result, form, form[2], check=False)
    except BaseException as error:
        return pack_error(error, form)
    return (PLAIN, packed.message[0]) if packed.is_plain else (RESULT, *packed.message)


class _OwnReduction:
    """An exception that pickles by its own `__reduce_ex__`, without a reducer of `copyreg`."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __reduce_ex__(self, protocol: Any) -> Any:
        reduced = reduce_frozen(self._error)
        return self._error.__reduce_ex__(protocol) if reduced is NotImplemented else reduced


def pack_error(error: BaseException, form: Form) -> ResultItem:
    """Make the result item of a call that raised `error`."""
    raised = in_words(error)
    try:
        remote = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException as reason:  # of what the exception says of itself
        remote = f"{raised} (its traceback cannot be formatted: {in_words(reason)})"
    try:
        exception = _OwnReduction(error) if is_of_tblib(type(error)) else error
        packed = Packed(exception, form, form[2], check=False)
        return ERROR, packed.message, None, remote, raised
    except BaseException as reason:  # any of them is this task's own
        why = f"which cannot be pickled ({in_words(reason)})"
        problem = f"in process {os.getpid()} the task raised {raised}, {why}"
        return ERROR, None, problem, remote, raised


def open_result(item: ResultItem) -> Outcome:
    """The result of a call or, with a `RemoteTraceback` as its cause, the error that it raised."""
    kind = item[0]
    try:
        if kind == PLAIN:
            return unpack(item[1], ()), None
        if kind == RESULT:
            return unpack(*item[1:]), None
    except BaseException as error:
        return None, error
    return None, _open_error(*item[1:])


def _open_error(
    message: Message | None, problem: str | None, remote: str, words: str
) -> BaseException:
    raised: Any = None
    try:
        raised = unpack(*message) if message else None
    except BaseException as reason:
        problem = f"the task raised {words}, which cannot be unpickled here ({in_words(reason)})"
    if not isinstance(raised, BaseException):
        problem = problem or f"the task raised {words}, which arrived as {shown(raised)}"
        raised = TaskError(f"{problem}; what an exception holds must pickle", "task")
    # Not by `raised.__cause__ =`, as a class may refuse that its attributes are set.
    vars(BaseException)["__cause__"].__set__(raised, RemoteTraceback(f'\n"""\n{remote}"""'))
    return raised  # type: ignore[no-any-return]


def open_chunk(item: ResultItem, count: int) -> list[Outcome]:
    """The outcomes of the calls of a chunk, of which there are `count`.

    What was not called any more, as a call before it failed, has the error of that call.
    """
    kind = item[0]
    if kind == PLAIN:
        try:
            return [(value, None) for value in unpack_plain(item[1])]
        except RebuildError as error:
            return [(None, error)] * count
    outcomes = [open_result(each) for each in (item[1] if kind == CHUNK else [item])]
    return outcomes + outcomes[-1:] * (count - len(outcomes))


def raise_error(error: BaseException | None) -> NoReturn:
    """Raise an error, without a reference cycle through its traceback."""
    try:
        raise error  # type: ignore[misc]
    finally:
        del error
