"""Tasks for other transports than executors: a call that fails for itself alone.

Where an argument cannot be rebuilt, many libraries hang, lose their workers or hide the cause. They
carry a task and an answer as bytes, which always arrive; what these hold is loaded inside the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

from adapters._execution.messages import Head, ResultItem, open_result, raise_error, run_call
from adapters._execution.packing import BY_EITHER, Packed
from adapters._execution.parts import Message, copy_memory
from adapters._naming import qualified_name, shown

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_HEAD: Head = (b"", {}, (BY_EITHER, "", None, ""), None)


class Task(Generic[T_co]):
    """A call that can be sent by any transport that pickles; made by `adapters.task`.

    Calling it, in a worker, makes the call and returns an `Answer`. It raises nothing: SystemExit,
    KeyboardInterrupt and the like are in the answer, too. It can be called more than once.
    """

    def __init__(self, name: str, message: Message) -> None:
        self._name = name
        self._message = message

    def __repr__(self) -> str:
        return f"<adapters.Task {self._name}>"

    def __reduce__(self) -> Any:
        return Task, (self._name, self._message)

    def __call__(self) -> Answer[T_co]:
        return Answer(copy_memory(run_call(_HEAD, *copy_memory(self._message))))


class Answer(Generic[T_co]):
    """What a task returned or raised, as bytes; `adapters.answer` opens it."""

    def __init__(self, item: ResultItem) -> None:
        self._item = item

    def __reduce__(self) -> Any:
        return Answer, (self._item,)

    def open(self) -> T_co:
        """The result of the call; raises what it raised."""
        value, error = open_result(copy_memory(self._item))
        if error is not None:
            raise_error(error)
        return value  # type: ignore[no-any-return]


def task(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Task[T]:
    """The call `fn(*args, **kwargs)`, to be made in another process.

    Send it by a transport that pickles, call it there, send back what it returns, and pass that to
    `adapters.answer`. A call that fails anywhere (rebuilding its arguments, running, pickling the
    result, rebuilding it) then gives its own error, and the transport notices nothing.

    Functions and classes of the main script are those of the other process if it runs the same
    script, and copies if it does not; so each task carries copies, with the globals that they use.
    The arguments are as they are now: large parts of them are copied, too.

    Args:
        fn: The function.
        *args: Its arguments.
        **kwargs: Its keyword arguments.

    Raises:
        SerializeError: the function or an argument cannot be pickled.

    >>> answer(task(divmod, 7, 2)())
    (3, 1)
    """
    name = getattr(fn, "__qualname__", None) or qualified_name(type(fn))
    return Task(name, copy_memory(Packed((fn, args, kwargs), _HEAD[2]).message))


def answer(answer: Answer[T], /) -> T:
    """The result of a task; raises the error that it raised, with the traceback from there.

    Args:
        answer: What the task returned. It can be opened more than once.

    Raises:
        BaseException: what the call raised.
        SerializeError: the result could not be pickled.
        RebuildError: an argument could not be rebuilt there, or the result cannot be, here.
        TaskError: the call raised an exception that cannot be pickled, or not be rebuilt here.
        TypeError: this is not what a task returned.
    """
    if not isinstance(answer, Answer):
        problem = f"adapters.answer opens what an adapters.Task returned, not {shown(answer)}"
        raise TypeError(problem)
    return answer.open()


for _public in (Answer, Task, answer, task):
    _public.__module__ = "adapters"
