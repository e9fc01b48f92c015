"""Errors in result items: what a TaskError says, and what an arrival may raise."""

from __future__ import annotations

import asyncio
import builtins
import copyreg
import sys
from collections.abc import Callable
from typing import Any

import executors
import pytest
from executors import TIMEOUT

import adapters
from adapters._execution import messages
from adapters._execution.packing import BY_NAME

HERE = __name__
thread = executors.one_at_a_time


def sent(error: BaseException) -> BaseException | None:
    """An error, as it arrives from a worker."""
    return messages.open_result(messages.pack_error(error, (BY_NAME, "", None, "")))[1]


@pytest.fixture(autouse=True)
def without_tblib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Dask is imported, tblib pickles exceptions in its own way."""
    for cls in list(copyreg.dispatch_table):
        if issubclass(cls, BaseException):
            monkeypatch.delitem(copyreg.dispatch_table, cls)


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


def panic(*_: object) -> Any:
    raise Panic


class RaisesOnArrival:
    """Raises an exception of a kind when it is unpickled."""

    def __init__(self, kind: type[BaseException]) -> None:
        self.kind = kind

    @staticmethod
    def arrive(kind: type[BaseException]) -> Any:
        raise kind("on arrival")

    def __reduce__(self) -> Any:
        return arrive, (self.kind,)


def arrive(kind: type[BaseException]) -> Any:
    return RaisesOnArrival.arrive(kind)


class NeedsKey(Exception):  # noqa: N818
    """As most exceptions with an argument by keyword only, it does not load."""

    def __init__(self, message: str, *, key: int) -> None:
        super().__init__(message)
        self.key = key


class WrongSyntax(SyntaxError, NeedsKey):  # noqa: N818
    """One whose formatted traceback ends with the source."""

    def __init__(self, message: str, *, key: int) -> None:
        NeedsKey.__init__(self, message, key=key)
        self.msg, self.filename, self.lineno, self.text = message, "file.py", 3, "source"


class Unprintable(NeedsKey):
    def __str__(self) -> str:
        panic()


class Frozen(Exception):  # noqa: N818
    """As a frozen dataclass, it cannot be changed."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


def noted() -> NeedsKey:
    error = NeedsKey("message", key=1)
    error.__notes__ = ["see the manual", "or ask"]
    return error


def group() -> BaseException:
    if sys.version_info < (3, 11):
        pytest.skip("groups of exceptions came with Python 3.11")
    kind = vars(builtins)["ExceptionGroup"]
    return kind("several", [NeedsKey("message", key=1)])  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NeedsKey("message", key=1), f"{HERE}.NeedsKey: message"),
        (lambda: NeedsKey("one\nline more", key=1), f"{HERE}.NeedsKey: one\nline more"),
        (lambda: NeedsKey("", key=1), f"{HERE}.NeedsKey"),
        (noted, f"{HERE}.NeedsKey: message (see the manual; or ask)"),
        (group, "ExceptionGroup: several (1 sub-exception)"),
        (lambda: WrongSyntax("bad", key=1), f"{HERE}.WrongSyntax: bad (file.py, line 3)"),
        (lambda: NeedsKey("x" * 10_000_000, key=1), f"{HERE}.NeedsKey: {'x' * 997}..."),
        (lambda: Unprintable("x", key=1), f"{HERE}.Unprintable, whose str() raises"),
    ],
)
def test_a_task_error_says_what_the_task_raised(
    make: Callable[[], BaseException], words: str
) -> None:
    error = sent(make())
    assert isinstance(error, adapters.TaskError)
    assert str(error).startswith(f"the task raised {words}, which cannot be unpickled here (adapte")
    assert "raised TypeError: " in str(error)
    assert len(str(error)) < 3000


def test_an_exception_whose_traceback_cannot_be_formatted() -> None:
    class Odd(Exception):  # noqa: N818
        @property
        def __notes__(self) -> Any:
            panic()

        @property
        def __suppress_context__(self) -> Any:  # type: ignore[override]
            panic()

    item = messages.pack_error(Odd("odd"), (BY_NAME, "", None, ""))
    assert item[0] == messages.ERROR
    assert "its traceback cannot be formatted: test_messages_errors.Panic" in item[3]


def test_an_exception_may_refuse_attributes() -> None:
    error = sent(Frozen("ice"))
    assert isinstance(error, Frozen)
    assert type(error.__cause__).__name__.endswith("RemoteTraceback")


@pytest.mark.parametrize("kind", [GeneratorExit, asyncio.CancelledError, Panic, SystemExit])
def test_whatever_an_arrival_raises_is_the_error_of_its_task(
    thread: adapters.Executor, kind: type[BaseException]
) -> None:
    future = thread.submit(RaisesOnArrival, kind)
    error = future.exception(TIMEOUT)
    wanted = adapters.RebuildError if kind in (Panic, SystemExit) else kind
    assert isinstance(error, wanted)
    assert future.exception(TIMEOUT) is error
    with pytest.raises(wanted):
        future.result(TIMEOUT)
    results = thread.map(RaisesOnArrival, [kind, kind], return_exceptions=True)
    assert [type(each) for each in results] == [wanted] * 2
