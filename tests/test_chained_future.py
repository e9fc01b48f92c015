"""The futures of adapters.Executor behave as others of concurrent.futures."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import executors
import pytest
from executors import CALLS, GATES, TIMEOUT, Gate, Manual, record, total, unless_odd, wait_at
from gadgets import Gadget

import adapters

no_child_is_left = executors.no_child_is_left
executor, thread, gate = executors.sending, executors.one_at_a_time, executors.gate


def after_the_gate(gate: str, number: int) -> int:
    GATES[gate].wait()
    return unless_odd(number)


def test_as_completed_gives_each_once(executor: adapters.Executor) -> None:
    tasks = {executor.submit(abs, -number): number for number in range(10)}
    done = list(futures.as_completed(tasks, TIMEOUT))
    assert len(done) == 10
    assert {tasks[future]: future.result() for future in done} == {n: n for n in range(10)}


def test_wait_for_all(executor: adapters.Executor) -> None:
    tasks = {executor.submit(unless_odd, number) for number in range(10)}
    done, waiting = futures.wait(tasks, TIMEOUT)
    assert (done, waiting) == (tasks, set())
    assert sum(future.exception() is None for future in done) == 5


@pytest.mark.parametrize(
    ("number", "condition"),
    [(2, futures.FIRST_COMPLETED), (3, futures.FIRST_COMPLETED), (3, futures.FIRST_EXCEPTION)],
)
def test_wait_for_the_first(gate: Gate, number: int, condition: str) -> None:
    GATES["other"] = Gate()
    openers = [
        threading.Timer(0.1, GATES["other"].opened.set),  # when wait() waits
        threading.Timer(5, gate.opened.set),  # in case wait() misses the first one
    ]
    with adapters.Executor(ThreadPoolExecutor(2)) as executor:
        slow = executor.submit(wait_at, "gate")
        quick = executor.submit(after_the_gate, "other", number)
        for opener in openers:
            opener.start()
        done, waiting = futures.wait([slow, quick], TIMEOUT, return_when=condition)
        gate.opened.set()
    for opener in openers:
        opener.cancel()
        opener.join()
    assert (done, waiting) == ({quick}, {slow})


@pytest.mark.parametrize("number", [2, 3])
def test_callbacks_are_called_once_with_the_future(
    executor: adapters.Executor, number: int
) -> None:
    called: list[Any] = []
    future = executor.submit(unless_odd, number)
    future.add_done_callback(called.append)
    future.exception(TIMEOUT)
    executor.submit(abs, 1).result(TIMEOUT)
    future.add_done_callback(called.append)  # at once: it is done
    executor._dispatcher.openers.join()
    assert called == [future, future]


def test_a_callback_may_ask_for_the_result(executor: adapters.Executor) -> None:
    results = futures.Future[Any]()
    future = executor.submit(Gadget, 1)
    future.add_done_callback(lambda future: results.set_result(future.result(0)))
    assert results.result(TIMEOUT) is future.result(TIMEOUT)


def test_a_callback_that_exits_does_not_end_the_executor_manager_thread(
    executor: adapters.Executor,
) -> None:
    future = executor.submit(time.sleep, 0.1)
    future.add_done_callback(lambda _: sys.exit("a callback raises SystemExit"))
    assert future.result(TIMEOUT) is None
    assert list(executor.map(abs, range(5), timeout=TIMEOUT)) == list(range(5))


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


def panic(*_: object) -> Any:
    raise Panic("unwrap() on None")


class Panics:
    """Raises a Panic when it is unpickled."""

    def __reduce__(self) -> Any:
        return panic, ()


@pytest.mark.parametrize("number", [2, 3])
def test_a_callback_that_panics_does_not_skip_those_after_it(
    thread: adapters.Executor, gate: Gate, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[Any] = []
    future = thread.submit(after_the_gate, "gate", number)
    for callback in (panic, called.append, panic, called.append):
        future.add_done_callback(callback)
    gate.opened.set()
    future.exception(TIMEOUT)
    assert thread.submit(abs, -1).result(TIMEOUT) == 1
    thread.shutdown()  # which waits for callbacks
    assert called == [future, future]
    future.add_done_callback(panic)  # at once, and the caller is not concerned
    assert [record.exc_info and record.exc_info[0] for record in caplog.records] == [Panic] * 3


def test_an_interrupt_in_a_callback_of_the_main_thread_passes() -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    manual = Manual()
    future = adapters.Executor(manual).submit(abs, -1)
    future.add_done_callback(interrupt)
    with pytest.raises(KeyboardInterrupt):
        manual.run(1)
    assert future.result(TIMEOUT) == 1


@pytest.mark.parametrize("function", [panic, Panics])
def test_asyncio_goes_on_after_a_panic(
    executor: adapters.Executor, function: Callable[[], Any]
) -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(executor, function)
        with pytest.raises((Panic, adapters.RebuildError), match=r"unwrap\(\) on None"):
            await asyncio.wait_for(call, TIMEOUT)
        return [await loop.run_in_executor(executor, abs, -1)]

    assert asyncio.run(main()) == [1]


@pytest.mark.parametrize("kind", [GeneratorExit, asyncio.CancelledError])
def test_asyncio_does_not_wait_for_what_an_arrival_has_ended(
    thread: adapters.Executor, kind: type[BaseException]
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(thread, Raises, kind)
        await asyncio.wait([call], timeout=TIMEOUT)
        assert call.done()
        with pytest.raises(kind):
            call.result()

    asyncio.run(main())


class Raises:
    """Raises an exception of a kind when it is unpickled."""

    def __init__(self, kind: type[BaseException]) -> None:
        self.kind = kind

    def __reduce__(self) -> Any:
        return raise_it, (self.kind,)


def raise_it(kind: type[BaseException]) -> None:
    raise kind("on arrival")


def test_asyncio_waits_for_them(executor: adapters.Executor) -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(
            asyncio.gather(
                asyncio.wrap_future(executor.submit(Gadget, 1)),
                loop.run_in_executor(executor, total, 1, 2),
                asyncio.wrap_future(executor.submit(unless_odd, 3)),
                return_exceptions=True,
            ),
            TIMEOUT,
        )

    gadget, number, error = asyncio.run(main())
    assert gadget == Gadget(1)
    assert number == 3
    assert isinstance(error, ValueError)


def test_after_a_timeout_the_result_can_be_asked_for_again(
    thread: adapters.Executor, gate: Gate
) -> None:
    future = thread.submit(wait_at, "gate")
    assert gate.reached.wait(TIMEOUT)
    with pytest.raises(futures.TimeoutError):
        future.result(0.01)
    with pytest.raises(futures.TimeoutError):
        future.exception(0.01)
    assert future.running()
    assert not future.done()
    gate.opened.set()
    assert future.result(TIMEOUT) == "gate"


def test_pending_tasks_can_be_cancelled_and_running_ones_cannot(
    thread: adapters.Executor, gate: Gate
) -> None:
    called: list[Any] = []
    running = thread.submit(wait_at, "gate")
    waiting = thread.submit(record, 1)
    waiting.add_done_callback(called.append)
    assert gate.reached.wait(TIMEOUT)
    assert not running.cancel()
    assert waiting.cancel()
    assert waiting.cancel()  # once more, as other futures
    assert waiting.cancelled()
    assert called == [waiting]
    assert futures.wait([waiting], TIMEOUT).done == {waiting}
    with pytest.raises(futures.CancelledError):
        waiting.result(TIMEOUT)
    gate.opened.set()
    assert running.result(TIMEOUT) == "gate"
    assert thread.submit(abs, -1).result(TIMEOUT) == 1
    assert CALLS == []


def test_a_future_that_is_done_is_in_no_reference_cycle(
    thread: adapters.Executor, gate: Gate
) -> None:
    gc.disable()
    try:
        future = thread.submit(wait_at, "gate")
        gate.opened.set()
        assert future.result(TIMEOUT) == "gate"
        assert thread.submit(abs, -2).result(TIMEOUT) == 2  # by now the thread has let it go
        reference = weakref.ref(future)
        del future
        assert reference() is None
    finally:
        gc.enable()
