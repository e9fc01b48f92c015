"""Helpers of the executor's tests: fixtures, tasks that wait, and executors under a test's control.

A test module takes a fixture over by assignment: `executor = executors.executor`.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from processes import no_child_is_left as no_child_is_left

import adapters

TIMEOUT = 60
FILLS_THE_PIPE = 100_000  # bytes: more than a pipe holds; still they travel in it, not in a segment
START_METHODS = multiprocessing.get_all_start_methods()


def on_processes(method: str) -> adapters.Executor:
    """An executor on two processes."""
    return adapters.Executor(max_workers=2, mp_context=multiprocessing.get_context(method))


def on_restarting_processes(method: str) -> adapters.Executor:
    """An executor on two processes that are replaced when one of them dies."""
    context = multiprocessing.get_context(method)
    return adapters.Executor(partial(futures.ProcessPoolExecutor, 2, mp_context=context))


@pytest.fixture(scope="module", params=["threads", *START_METHODS])
def executor(request: pytest.FixtureRequest) -> Iterator[adapters.Executor]:
    """An executor of each kind."""
    threads = request.param == "threads"
    made = adapters.Executor(ThreadPoolExecutor(2)) if threads else on_processes(request.param)
    with made:
        yield made


@pytest.fixture(scope="module", params=START_METHODS)
def processes(request: pytest.FixtureRequest) -> Iterator[adapters.Executor]:
    """An executor on processes of each kind."""
    with on_processes(request.param) as made:
        yield made


@pytest.fixture(scope="module", params=["threads", *START_METHODS])
def sending(request: pytest.FixtureRequest) -> Iterator[adapters.Executor]:
    """An executor of each kind to which tasks go as messages."""
    threads = request.param == "threads"
    with adapters.Executor(Pickling(2)) if threads else on_processes(request.param) as made:
        yield made


@pytest.fixture
def one_at_a_time() -> Iterator[adapters.Executor]:
    """An executor of one thread that pickles: a task waits until the one before it is done."""
    with adapters.Executor(Pickling(1)) as executor:
        yield executor


@pytest.fixture
def thread() -> Iterator[adapters.Executor]:
    """An executor of one thread: a task waits until the one before it is done."""
    with adapters.Executor(ThreadPoolExecutor(1)) as executor:
        yield executor


@pytest.fixture(scope="module")
def on_loky() -> Iterator[adapters.Executor]:
    loky = pytest.importorskip("loky")
    make = partial(loky.get_reusable_executor, max_workers=2)
    with adapters.Executor(make) as executor:
        yield executor
    make().shutdown(wait=True, kill_workers=True)


class Gate:
    """Where tasks that run in threads wait until the test opens it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self.opened.wait(TIMEOUT)


# Functions of a module travel by name, so the tasks in threads use these.
GATES: dict[str, Gate] = {}
CALLS: list[Any] = []


@pytest.fixture
def gate() -> Iterator[Gate]:
    """The gate of `wait_at("gate")`, which opens at the end of the test if not before."""
    GATES["gate"] = Gate()
    CALLS.clear()
    yield GATES["gate"]
    GATES.pop("gate").opened.set()


def wait_at(gate: str) -> str:
    GATES[gate].wait()
    return gate


def record(argument: Any) -> Any:
    CALLS.append(argument)
    return argument


def raise_deep_inside(number: int) -> None:
    raise ValueError("no such number", number)


def unless_odd(number: int) -> int:
    if number % 2:
        raise_deep_inside(number)
    return number


def total(*numbers: int, start: int = 0) -> int:
    return sum(numbers, start)


class Manual(futures.Executor):
    """An executor whose tasks run, or are lost, when the test says so."""

    def __init__(self, broken: bool = False) -> None:
        self.tasks: list[tuple[futures.Future[Any], Callable[[], Any]]] = []
        self.changed = threading.Condition()
        self.broken = broken
        self.down = threading.Event()
        self.waited: bool | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        if self.broken:
            raise futures.BrokenExecutor("broken before")
        future = futures.Future[Any]()
        with self.changed:
            self.tasks.append((future, partial(fn, *args, **kwargs)))
            self.changed.notify_all()
        return future

    def wait_for(self, count: int) -> None:
        """Wait for `count` tasks, and check that there are no more."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.tasks) >= count, TIMEOUT)
            assert len(self.tasks) == count

    def run(self, count: int) -> None:
        """Run all tasks, and check that they are `count`."""
        self.wait_for(count)
        tasks, self.tasks = self.tasks, []
        for future, call in tasks:
            if future.set_running_or_notify_cancel():
                future.set_result(call())

    def die(self) -> None:
        """Break, as a pool whose worker dies: all tasks are lost."""
        self.broken = True
        tasks, self.tasks = self.tasks, []
        for future, _ in tasks:
            future.set_exception(futures.BrokenExecutor("a worker died"))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.waited = wait
        self.down.set()


class Pickling(ThreadPoolExecutor):
    """Threads to which tasks go as they do to other processes."""

    by_value = True


class Immediate(futures.Executor):
    """An executor whose tasks are done when they are submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        future = futures.Future[Any]()
        future.set_result(fn(*args, **kwargs))
        return future


class Supply:
    """A function that gives one executor after another, or raises where one is an exception."""

    def __init__(self, *supply: futures.Executor | BaseException) -> None:
        self.supply = iter(supply)
        self.calls = 0
        self.ready = threading.Event()
        self.ready.set()

    def __call__(self) -> futures.Executor:
        self.calls += 1
        assert self.ready.wait(TIMEOUT)
        one = next(self.supply)
        if isinstance(one, BaseException):
            raise one
        return one
