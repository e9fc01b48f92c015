"""What adapters.Executor promises, through threads and through processes of each kind."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import children
import crashes
import executors
import pytest
from executors import CALLS, TIMEOUT, Gate, Immediate, Supply, record, total, wait_at
from gadgets import Gadget, Tool, state_of

import adapters

no_child_is_left = executors.no_child_is_left
executor, thread, gate = executors.executor, executors.thread, executors.gate
processes, one_at_a_time = executors.processes, executors.one_at_a_time

one_thread = partial(ThreadPoolExecutor, 1)
given_either_way = pytest.mark.parametrize(
    "inner", [one_thread, lambda: one_thread], ids=["an executor", "a function that makes one"]
)
KEPT: dict[str, Any] = {}


def keep(name: str, thing: Any) -> Any:
    KEPT[name] = thing
    return thing


class SlowGadget(Gadget):
    """A gadget that takes a while to rebuild."""


def rebuild_slowly(state: object) -> SlowGadget:
    time.sleep(0.05)
    return SlowGadget(state)


adapters.register(SlowGadget, state_of, rebuild_slowly)


class TestSubmit:
    def test_the_result_of_a_call_arrives(self, executor: adapters.Executor) -> None:
        future = executor.submit(total, 1, 2, start=10)
        assert isinstance(future, futures.Future)
        assert future.result(TIMEOUT) == 13
        assert future.exception(TIMEOUT) is None
        assert future.done()
        assert not future.running()
        assert not future.cancelled()

    def test_native_objects_travel_both_ways(self, executor: adapters.Executor) -> None:
        came_back, made_there, _ = executor.submit(children.send_back, Gadget([1])).result(TIMEOUT)
        assert came_back == Gadget([1])
        assert made_there == Gadget(("made in the child", [1]))

    def test_a_worker_is_another_process(self, start_method: str) -> None:
        context = multiprocessing.get_context(start_method)
        with adapters.Executor(max_workers=1, mp_context=context) as executor:
            assert executor.submit(os.getpid).result(TIMEOUT) != os.getpid()

    def test_what_cannot_be_imported_goes_by_value(self, executor: adapters.Executor) -> None:
        gadget = Gadget("in a closure")

        class Local:
            def __init__(self, value: object) -> None:
                self.value = value

        future = executor.submit(lambda local, factor: (local.value * factor, gadget), Local(3), 2)
        assert future.result(TIMEOUT) == (6, gadget)
        assert executor.submit(lambda: Local(4)).result(TIMEOUT).value == 4

    def test_subclasses_made_later_travel(self, executor: adapters.Executor) -> None:
        class Anvil(Tool):
            pass

        came_back = executor.submit(lambda anvil: [anvil], Anvil("heavy")).result(TIMEOUT)[0]
        assert (type(came_back).__name__, came_back.state) == ("Anvil", "heavy")

    def test_an_adapter_that_goes_by_value_travels(self, executor: adapters.Executor) -> None:
        class Native(Gadget):
            pass

        adapters.register(Native, lambda native: native.state, lambda state: Native(state))
        try:
            came_back, made_there, _ = executor.submit(children.send_back, Native(1)).result(
                TIMEOUT
            )
            assert came_back == Native(1)
            assert made_there == Native(("made in the child", 1))
        finally:
            adapters.unregister(Native)

    @pytest.mark.parametrize("make_buffer", [bytes, bytearray, lambda data: memoryview(data)])
    def test_large_parts_arrive_right(
        self, executor: adapters.Executor, make_buffer: Callable[[bytes], Any]
    ) -> None:
        data = os.urandom(300_000)
        sent = Gadget({"small": 1, "large": make_buffer(data), "empty": make_buffer(b"")})
        state = executor.submit(crashes.same, sent).result(TIMEOUT).state
        assert state["small"] == 1
        assert bytes(state["large"]) == data
        assert bytes(state["empty"]) == b""

    def test_the_arguments_are_as_they_were_at_the_call(
        self, one_at_a_time: adapters.Executor, gate: Gate
    ) -> None:
        first = one_at_a_time.submit(wait_at, "gate")
        argument = [1, 2]
        future = one_at_a_time.submit(crashes.same, argument)
        argument.append(3)
        gate.opened.set()
        assert first.result(TIMEOUT) == "gate"
        assert future.result(TIMEOUT) == [1, 2]

    def test_threads_get_and_return_the_objects_themselves(self, thread: adapters.Executor) -> None:
        lock, items = threading.Lock(), [1]
        assert thread.submit(lambda: lock).result(TIMEOUT) is lock
        assert thread.submit(items.append, 2).result(TIMEOUT) is None
        assert list(thread.map(items.append, [3, 4], chunksize=2)) == [None, None]
        assert items == [1, 2, 3, 4]
        future = thread.submit(total, 1)
        assert type(future) is futures.Future

    @pytest.mark.parametrize(
        "make", [lambda: [bytearray(9000)], lambda: Gadget({"large": bytearray(9000)})]
    )
    def test_an_executor_that_pickles_nothing_shares_no_memory(
        self, make: Callable[[], Any]
    ) -> None:
        def large_part(thing: Any) -> Any:
            return thing[0] if isinstance(thing, list) else thing.state["large"]

        sent = make()
        arrived = adapters.Executor(Immediate()).submit(keep, "sent", sent).result(TIMEOUT)
        large_part(sent)[0] = 1
        assert large_part(KEPT["sent"])[0] == 0
        assert large_part(arrived)[0] == 0

    def test_a_result_is_rebuilt_once_before_the_future_is_done(
        self, one_at_a_time: adapters.Executor
    ) -> None:
        future = one_at_a_time.submit(SlowGadget, "one")
        futures.wait([future], TIMEOUT)
        SlowGadget.made = 0
        with ThreadPoolExecutor(8) as threads:
            results = list(threads.map(lambda _: future.result(TIMEOUT), range(8)))
        assert all(result is results[0] for result in results)
        assert SlowGadget.made == 0

    def test_a_function_that_cannot_be_pickled_fails_its_own_future(
        self, processes: adapters.Executor
    ) -> None:
        lock = threading.Lock()
        error = processes.submit(lambda: lock).exception(TIMEOUT)
        assert type(error) is adapters.SerializeError
        assert "lock" in str(error)
        assert processes.submit(abs, -1).result(TIMEOUT) == 1


class TestShutdown:
    def test_the_end_of_a_with_block_waits_for_all(self, start_method: str) -> None:
        context = multiprocessing.get_context(start_method)
        with adapters.Executor(max_workers=1, mp_context=context) as executor:
            tasks = [executor.submit(Gadget, number) for number in range(5)]
        assert all(future.done() for future in tasks)
        assert [future.result(0) for future in tasks] == [Gadget(number) for number in range(5)]

    @given_either_way
    def test_after_it_submit_raises(self, inner: Callable[[], Any]) -> None:
        executor = adapters.Executor(inner())
        executor.shutdown()
        executor.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            executor.submit(abs, 1)

    @given_either_way
    def test_after_it_map_raises(self, inner: Callable[[], Any]) -> None:
        executor = adapters.Executor(inner())
        executor.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            executor.map(abs, [1, 2])

    @given_either_way
    def test_without_waiting_what_was_submitted_still_runs(
        self, gate: Gate, inner: Callable[[], Any]
    ) -> None:
        executor = adapters.Executor(inner())
        running, waiting = executor.submit(wait_at, "gate"), executor.submit(abs, -1)
        assert gate.reached.wait(TIMEOUT)
        executor.shutdown(wait=False)
        assert not running.done()
        with pytest.raises(RuntimeError, match="after shutdown"):
            executor.submit(abs, -2)
        gate.opened.set()
        assert running.result(TIMEOUT) == "gate"
        assert waiting.result(TIMEOUT) == 1
        executor.shutdown()

    @given_either_way
    def test_it_cancels_pending_tasks_if_asked_to(
        self, gate: Gate, inner: Callable[[], Any]
    ) -> None:
        executor = adapters.Executor(inner())
        running, waiting = executor.submit(wait_at, "gate"), executor.submit(record, 1)
        assert gate.reached.wait(TIMEOUT)
        executor.shutdown(wait=False, cancel_futures=True)
        assert waiting.cancelled()
        gate.opened.set()
        executor.shutdown()
        assert running.result(0) == "gate"
        assert CALLS == []


class TestConstructor:
    def test_without_an_executor_it_makes_processes(self) -> None:
        with adapters.Executor(max_workers=1) as executor:
            assert executor.submit(os.getpid).result(TIMEOUT) != os.getpid()

    def test_it_is_an_executor_and_says_of_which(self) -> None:
        inner = ThreadPoolExecutor(1)
        with adapters.Executor(inner) as executor:
            assert isinstance(executor, futures.Executor)
            assert repr(executor) == f"<adapters.Executor of {inner!r}>"

    @pytest.mark.parametrize(
        ("arguments", "options", "error", "words"),
        [
            ((5,), {}, TypeError, r"^5 is no concurrent\.futures\.Executor"),
            (("threads",), {}, TypeError, "'threads' is no"),
            ((one_thread,), {"max_workers": 2}, TypeError, "max_workers: options are for"),
            ((), {"max_workers": 0}, ValueError, "max_workers"),
            ((), {"workers": 2}, TypeError, "workers"),
            ((one_thread, one_thread), {}, TypeError, "positional"),
        ],
    )
    def test_wrong_arguments_are_refused(
        self, arguments: Any, options: Any, error: type[Exception], words: str
    ) -> None:
        with pytest.raises(error, match=words):
            adapters.Executor(*arguments, **options)

    def test_options_beside_an_executor_are_refused(self) -> None:
        with (
            ThreadPoolExecutor(1) as inner,
            pytest.raises(TypeError, match="max_workers: options"),
        ):
            adapters.Executor(inner, max_workers=1)

    def test_a_function_that_cannot_make_one_raises_at_once(self) -> None:
        with pytest.raises(LookupError, match="no workers today"):
            adapters.Executor(Supply(LookupError("no workers today")))
