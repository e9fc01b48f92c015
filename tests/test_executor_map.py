"""What `adapters.Executor.map` promises, through threads and through processes of each kind."""

from __future__ import annotations

import functools
import gc
import multiprocessing
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import children
import crashes
import executors
import pytest
from executors import CALLS, TIMEOUT, Gate, Manual, Pickling, record, total, unless_odd, wait_at
from gadgets import Gadget

import adapters

no_child_is_left = executors.no_child_is_left
executor, thread, gate = executors.executor, executors.thread, executors.gate
processes, one_at_a_time = executors.processes, executors.one_at_a_time


def fail_or_record(number: int) -> None:
    if number == 0:
        raise ValueError("no such number")
    time.sleep(0.1)
    record(number)


def record_or_wait(what: str) -> str:
    record(what)
    return wait_at("gate") if what == "wait" else what


@pytest.mark.parametrize("chunksize", [1, 3, 100])
def test_results_come_in_order(executor: adapters.Executor, chunksize: int) -> None:
    results = executor.map(total, range(10), range(0, 20, 2), chunksize=chunksize)
    assert next(results) == 0
    assert list(results) == [3 * number for number in range(1, 10)]


@pytest.mark.parametrize("chunksize", [1, 3])
def test_native_objects_travel_both_ways(executor: adapters.Executor, chunksize: int) -> None:
    gadgets = [Gadget(number) for number in range(4)]
    assert list(executor.map(crashes.same, gadgets, chunksize=chunksize)) == gadgets
    assert list(executor.map(Gadget, range(4), chunksize=chunksize)) == gadgets
    assert list(executor.map(children.describe, gadgets, chunksize=chunksize))[3][:2] == (
        "Gadget",
        3,
    )


def test_the_shortest_iterable_ends_the_results(executor: adapters.Executor) -> None:
    assert list(executor.map(total, [1, 2, 3], [10, 20])) == [11, 22]
    assert list(executor.map(total, [1], [])) == []
    assert list(executor.map(total)) == []


def test_a_closure_with_a_native_object(executor: adapters.Executor) -> None:
    gadget = Gadget(5)
    results = executor.map(lambda number: (gadget, number), range(3), chunksize=2)
    assert list(results) == [(gadget, 0), (gadget, 1), (gadget, 2)]


@pytest.mark.parametrize("chunksize", [1, 3, 100])
def test_the_first_error_ends_it(executor: adapters.Executor, chunksize: int) -> None:
    results = executor.map(unless_odd, [0, 2, 1, 4], chunksize=chunksize)
    assert [next(results), next(results)] == [0, 2]
    with pytest.raises(ValueError, match="no such number"):
        next(results)
    with pytest.raises(StopIteration):
        next(results)


@pytest.mark.parametrize("chunksize", [1, 3, 100])
def test_it_can_give_errors_in_their_places(executor: adapters.Executor, chunksize: int) -> None:
    results = executor.map(unless_odd, [0, 1, 2, 3, 4], chunksize=chunksize, return_exceptions=True)
    assert [repr(each) for each in results] == [
        "0",
        "ValueError('no such number', 1)",
        "2",
        "ValueError('no such number', 3)",
        "4",
    ]


@pytest.mark.parametrize("chunksize", [1, 3, 100])
def test_arguments_that_cannot_be_pickled_cost_their_own_call(
    processes: adapters.Executor, chunksize: int
) -> None:
    arguments = [0, 1, threading.Lock(), Gadget(3), threading.Lock()]
    results = processes.map(crashes.same, arguments, chunksize=chunksize, return_exceptions=True)
    kinds = [each if type(each) is int else type(each) for each in results]
    assert kinds == [0, 1, adapters.SerializeError, Gadget, adapters.SerializeError]
    results = processes.map(crashes.same, arguments, chunksize=chunksize)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(adapters.SerializeError, match="lock"):
        next(results)
    assert list(results) == []


@pytest.mark.parametrize("make", [ThreadPoolExecutor, Pickling])
def test_after_an_error_what_has_not_started_is_cancelled(
    make: type[ThreadPoolExecutor], gate: Gate
) -> None:
    with adapters.Executor(make(1)) as executor:
        running = executor.submit(wait_at, "gate")
        results = executor.map(fail_or_record, [0, 1, 2, 3])
        gate.opened.set()
        with pytest.raises(ValueError, match="no such number"):
            next(results)
        assert running.result(TIMEOUT) == "gate"
    assert len(CALLS) <= 1  # one may have started meanwhile


def first_even(numbers: list[int]) -> int:
    return next(number for number in numbers if number % 2 == 0)


@pytest.mark.parametrize("chunksize", [1, 2])
def test_a_stop_iteration_of_a_task_does_not_end_it_silently(
    executor: adapters.Executor, chunksize: int
) -> None:
    arguments = [[2], [3, 5], [6]]
    results = executor.map(first_even, arguments, chunksize=chunksize)
    assert next(results) == 2
    with pytest.raises(RuntimeError, match="StopIteration"):
        next(results)
    outcomes = executor.map(first_even, arguments, chunksize=chunksize, return_exceptions=True)
    assert [type(each) for each in outcomes] == [int, StopIteration, int]


def test_a_function_that_cannot_be_pickled_fails_each_call(processes: adapters.Executor) -> None:
    results = processes.map(threading.Lock().acquire, [True, True], return_exceptions=True)
    assert [type(each) for each in results] == [adapters.SerializeError] * 2
    with pytest.raises(adapters.SerializeError, match="lock"):
        next(processes.map(threading.Lock().acquire, [True]))


def test_after_the_timeout_it_raises_and_cancels_pending_calls(
    thread: adapters.Executor, gate: Gate
) -> None:
    running = thread.submit(wait_at, "gate")
    results = thread.map(record, [1, 2, 3], timeout=0.05)
    with pytest.raises(futures.TimeoutError):
        next(results)
    gate.opened.set()
    assert running.result(TIMEOUT) == "gate"
    thread.shutdown()
    assert CALLS == []


def test_within_the_timeout_it_gives_the_results(executor: adapters.Executor) -> None:
    assert list(executor.map(abs, [-1, -2], timeout=TIMEOUT)) == [1, 2]


@pytest.mark.parametrize("chunksize", [1, 3])
def test_a_buffersize_consumes_the_arguments_as_results_are_read(
    processes: adapters.Executor, chunksize: int
) -> None:
    consumed: list[int] = []
    arguments = (consumed.append(number) or number for number in range(30))
    results = processes.map(abs, arguments, chunksize=chunksize, buffersize=2)
    assert len(consumed) == 2 * chunksize
    assert next(results) == 0
    assert len(consumed) == 3 * chunksize
    assert list(results) == list(range(1, 30))


def test_without_a_buffersize_the_arguments_are_consumed_at_once(
    executor: adapters.Executor,
) -> None:
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
    one_at_a_time: adapters.Executor, options: Any, error: type[Exception]
) -> None:
    arguments = iter([1, 2])
    with pytest.raises(error, match=next(iter(options))):
        one_at_a_time.map(abs, arguments, **options)
    assert next(arguments) == 1


def test_an_iterator_dropped_halfway_cancels_the_rest(
    thread: adapters.Executor, gate: Gate
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


def test_an_iterator_that_is_never_read_runs_all_calls(
    thread: adapters.Executor, gate: Gate
) -> None:
    thread.map(record, [1, 2, 3])
    thread.shutdown()
    assert CALLS == [1, 2, 3]


def test_an_iterable_that_raises_raises_at_the_call(thread: adapters.Executor) -> None:
    def arguments() -> Iterator[int]:
        yield 1
        raise LookupError("the end")

    with pytest.raises(LookupError, match="the end"):
        thread.map(abs, arguments())


def test_with_a_buffersize_it_raises_where_it_is_read(thread: adapters.Executor) -> None:
    def arguments() -> Iterator[int]:
        yield 1
        raise LookupError("the end")

    results = thread.map(abs, arguments(), buffersize=1)
    with pytest.raises(LookupError, match="the end"):
        list(results)


class Argument:
    """One that a test can watch."""


@pytest.mark.parametrize("result", [abs, None], ids=["an object", "plain data"])
def test_arguments_are_let_go_when_an_answer_has_come(result: Any) -> None:
    manual = executors.Manual()
    argument = Argument()
    reference = weakref.ref(argument)
    results = adapters.Executor(manual).map(crashes.call, [lambda _: result], [argument])
    del argument
    gc.collect()
    assert reference() is not None  # a worker might lack something
    manual.run(1)
    gc.collect()
    assert reference() is None
    assert list(results) == [result]


class Empty(Exception):  # noqa: N818
    """An exception that is false."""

    def __len__(self) -> int:
        return 0


def fail_empty(number: int) -> int:
    if number == 1:
        raise Empty
    return number


def test_an_error_that_is_false_is_an_error(executor: adapters.Executor) -> None:
    with pytest.raises(Empty):
        list(executor.map(fail_empty, [0, 1, 2]))
    results = list(executor.map(fail_empty, [0, 1, 2], return_exceptions=True))
    assert [type(each) for each in results] == [int, Empty, int]


def test_calls_of_a_chunk_share_what_they_share(processes: adapters.Executor) -> None:
    shared = [Gadget(1)]
    ids = processes.map(id, [shared] * 6, chunksize=6)
    assert len({*ids}) == 1


def test_one_that_cannot_be_rebuilt_costs_no_other_call_of_its_chunk(
    processes: adapters.Executor,
) -> None:
    bad = crashes.FailsToArrive(crashes.raise_an_exception)
    arguments = [Gadget(0), bad, Gadget(2)]
    results = processes.map(crashes.same, arguments, chunksize=3, return_exceptions=True)
    assert [type(each) for each in results] == [Gadget, adapters.RebuildError, Gadget]


def count_calls(number: int) -> int:
    CALLS.append(number)
    if number == 2:
        raise ValueError(number)
    return number


def test_the_first_error_ends_its_chunk(one_at_a_time: adapters.Executor) -> None:
    CALLS.clear()
    results = one_at_a_time.map(count_calls, range(6), chunksize=6)
    with pytest.raises(ValueError, match="2"):
        list(results)
    assert CALLS == [0, 1, 2]


def send_number(connection: Any, number: int) -> int:
    connection.send(number)
    return number


@pytest.mark.parametrize("chunksize", [1, 2])
def test_each_chunk_has_a_connection_of_its_own(start_method: str, chunksize: int) -> None:
    here, there = multiprocessing.Pipe()
    with here, there, executors.on_processes(start_method) as executor:
        send = functools.partial(send_number, there)
        assert list(executor.map(send, range(4), chunksize=chunksize)) == [0, 1, 2, 3]
        assert sorted(here.recv() for _ in range(4)) == [0, 1, 2, 3]


def test_an_answer_that_was_read_is_let_go() -> None:
    manual = Manual()
    results = adapters.Executor(manual).map(crashes.same, [[1], [2]])
    [(source, _), _] = manual.tasks
    reference = weakref.ref(source)
    manual.run(2)
    del source
    assert next(results) == [1]
    assert reference() is None  # without the garbage collector
