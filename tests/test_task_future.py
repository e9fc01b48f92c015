"""The futures of tasks: when they are done, and in which thread results are rebuilt."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import executors
import pytest
from executors import CALLS, TIMEOUT, Gate, Manual, Supply, record, unless_odd, wait_at
from gadgets import Gadget

import adapters

no_child_is_left = executors.no_child_is_left
sending, one_at_a_time, gate = executors.sending, executors.one_at_a_time, executors.gate


class Slow(Gadget):
    """A gadget whose factory a test controls."""

    opened = threading.Event()
    reached = threading.Event()
    threads: list[threading.Thread]
    ask: Any = None  # a future that the factory waits for


def rebuild(state: object) -> Slow:
    Slow.threads.append(threading.current_thread())
    Slow.reached.set()
    if Slow.ask is not None:
        Slow.ask.result(TIMEOUT)
    assert Slow.opened.wait(TIMEOUT)
    return Slow(state)


@pytest.fixture(autouse=True)
def slow_gadgets() -> Iterator[None]:
    Slow.threads, Slow.ask = [], None
    Slow.opened.clear()
    Slow.reached.clear()
    adapters.register(Slow, lambda slow: slow.state, rebuild)
    yield
    Slow.opened.set()
    adapters.unregister(Slow)


def make_slow(state: object) -> Slow:
    return Slow(state)


def test_a_future_is_done_when_its_result_is_rebuilt(sending: adapters.Executor) -> None:
    future = sending.submit(make_slow, 1)
    assert Slow.reached.wait(TIMEOUT)
    with pytest.raises(futures.TimeoutError):
        future.result(0.01)
    assert not future.done()
    assert future.running()
    assert not future.cancel()
    Slow.opened.set()
    assert future.result(TIMEOUT) == Slow(1)
    assert not future.running()


def test_it_is_rebuilt_in_no_thread_of_the_caller_or_of_the_pool(
    sending: adapters.Executor,
) -> None:
    Slow.opened.set()
    sending.submit(make_slow, 1).result(TIMEOUT)
    assert [thread.name for thread in Slow.threads] == ["adapters-opener"]


def test_other_tasks_and_an_event_loop_go_on_meanwhile(sending: adapters.Executor) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        slow = loop.run_in_executor(sending, make_slow, 1)
        await loop.run_in_executor(None, Slow.reached.wait, TIMEOUT)
        assert await loop.run_in_executor(sending, abs, -1) == 1
        assert not slow.done()
        Slow.opened.set()
        assert await slow == Slow(1)

    asyncio.run(main())


def test_a_factory_may_wait_for_another_task(sending: adapters.Executor) -> None:
    Slow.opened.set()
    # Its own result is rebuilt, too, while the first factory waits.
    Slow.ask = sending.submit(Gadget, "other")
    assert sending.submit(make_slow, 1).result(TIMEOUT) == Slow(1)


def test_a_factory_may_submit_a_task_and_wait_for_it(sending: adapters.Executor) -> None:
    class Asks:
        def result(self, timeout: float) -> Any:
            return sending.submit(Gadget, "other").result(timeout)

    Slow.opened.set()
    Slow.ask = Asks()
    assert sending.submit(make_slow, 1).result(TIMEOUT) == Slow(1)


def test_shutdown_waits_for_a_rebuild(gate: Gate) -> None:
    executor = adapters.Executor(executors.Pickling(1))
    future = executor.submit(make_slow, 1)
    assert Slow.reached.wait(TIMEOUT)
    threading.Timer(0.1, Slow.opened.set).start()
    executor.shutdown()
    assert future.done()
    assert future.result(0) == Slow(1)


def test_shutdown_waits_for_callbacks(gate: Gate) -> None:
    called: list[Any] = []

    def call_back(future: Any) -> None:
        time.sleep(0.1)
        called.append(future)

    executor = adapters.Executor(executors.Pickling(1))
    Slow.opened.set()
    for function in (make_slow, abs):
        executor.submit(wait_at, "gate")
        executor.submit(function, 1).add_done_callback(call_back)
    gate.opened.set()
    executor.shutdown()
    assert len(called) == 2


def test_a_task_that_comes_too_late_is_refused_and_not_counted() -> None:
    manual = Manual()
    executor = adapters.Executor(manual)
    executor.shutdown()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="after shutdown"):
            executor.submit(abs, 1)
    assert manual.tasks == []
    executor.shutdown()


def test_shutdown_without_waiting_leaves_it_under_way() -> None:
    executor = adapters.Executor(executors.Pickling(1))
    future = executor.submit(make_slow, 1)
    assert Slow.reached.wait(TIMEOUT)
    executor.shutdown(wait=False)
    assert not future.done()
    Slow.opened.set()
    assert future.result(TIMEOUT) == Slow(1)


@pytest.mark.slow
def test_a_callback_may_shut_the_executor_down(start_method: str) -> None:
    for function in (abs, make_slow):
        executor = executors.on_processes(start_method)
        shut_down = threading.Event()

        def shut_it_down(_: object, executor: Any = executor, done: Any = shut_down) -> None:
            executor.shutdown()
            done.set()

        Slow.opened.set()
        executor.submit(function, 1).add_done_callback(shut_it_down)
        assert shut_down.wait(TIMEOUT)
        executor.shutdown()


@pytest.mark.parametrize("number", [2, 3])
def test_the_plain_fields_of_a_future_are_set(sending: adapters.Executor, number: int) -> None:
    """As `Future._get_snapshot` of later Pythons reads them."""
    future: Any = sending.submit(unless_odd, number)
    futures.wait([future], TIMEOUT)
    assert future._state == "FINISHED"
    assert future._result == (number if number == 2 else None)
    assert type(future._exception) is (ValueError if number == 3 else type(None))


def test_what_was_cancelled_is_known_at_once(one_at_a_time: adapters.Executor, gate: Gate) -> None:
    running = one_at_a_time.submit(wait_at, "gate")
    assert gate.reached.wait(TIMEOUT)
    waiting = one_at_a_time.submit(record, 1)
    assert waiting.cancel()
    assert waiting.done()
    gate.opened.set()
    assert running.result(TIMEOUT) == "gate"
    one_at_a_time.shutdown()
    assert CALLS == []


def test_an_executor_that_refuses_to_submit_fails_the_call() -> None:
    executor = adapters.Executor(Manual(broken=True))
    with pytest.raises(futures.BrokenExecutor, match="broken before"):
        executor.submit(abs, 1)
    executor.shutdown()  # and waits for nothing


def test_what_is_lost_when_it_is_sent_again_has_its_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from adapters._execution import messages

    manual = Manual()
    future = adapters.Executor(manual).submit(abs, 1)
    manual.wait_for(1)
    manual.broken = True
    [(source, _)] = manual.tasks
    source.set_result((messages.LACKS, []))
    assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)


def test_other_attributes_are_those_of_the_inner_executor() -> None:
    class Terminable(Manual):
        def terminate_workers(self) -> str:
            return "terminated"

    executor: Any = adapters.Executor(Terminable())
    assert executor.terminate_workers() == "terminated"
    assert executor.broken is False
    for missing in ("kill_workers", "__deepcopy__"):
        with pytest.raises(AttributeError, match=missing):
            getattr(executor, missing)
    with pytest.raises(LookupError):
        adapters.Executor(Supply(LookupError("none")))


def test_a_future_takes_no_longer_than_asked(sending: adapters.Executor) -> None:
    future = sending.submit(time.sleep, 0.3)
    start = time.monotonic()
    with pytest.raises(futures.TimeoutError):
        future.result(0.01)
    assert time.monotonic() - start < 0.3
    assert future.result(TIMEOUT) is None


@pytest.mark.parametrize("other", ["cancel", "refuse"])
def test_a_callback_may_end_other_tasks_and_shut_down(other: str) -> None:
    executor = adapters.Executor(executors.Pickling(1))
    done = threading.Event()
    started, waiting = executor.submit(time.sleep, 0.1), executor.submit(abs, -1)

    def call_back(_: object) -> None:
        waiting.cancel() if other == "cancel" else executor.submit(threading.Lock())
        executor.shutdown()
        done.set()

    started.add_done_callback(call_back)
    assert done.wait(TIMEOUT)
    executor.shutdown()


class Hook:
    """Does something while it is pickled."""

    def __init__(self, act: Any) -> None:
        self.act = act

    def __reduce__(self) -> Any:
        self.act()
        return Hook, (None,)


def test_cancelled_while_it_is_submitted_it_never_runs() -> None:
    manual = Manual()
    executor = adapters.Executor(manual)

    def cancel() -> None:
        executor.shutdown(wait=False, cancel_futures=True)

    future = executor.submit(record, Hook(cancel))
    assert futures.wait([future], TIMEOUT).done == {future}
    assert future.cancelled()
    assert manual.tasks == []
    executor = adapters.Executor(Manual())
    [result] = executor.map(record, [Hook(cancel)], return_exceptions=True)
    assert isinstance(result, futures.CancelledError)


@pytest.mark.parametrize("method", ["submit", "map"])
def test_an_interrupt_while_it_is_submitted_leaves_no_task(method: str) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    executor = adapters.Executor(Manual())
    with pytest.raises(KeyboardInterrupt):
        executor.submit(abs, Hook(interrupt)) if method == "submit" else executor.map(
            abs, [Hook(interrupt)]
        )
    executor.shutdown()  # and waits for nothing


def test_a_task_that_waits_to_be_sent_again_can_be_cancelled() -> None:
    from adapters._execution import messages

    manual = Manual()
    executor = adapters.Executor(manual)
    blocked = threading.Event()
    executor._dispatcher.openers.run(lambda: blocked.wait(TIMEOUT))
    future = executor.submit(record, 1)
    [(source, _)] = manual.tasks
    source.set_result((messages.LACKS, []))
    assert not future.running()
    assert future.cancel()
    assert future.cancelled()
    blocked.set()
    executor._dispatcher.openers.join()
    assert len(manual.tasks) == 1


def test_done_futures_do_not_hold_the_pool(start_method: str) -> None:
    executor = executors.on_processes(start_method)
    pool = weakref.ref(executor._inner)
    kept = [executor.submit(abs, -1), executor.submit(Gadget, 1)]
    results = executor.map(Gadget, [1, 2])
    futures.wait(kept, TIMEOUT)
    del executor
    end = time.monotonic() + TIMEOUT
    while pool() is not None:
        assert time.monotonic() < end
        gc.collect()
        time.sleep(0.01)
    assert list(results) == [Gadget(1), Gadget(2)]


def test_its_state_is_in_its_words(one_at_a_time: adapters.Executor, gate: Gate) -> None:
    running, waiting = one_at_a_time.submit(wait_at, "gate"), one_at_a_time.submit(abs, 1)
    assert gate.reached.wait(TIMEOUT)
    assert "state=running" in repr(running)
    assert "state=pending" in repr(waiting)
