"""What adapters.Executor promises, through threads and through processes of each kind."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import children
import crashes
import processes
import pytest
from gadgets import Gadget, Tool, state_of

import adapters

TIMEOUT = 60
START_METHODS = multiprocessing.get_all_start_methods()

one_thread = partial(ThreadPoolExecutor, 1)
given_either_way = pytest.mark.parametrize(
    "inner", [one_thread, lambda: one_thread], ids=["an executor", "a function that makes one"]
)


@pytest.fixture(scope="module", autouse=True)
def no_child_is_left() -> Iterator[None]:
    """In place of the one in conftest: the process pools serve the whole module."""
    yield
    assert not multiprocessing.active_children()


@pytest.fixture(scope="module", params=["threads", *START_METHODS])
def executor(request: pytest.FixtureRequest) -> Iterator[adapters.Executor]:
    """An executor of each kind."""
    if request.param == "threads":
        made = adapters.Executor(ThreadPoolExecutor(2))
    else:
        context = multiprocessing.get_context(request.param)
        made = adapters.Executor(max_workers=2, mp_context=context)
    with made:
        yield made


@pytest.fixture
def thread() -> Iterator[adapters.Executor]:
    """One thread: what is behind a task waits for it."""
    with adapters.Executor(ThreadPoolExecutor(1)) as executor:
        yield executor


class Gate:
    """Where tasks that run in threads wait."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self.opened.wait(TIMEOUT)


# Functions of a module travel by name, so in a thread they find these.
GATES: dict[str, Gate] = {}
CALLS: list[Any] = []
KEPT: dict[str, Any] = {}


def wait_at(gate: str) -> str:
    GATES[gate].wait()
    return gate


def record(argument: Any) -> Any:
    CALLS.append(argument)
    return argument


def keep(name: str, thing: Any) -> Any:
    KEPT[name] = thing
    return thing


@pytest.fixture
def gate() -> Iterator[Gate]:
    """The gate of `wait_at("gate")`, which opens at the end of the test if not before."""
    GATES["gate"] = Gate()
    CALLS.clear()
    yield GATES["gate"]
    GATES.pop("gate").opened.set()


class SlowGadget(Gadget):
    """To rebuild one takes a while."""


def rebuild_slowly(state: object) -> SlowGadget:
    time.sleep(0.05)
    return SlowGadget(state)


adapters.register(SlowGadget, state_of, rebuild_slowly)


def raise_deep_inside(number: int) -> None:
    raise ValueError("no such number", number)


def unless_odd(number: int) -> int:
    if number % 2:
        raise_deep_inside(number)
    return number


def after_the_gate(gate: str, number: int) -> int:
    GATES[gate].wait()
    return unless_odd(number)


def record_or_wait(what: str) -> str:
    record(what)
    return wait_at("gate") if what == "wait" else what


def total(*numbers: int, start: int = 0) -> int:
    return sum(numbers, start)


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
        self, thread: adapters.Executor, gate: Gate
    ) -> None:
        first = thread.submit(wait_at, "gate")
        argument = [1, 2]
        future = thread.submit(crashes.same, argument)
        argument.append(3)
        gate.opened.set()
        assert first.result(TIMEOUT) == "gate"
        assert future.result(TIMEOUT) == [1, 2]

    @pytest.mark.parametrize(
        "make", [lambda: [bytearray(9000)], lambda: Gadget({"large": bytearray(9000)})]
    )
    def test_a_thread_shares_no_memory_with_the_caller(
        self, thread: adapters.Executor, make: Callable[[], Any]
    ) -> None:
        def large_part(thing: Any) -> Any:
            return thing[0] if isinstance(thing, list) else thing.state["large"]

        sent = make()
        arrived = thread.submit(keep, "sent", sent).result(TIMEOUT)
        large_part(sent)[0] = 1
        assert large_part(KEPT["sent"])[0] == 0
        assert large_part(arrived)[0] == 0
        if isinstance(sent, list):  # the large part of a state arrives read-only
            large_part(KEPT["sent"])[0] = 2
            assert large_part(sent)[0] == 1
            assert large_part(arrived)[0] == 0

    def test_all_who_ask_at_once_get_the_same_object(self, thread: adapters.Executor) -> None:
        future = thread.submit(SlowGadget, "one")
        futures.wait([future], TIMEOUT)
        SlowGadget.made = 0
        with ThreadPoolExecutor(8) as askers:
            answers = list(askers.map(lambda _: future.result(TIMEOUT), range(8)))
        assert all(answer is answers[0] for answer in answers)
        assert SlowGadget.made == 1

    def test_a_function_that_cannot_be_pickled_fails_its_own_future(
        self, executor: adapters.Executor
    ) -> None:
        lock = threading.Lock()
        error = executor.submit(lambda: lock).exception(TIMEOUT)
        assert type(error) is adapters.SerializeError
        assert "lock" in str(error)
        assert executor.submit(abs, -1).result(TIMEOUT) == 1


class TestErrors:
    def test_an_error_has_the_traceback_of_the_worker_as_its_cause(
        self, executor: adapters.Executor
    ) -> None:
        future = executor.submit(unless_odd, 3)
        with pytest.raises(ValueError, match="no such number") as raised:
            future.result(TIMEOUT)
        assert raised.value.args == ("no such number", 3)
        assert raised.value is future.exception(TIMEOUT)
        assert "in raise_deep_inside" in str(raised.value.__cause__)
        assert "in unless_odd" in str(raised.value.__cause__)

    def test_so_has_one_that_map_raises(self, executor: adapters.Executor) -> None:
        with pytest.raises(ValueError, match="no such number") as raised:
            next(executor.map(unless_odd, [3]))
        assert "in raise_deep_inside" in str(raised.value.__cause__)

    def test_an_error_is_itself_where_tblib_speaks_for_all_errors(self) -> None:
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
executor = adapters.Executor(ThreadPoolExecutor(1))
error = executor.submit(fail).exception()
print(repr(error), "in fail" in str(error.__cause__), executor.submit(sys.exit, 3).exception().code)
"""
        assert processes.run("-c", program) == "KeyError('cause') True 3\n"

    def test_sys_exit_is_an_error_like_others(self, executor: adapters.Executor) -> None:
        error = executor.submit(sys.exit, 3).exception(TIMEOUT)
        assert isinstance(error, SystemExit)
        assert error.code == 3


class TestFutures:
    def test_as_completed_gives_each_once(self, executor: adapters.Executor) -> None:
        tasks = {executor.submit(abs, -number): number for number in range(10)}
        done = list(futures.as_completed(tasks, TIMEOUT))
        assert len(done) == 10
        assert {tasks[future]: future.result() for future in done} == {n: n for n in range(10)}

    def test_wait_for_all(self, executor: adapters.Executor) -> None:
        tasks = {executor.submit(unless_odd, number) for number in range(10)}
        done, waiting = futures.wait(tasks, TIMEOUT)
        assert (done, waiting) == (tasks, set())
        assert sum(future.exception() is None for future in done) == 5

    @pytest.mark.parametrize(
        ("number", "condition"),
        [(2, futures.FIRST_COMPLETED), (3, futures.FIRST_COMPLETED), (3, futures.FIRST_EXCEPTION)],
    )
    def test_wait_for_the_first(self, gate: Gate, number: int, condition: str) -> None:
        GATES["other"] = Gate()
        openers = [
            threading.Timer(0.1, GATES["other"].opened.set),  # when wait() waits
            threading.Timer(5, gate.opened.set),  # for the case that it does not hear of the first
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
        self, executor: adapters.Executor, number: int
    ) -> None:
        called: list[Any] = []
        future = executor.submit(unless_odd, number)
        future.add_done_callback(called.append)
        future.exception(TIMEOUT)
        executor.submit(abs, 1).result(TIMEOUT)
        future.add_done_callback(called.append)  # at once: it is done
        assert called[-1] is future
        assert len(called) == 2

    def test_a_callback_may_ask_for_the_result(self, executor: adapters.Executor) -> None:
        results = futures.Future[Any]()
        future = executor.submit(Gadget, 1)
        future.add_done_callback(lambda future: results.set_result(future.result(0)))
        assert results.result(TIMEOUT) is future.result(TIMEOUT)

    def test_a_callback_that_exits_ends_no_thread_that_serves_others(
        self, executor: adapters.Executor
    ) -> None:
        future = executor.submit(time.sleep, 0.1)
        future.add_done_callback(lambda _: sys.exit("a callback has had enough"))
        assert future.result(TIMEOUT) is None
        assert list(executor.map(abs, range(5), timeout=TIMEOUT)) == list(range(5))

    def test_asyncio_waits_for_them(self, executor: adapters.Executor) -> None:
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

    def test_a_result_that_is_late_can_be_asked_for_again(
        self, thread: adapters.Executor, gate: Gate
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

    def test_what_waits_can_be_cancelled_and_what_runs_cannot(
        self, thread: adapters.Executor, gate: Gate
    ) -> None:
        called: list[Any] = []
        running = thread.submit(wait_at, "gate")
        waiting = thread.submit(record, 1)
        waiting.add_done_callback(called.append)
        assert gate.reached.wait(TIMEOUT)
        assert not running.cancel()
        assert waiting.cancel()
        assert waiting.cancelled()
        assert called == [waiting]
        assert futures.wait([waiting], TIMEOUT).done == {waiting}
        with pytest.raises(futures.CancelledError):
            waiting.result(TIMEOUT)
        gate.opened.set()
        assert running.result(TIMEOUT) == "gate"
        assert thread.submit(abs, -1).result(TIMEOUT) == 1
        assert CALLS == []


class TestMap:
    @pytest.mark.parametrize("chunksize", [1, 3, 100])
    def test_results_come_in_order(self, executor: adapters.Executor, chunksize: int) -> None:
        results = executor.map(total, range(10), range(0, 20, 2), chunksize=chunksize)
        assert next(results) == 0
        assert list(results) == [3 * number for number in range(1, 10)]

    @pytest.mark.parametrize("chunksize", [1, 3])
    def test_native_objects_travel_both_ways(
        self, executor: adapters.Executor, chunksize: int
    ) -> None:
        gadgets = [Gadget(number) for number in range(4)]
        assert list(executor.map(crashes.same, gadgets, chunksize=chunksize)) == gadgets
        assert list(executor.map(Gadget, range(4), chunksize=chunksize)) == gadgets
        assert list(executor.map(children.describe, gadgets, chunksize=chunksize))[3][:2] == (
            "Gadget",
            3,
        )

    def test_the_shortest_iterable_ends_it(self, executor: adapters.Executor) -> None:
        assert list(executor.map(total, [1, 2, 3], [10, 20])) == [11, 22]
        assert list(executor.map(total, [1], [])) == []
        assert list(executor.map(total)) == []

    def test_a_closure_with_a_native_object(self, executor: adapters.Executor) -> None:
        gadget = Gadget(5)
        results = executor.map(lambda number: (gadget, number), range(3), chunksize=2)
        assert list(results) == [(gadget, 0), (gadget, 1), (gadget, 2)]

    @pytest.mark.parametrize("chunksize", [1, 3, 100])
    def test_it_goes_on_after_a_call_that_fails(
        self, executor: adapters.Executor, chunksize: int
    ) -> None:
        results = executor.map(unless_odd, [0, 1, 2, 3, 4], chunksize=chunksize)
        assert next(results) == 0
        with pytest.raises(ValueError, match="no such number"):
            next(results)
        assert next(results) == 2
        with pytest.raises(ValueError, match="no such number"):
            next(results)
        assert list(results) == [4]
        with pytest.raises(StopIteration):
            next(results)

    @pytest.mark.parametrize("chunksize", [1, 3, 100])
    def test_it_goes_on_after_arguments_that_cannot_be_pickled(
        self, executor: adapters.Executor, chunksize: int
    ) -> None:
        arguments = [0, 1, threading.Lock(), Gadget(3), threading.Lock()]
        results = executor.map(crashes.same, arguments, chunksize=chunksize)
        assert [next(results), next(results)] == [0, 1]
        with pytest.raises(adapters.SerializeError, match="lock"):
            next(results)
        assert next(results) == Gadget(3)
        with pytest.raises(adapters.SerializeError, match="lock"):
            next(results)
        assert list(results) == []

    def test_a_function_that_cannot_be_pickled_is_refused_at_once(
        self, executor: adapters.Executor
    ) -> None:
        with pytest.raises(adapters.SerializeError, match="lock"):
            executor.map(threading.Lock().acquire, [True])

    def test_after_its_time_it_raises_and_cancels_what_waits(
        self, thread: adapters.Executor, gate: Gate
    ) -> None:
        running = thread.submit(wait_at, "gate")
        results = thread.map(record, [1, 2, 3], timeout=0.05)
        with pytest.raises(futures.TimeoutError):
            next(results)
        gate.opened.set()
        assert running.result(TIMEOUT) == "gate"
        thread.shutdown()
        assert CALLS == []

    def test_it_has_time_enough(self, executor: adapters.Executor) -> None:
        assert list(executor.map(abs, [-1, -2], timeout=TIMEOUT)) == [1, 2]

    @pytest.mark.parametrize("chunksize", [1, 3])
    def test_a_buffersize_consumes_the_arguments_as_results_are_read(
        self, executor: adapters.Executor, chunksize: int
    ) -> None:
        consumed: list[int] = []
        arguments = (consumed.append(number) or number for number in range(30))
        results = executor.map(abs, arguments, chunksize=chunksize, buffersize=2)
        assert len(consumed) == 2 * chunksize
        assert next(results) == 0
        assert len(consumed) == 3 * chunksize
        assert list(results) == list(range(1, 30))

    def test_without_one_they_are_consumed_at_once(self, executor: adapters.Executor) -> None:
        arguments = iter(range(30))
        results = executor.map(abs, arguments, chunksize=4)
        assert next(arguments, None) is None
        assert list(results) == list(range(30))

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"buffersize": 0}, ValueError),
            ({"buffersize": -1}, ValueError),
            ({"buffersize": 1.5}, TypeError),
            ({"buffersize": "2"}, TypeError),
            ({"chunksize": 0}, ValueError),
            ({"chunksize": -1}, ValueError),
        ],
    )
    def test_bad_sizes_are_refused_before_anything_is_consumed(
        self, thread: adapters.Executor, options: Any, error: type[Exception]
    ) -> None:
        arguments = iter([1, 2])
        with pytest.raises(error, match=next(iter(options))):
            thread.map(abs, arguments, **options)
        assert next(arguments) == 1

    def test_an_iterator_dropped_halfway_cancels_the_rest(
        self, thread: adapters.Executor, gate: Gate
    ) -> None:
        results = thread.map(record, [1])
        assert next(results) == 1
        results = thread.map(record_or_wait, ["record", "wait", "record", "record"])
        assert next(results) == "record"
        assert gate.reached.wait(TIMEOUT)
        del results
        gate.opened.set()
        thread.shutdown()
        assert CALLS == [1, "record", "wait"]

    def test_one_that_is_never_read_runs_all(self, thread: adapters.Executor, gate: Gate) -> None:
        thread.map(record, [1, 2, 3])
        thread.shutdown()
        assert CALLS == [1, 2, 3]

    def test_an_iterable_that_raises_raises_at_the_call(self, thread: adapters.Executor) -> None:
        def arguments() -> Iterator[int]:
            yield 1
            raise LookupError("the end")

        with pytest.raises(LookupError, match="the end"):
            thread.map(abs, arguments())

    def test_one_that_raises_later_raises_where_it_is_read(self, thread: adapters.Executor) -> None:
        def arguments() -> Iterator[int]:
            yield 1
            raise LookupError("the end")

        results = thread.map(abs, arguments(), buffersize=1)
        with pytest.raises(LookupError, match="the end"):
            list(results)


class TestShutdown:
    def test_the_end_of_a_with_block_waits_for_all(self, start_method: str) -> None:
        context = multiprocessing.get_context(start_method)
        with adapters.Executor(max_workers=1, mp_context=context) as executor:
            tasks = [executor.submit(Gadget, number) for number in range(5)]
        assert all(future.done() for future in tasks)
        assert [future.result(0) for future in tasks] == [Gadget(number) for number in range(5)]

    @given_either_way
    def test_after_it_nothing_is_taken(self, inner: Callable[[], Any]) -> None:
        executor = adapters.Executor(inner())
        executor.shutdown()
        executor.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            executor.submit(abs, 1)

    @given_either_way
    def test_map_takes_nothing_after_it(self, inner: Callable[[], Any]) -> None:
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
    def test_it_cancels_what_waits_if_told_to(self, gate: Gate, inner: Callable[[], Any]) -> None:
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


class Manual(futures.Executor):
    """An executor that does nothing until the test says so."""

    def __init__(self, broken: bool = False) -> None:
        self.tasks: list[tuple[futures.Future[Any], Callable[[], Any]]] = []
        self.changed = threading.Condition()
        self.broken = broken
        self.down = threading.Event()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        if self.broken:
            raise futures.BrokenExecutor("broken before")
        future = futures.Future[Any]()
        with self.changed:
            self.tasks.append((future, partial(fn, *args, **kwargs)))
            self.changed.notify_all()
        return future

    def wait_for(self, count: int) -> None:
        """Wait until `count` tasks are here, and there are no more."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.tasks) >= count, TIMEOUT)
            assert len(self.tasks) == count

    def run(self, count: int) -> None:
        """Run all tasks, which have to be `count`."""
        self.wait_for(count)
        tasks, self.tasks = self.tasks, []
        for future, call in tasks:
            if future.set_running_or_notify_cancel():
                future.set_result(call())

    def die(self) -> None:
        """As a pool whose worker dies: all that is here is lost."""
        self.broken = True
        tasks, self.tasks = self.tasks, []
        for future, _ in tasks:
            future.set_exception(futures.BrokenExecutor("a worker died"))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.down.set()


class Immediate(futures.Executor):
    """An executor whose tasks are done when they are submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        future = futures.Future[Any]()
        future.set_result(fn(*args, **kwargs))
        return future


class Supply:
    """A function that gives one executor after another, or raises where one is an exception."""

    def __init__(self, *supply: futures.Executor | Exception) -> None:
        self.supply = iter(supply)
        self.calls = 0
        self.ready = threading.Event()
        self.ready.set()

    def __call__(self) -> futures.Executor:
        self.calls += 1
        assert self.ready.wait(TIMEOUT)
        one = next(self.supply)
        if isinstance(one, Exception):
            raise one
        return one


class TestRestarting:
    """An Executor that is given a function makes a new inner executor when one breaks."""

    @pytest.fixture
    def manual(self) -> list[Manual]:
        return [Manual() for _ in range(6)]

    @pytest.fixture
    def executor(self, manual: list[Manual]) -> Iterator[adapters.Executor]:
        executor = adapters.Executor(Supply(*manual))
        yield executor
        executor.shutdown(wait=False, cancel_futures=True)

    def test_what_was_lost_runs_again_one_alone_and_then_more_together(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        tasks = [executor.submit(abs, -number) for number in range(10)]
        manual[0].wait_for(10)
        manual[0].die()
        for together in (1, 2, 7):  # two that are done allow two and then four times as many
            manual[1].run(together)
        assert [future.result(TIMEOUT) for future in tasks] == list(range(10))

    def test_only_the_task_that_breaks_it_alone_gets_the_error(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        killer, *others = [executor.submit(abs, -number) for number in range(4)]
        manual[0].die()
        manual[1].wait_for(1)  # the killer, alone
        manual[1].die()
        manual[2].run(1)
        manual[2].run(2)
        assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
        assert [future.result(TIMEOUT) for future in others] == [1, 2, 3]

    def test_those_beside_the_killer_run_again(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        tasks = [executor.submit(abs, -number) for number in range(4)]
        manual[0].die()
        manual[1].run(1)
        manual[1].wait_for(2)
        manual[1].die()
        for together in (1, 2):
            manual[2].run(together)
        assert [future.result(TIMEOUT) for future in tasks] == [0, 1, 2, 3]

    def test_a_pool_that_broke_unnoticed_is_made_anew(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        manual[0].die()
        future = executor.submit(abs, -1)
        manual[1].run(1)
        assert future.result(TIMEOUT) == 1

    def test_a_task_that_waits_for_the_next_pool_can_be_cancelled(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        first, second, third = [executor.submit(abs, -number) for number in range(3)]
        manual[0].die()
        manual[1].wait_for(1)
        assert second.cancel()
        assert second.cancelled()
        assert not first.cancelled()
        manual[1].run(1)
        manual[1].run(1)
        assert [first.result(TIMEOUT), third.result(TIMEOUT)] == [0, 2]
        with pytest.raises(futures.CancelledError):
            second.result(TIMEOUT)

    def test_a_task_that_waits_in_the_pool_can_be_cancelled(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        first, second = executor.submit(abs, -1), executor.submit(abs, -2)
        assert second.cancel()
        manual[0].run(2)
        assert first.result(TIMEOUT) == 1
        assert second.cancelled()

    def test_one_cancelled_while_it_is_handed_over_never_disturbs_others(
        self, manual: list[Manual], caplog: pytest.LogCaptureFixture
    ) -> None:
        class Slow(Manual):
            def submit(self, fn: Callable[..., Any], /, *args: Any) -> futures.Future[Any]:
                if not self.down.is_set():
                    self.down.set()
                    assert tasks[0].cancel()
                return super().submit(fn, *args)

        slow = Slow()
        executor = adapters.Executor(Supply(manual[0], slow))
        tasks = [executor.submit(abs, -number) for number in range(2)]
        manual[0].die()
        slow.run(2)
        assert tasks[1].result(TIMEOUT) == 1
        assert tasks[0].cancelled()
        assert caplog.records == []
        executor.shutdown()

    def test_shutdown_waits_for_what_runs_again(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        tasks = [executor.submit(abs, -number) for number in range(2)]
        manual[0].die()
        manual[1].wait_for(1)
        closing = threading.Thread(target=executor.shutdown)
        closing.start()
        manual[1].run(1)
        manual[1].wait_for(1)
        assert not manual[1].down.wait(0.05)
        manual[1].run(1)
        closing.join(TIMEOUT)
        assert not closing.is_alive()
        assert manual[1].down.is_set()
        assert [future.result(0) for future in tasks] == [0, 1]

    def test_shutdown_need_not_wait(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        tasks = [executor.submit(abs, -number) for number in range(2)]
        manual[0].die()
        executor.shutdown(wait=False)
        with pytest.raises(RuntimeError, match="after shutdown"):
            executor.submit(abs, -2)
        manual[1].run(1)
        manual[1].run(1)
        assert [future.result(TIMEOUT) for future in tasks] == [0, 1]
        assert manual[1].down.wait(TIMEOUT)

    def test_shutdown_may_cancel_what_would_run_again(
        self, executor: adapters.Executor, manual: list[Manual]
    ) -> None:
        tasks = [executor.submit(abs, -number) for number in range(3)]
        manual[0].die()
        manual[1].wait_for(1)
        executor.shutdown(wait=False, cancel_futures=True)
        assert all(future.cancelled() for future in tasks)

    def test_a_pool_that_cannot_be_made_gives_each_task_that_error(
        self, manual: list[Manual], caplog: pytest.LogCaptureFixture
    ) -> None:
        supply = Supply(manual[0], LookupError("no workers today"))
        executor = adapters.Executor(supply)
        tasks = [executor.submit(abs, -number) for number in range(1000)]
        supply.ready.clear()
        manual[0].die()
        supply.ready.set()
        for future in tasks:
            with pytest.raises(LookupError, match="no workers today"):
                future.result(TIMEOUT)
        assert isinstance(executor.submit(abs, -1).exception(TIMEOUT), LookupError)
        assert caplog.records == []
        executor.shutdown()

    def test_a_thousand_tasks_that_are_done_at_once_run_again(
        self, manual: list[Manual], caplog: pytest.LogCaptureFixture
    ) -> None:
        supply = Supply(manual[0], Immediate())
        executor = adapters.Executor(supply)
        tasks = [executor.submit(abs, -number) for number in range(1000)]
        supply.ready.clear()
        manual[0].die()
        supply.ready.set()
        assert [future.result(10) for future in tasks] == list(range(1000))
        assert caplog.records == []
        executor.shutdown()

    def test_a_pool_that_breaks_with_a_lock_that_its_submit_needs(self) -> None:
        class Locked(Manual):
            lock, entered = threading.Lock(), threading.Event()

            def submit(self, fn: Callable[..., Any], /, *args: Any) -> futures.Future[Any]:
                self.entered.set()
                with self.lock:
                    return super().submit(fn, *args)

            def die(self) -> None:
                with self.lock:
                    self.entered.clear()
                    dying.set()
                    assert self.entered.wait(TIMEOUT)
                    super().die()

        dying = threading.Event()
        locked = Locked()
        executor = adapters.Executor(Supply(locked, Immediate()))
        first = executor.submit(abs, -1)
        death = threading.Thread(target=locked.die, daemon=True)
        death.start()
        assert dying.wait(TIMEOUT)
        seconds: list[futures.Future[int]] = []
        submits = threading.Thread(
            target=lambda: seconds.append(executor.submit(abs, -2)), daemon=True
        )
        submits.start()
        submits.join(20)
        assert not submits.is_alive()
        assert [first.result(TIMEOUT), seconds[0].result(TIMEOUT)] == [1, 2]

    def test_pools_that_are_broken_from_the_start_are_not_made_for_ever(self) -> None:
        supply = Supply(*(Manual(broken=True) for _ in range(100)))
        future = adapters.Executor(supply).submit(abs, -1)
        assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)
        assert supply.calls < 5

    def test_a_pool_that_refuses_gives_each_task_its_reason(self, manual: list[Manual]) -> None:
        closed = ThreadPoolExecutor(1)
        closed.shutdown()
        executor = adapters.Executor(Supply(manual[0], closed))
        tasks = [executor.submit(abs, -number) for number in range(3)]
        manual[0].die()
        for future in tasks:
            assert isinstance(future.exception(5), RuntimeError)

    def test_a_worker_that_dies_costs_no_task_that_does_not_kill_it(
        self, start_method: str
    ) -> None:
        context = multiprocessing.get_context(start_method)
        make = partial(futures.ProcessPoolExecutor, 2, mp_context=context)
        with adapters.Executor(make) as executor:
            before = [executor.submit(abs, -number) for number in range(5)]
            killer = executor.submit(crashes.exit_at_once)
            after = list(executor.map(Gadget, range(5)))
        assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
        assert [future.result(TIMEOUT) for future in before] == list(range(5))
        assert after == [Gadget(number) for number in range(5)]
