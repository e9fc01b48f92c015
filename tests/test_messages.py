"""Call items and result items: results and errors of a task, and of the calls of a chunk."""

from __future__ import annotations

import copyreg
import pickle
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from functools import partial
from typing import Any

import crashes
import executors
import processes
import pytest
from executors import TIMEOUT, Immediate, Manual, unless_odd
from gadgets import Gadget

import adapters
from adapters._execution import messages
from adapters._execution.packing import BY_NAME, Packed, pack_plain
from adapters._execution.parts import unpack

no_child_is_left = executors.no_child_is_left
executor, thread = executors.sending, executors.one_at_a_time
FORM = (BY_NAME, "", None, "")
HEAD = (b"", {}, FORM, None)


class ListOfItsOwn(list[int]):
    """A subclass of a type that pickle has an opcode for."""


class ArrivesAsNone(Exception):  # noqa: N818
    """An exception whose pickle makes something else."""

    def __reduce__(self) -> Any:
        return print, ()


class NativeError(Exception):
    """An exception that pickle copies wrongly, and its adapter does not."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code

    def __reduce__(self) -> Any:
        return NativeError, (0,)


def raise_native_error() -> None:
    raise NativeError(7)


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


def panic(*_: object) -> Any:
    raise Panic


class PanicsOnLeaving:
    """Raises a Panic when it is pickled."""

    def __reduce__(self) -> Any:
        panic()


class PanicsOnArrival:
    """Raises a Panic when it is unpickled."""

    def __reduce__(self) -> Any:
        return panic, ()

    def __call__(self, *_: object) -> None:
        """A function, to those that ask."""


def give_panic(*_: object) -> Any:
    return PanicsOnLeaving()


def give_lock_if_odd(number: int) -> Any:
    return threading.Lock() if number % 2 else number


def raise_what_arrives_as_none() -> None:
    raise ArrivesAsNone


class Array:
    """As the arrays of numpy: its memory is a buffer of protocol 5, and arrives writable."""

    def __init__(self, memory: Any) -> None:
        self.memory = memory

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Array, (pickle.PickleBuffer(self.memory),)


def add_one(array: Array) -> Array:
    """Change an array in place, if its memory is writable."""
    view = memoryview(array.memory)
    if not view.readonly:
        view[0] += 1
    return array


def outcomes(
    executor: adapters.Executor, function: Any, arguments: list[Any], chunksize: int
) -> list[Any]:
    """The result of each call, or the type of the error that it raised."""
    found = executor.map(function, arguments, chunksize=chunksize, return_exceptions=True)
    return [type(each) if isinstance(each, BaseException) else each for each in found]


def message(obj: object) -> Any:
    return Packed(obj, FORM).message


# Errors


def test_an_error_has_the_traceback_of_the_worker_as_its_cause(
    executor: adapters.Executor,
) -> None:
    future = executor.submit(unless_odd, 3)
    with pytest.raises(ValueError, match="no such number") as raised:
        future.result(TIMEOUT)
    assert raised.value.args == ("no such number", 3)
    assert raised.value is future.exception(TIMEOUT)
    assert "in raise_deep_inside" in str(raised.value.__cause__)
    assert "in unless_odd" in str(raised.value.__cause__)


def test_so_has_an_error_that_map_raises(executor: adapters.Executor) -> None:
    with pytest.raises(ValueError, match="no such number") as raised:
        next(executor.map(unless_odd, [3]))
    assert "in raise_deep_inside" in str(raised.value.__cause__)


def test_an_error_is_itself_where_tblib_pickles_all_errors() -> None:
    pytest.importorskip("tblib", reason="it comes with Dask")
    program = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import adapters, tblib.pickling_support

def fail():
    try:
        raise ValueError(threading.Lock())
    except ValueError as error:
        raise KeyError("cause") from error

tblib.pickling_support.install()
ThreadPoolExecutor.by_value = True
executor = adapters.Executor(ThreadPoolExecutor(1))
error = executor.submit(fail).exception()
print(repr(error), "in fail" in str(error.__cause__), executor.submit(sys.exit, 3).exception().code)
"""
    assert processes.run("-c", program) == "KeyError('cause') True 3\n"


def test_sys_exit_is_an_error_like_others(executor: adapters.Executor) -> None:
    error = executor.submit(sys.exit, 3).exception(TIMEOUT)
    assert isinstance(error, SystemExit)
    assert error.code == 3


def test_what_arrives_as_no_exception_is_a_task_error(thread: adapters.Executor) -> None:
    error = thread.submit(raise_what_arrives_as_none).exception(TIMEOUT)
    assert isinstance(error, adapters.TaskError)
    assert "raised test_messages.ArrivesAsNone, which arrived as None" in str(error)
    assert "in raise_what_arrives_as_none" in str(error.__cause__)


def test_an_exception_travels_through_its_adapter(
    thread: adapters.Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(copyreg.dispatch_table, NativeError, raising=False)  # Dask's, by tblib
    adapters.register(NativeError, lambda error: error.code, NativeError)
    try:
        error = thread.submit(raise_native_error).exception(TIMEOUT)
    finally:
        adapters.unregister(NativeError)
    assert isinstance(error, NativeError)
    assert error.code == 7


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (panic, Panic),
        (give_panic, adapters.SerializeError),
        (PanicsOnArrival(), adapters.RebuildError),
    ],
)
def test_what_is_no_exception_costs_its_own_task(
    thread: adapters.Executor, function: Callable[..., Any], kind: type[BaseException]
) -> None:
    error = thread.submit(function, 1).exception(TIMEOUT)
    assert isinstance(error, kind)
    assert "in panic" in str(error.__cause__)
    assert outcomes(thread, function, [1, 2, 3], 2) == [kind] * 3


@pytest.mark.parametrize("chunksize", [1, 2, 4])
def test_an_argument_that_panics_costs_its_own_call(
    thread: adapters.Executor, chunksize: int
) -> None:
    arguments = [1, PanicsOnLeaving(), PanicsOnArrival(), 4]
    assert outcomes(thread, crashes.same, arguments, chunksize) == [
        1,
        adapters.SerializeError,
        adapters.RebuildError,
        4,
    ]
    error = thread.submit(crashes.same, PanicsOnLeaving()).exception(TIMEOUT)
    assert isinstance(error, adapters.SerializeError)
    assert thread.submit(abs, -1).result(TIMEOUT) == 1


# Large parts


def test_large_parts_are_out_of_band_from_protocol_5_on() -> None:
    data = bytes(300_000)
    body, buffers = message(Gadget(bytearray(data)))
    assert len(body) < 1000
    views: list[pickle.PickleBuffer] = []
    out_of_band = pickle.dumps(buffers, 5, buffer_callback=views.append)
    assert len(out_of_band) < 1000
    assert [view.raw().nbytes for view in views] == [len(data)]
    for arrived in (
        pickle.loads(out_of_band, buffers=views),
        pickle.loads(pickle.dumps(buffers, 4)),
    ):
        assert bytes(unpack(body, arrived).state) == data


@pytest.mark.parametrize("memory", [bytearray(b"12"), bytearray(10**6), b"constant"])
def test_memory_arrives_as_writable_as_it_was(executor: adapters.Executor, memory: Any) -> None:
    before = memory[0]
    found = executor.submit(add_one, Array(memory)).result(TIMEOUT)
    [mapped] = executor.map(add_one, [Array(memory)])
    writable = type(memory) is bytearray
    for array in (found, mapped):
        view = memoryview(array.memory)
        assert (view.readonly, view[0]) == (not writable, before + writable)
        assert view[1:] == memory[1:]
    assert memory[0] == before


# Chunks


@pytest.mark.parametrize(
    "plain", [1, "text", b"bytes", None, [1.5, {"a": {2}}], (True, frozenset([2]))], ids=repr
)
def test_a_chunk_of_plain_data_is_one_message(plain: Any) -> None:
    packed = pack_plain([(plain,), (plain,)], "")
    assert packed is not None
    for calls in (packed, [message((plain,))] * 2):
        item = messages.run_chunk(HEAD, message(crashes.same), calls, False)
        assert item[0] == messages.PLAIN
        assert messages.open_chunk(item, 2) == [(plain, None)] * 2


@pytest.mark.parametrize(
    "other",
    [Gadget(1), 1j, abs, Gadget, ListOfItsOwn(), [[ListOfItsOwn([1])]], ValueError],
    ids=repr,
)
def test_a_chunk_with_anything_else_is_a_message_for_each(other: Any) -> None:
    assert pack_plain([1, other], "") is None
    calls = [message((each,)) for each in (1, other)]
    item = messages.run_chunk(HEAD, message(crashes.same), calls, False)
    assert item[0] == messages.CHUNK
    assert messages.open_chunk(item, 2) == [(1, None), (other, None)]


@pytest.mark.parametrize(
    ("arguments", "kind"), [([-1, -2, -3], bytes), ([-1, Gadget(), -3], tuple)]
)
def test_map_sends_the_arguments_of_a_chunk_as_one_message(
    arguments: list[Any], kind: type
) -> None:
    class Recording(Immediate):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
            sent.append(args[-2])
            return super().submit(fn, *args, **kwargs)

    sent: list[Any] = []
    results = adapters.Executor(Recording()).map(crashes.same, arguments, chunksize=3)
    assert list(results) == arguments
    assert [type(chunk) for chunk in sent] == [kind]


def test_data_that_is_too_deep_for_pickle_is_not_plain() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert pack_plain([deep], "") is None


@pytest.mark.parametrize("chunksize", [1, 2, 3, 8])
def test_refused_calls_and_calls_that_fail_keep_their_places(
    thread: adapters.Executor, chunksize: int
) -> None:
    lock = threading.Lock()
    refused = adapters.SerializeError
    arguments = [lock, 0, lock, lock, 4, 5, 6, lock]
    assert outcomes(thread, unless_odd, arguments, chunksize) == [
        refused,
        0,
        refused,
        refused,
        4,
        ValueError,
        6,
        refused,
    ]


@pytest.mark.parametrize("chunksize", [1, 2, 5])
def test_results_that_cannot_be_pickled_keep_their_places(
    thread: adapters.Executor, chunksize: int
) -> None:
    assert outcomes(thread, give_lock_if_odd, [0, 1, 2, 3, 4], chunksize) == [
        0,
        adapters.SerializeError,
        2,
        adapters.SerializeError,
        4,
    ]


@pytest.mark.parametrize("arguments", [[1, 2, 3], [1, Gadget(), 3]], ids=["plain", "mixed"])
def test_a_function_that_cannot_be_rebuilt_fails_all_calls_of_its_chunks(
    thread: adapters.Executor, arguments: list[Any]
) -> None:
    function = partial(crashes.call, crashes.FailsToArrive(crashes.raise_an_exception))
    results = list(thread.map(function, arguments, chunksize=2, return_exceptions=True))
    assert len(results) == len(arguments)
    for error in results:
        assert isinstance(error, adapters.RebuildError)
        assert "crashes.FailsToArrive" in str(error)
        assert "in raise_an_exception" in str(error.__cause__)


def test_a_chunk_that_is_lost_fails_all_its_calls_but_those_refused() -> None:
    manual = Manual()
    results = adapters.Executor(manual).map(
        crashes.same, [1, threading.Lock(), Gadget(), 4], chunksize=3, return_exceptions=True
    )
    manual.wait_for(2)
    manual.die()
    broken = futures.BrokenExecutor
    assert [type(each) for each in results] == [broken, adapters.SerializeError, broken, broken]
