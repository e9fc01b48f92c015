"""What a RestartingExecutor does not run again: tasks for one time, and all after its end."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import executors
import pytest
from executors import TIMEOUT, Immediate, Manual, Supply

from adapters._execution.restarting import RestartingExecutor

no_child_is_left = executors.no_child_is_left


class Terminable(Manual):
    """As a process pool of Python 3.14."""

    def terminate_workers(self) -> None:
        self.shutdown(wait=False)
        self.die()

    kill_workers = terminate_workers


class TerminablePool(futures.ProcessPoolExecutor):
    """As that of Python 3.14, as far as the test needs it."""

    def terminate_workers(self) -> None:
        workers = list(self._processes.values())
        self.shutdown(wait=False)
        for worker in workers:
            worker.terminate()


def test_a_task_for_one_time_that_was_lost_gets_the_error() -> None:
    manual, then = Manual(), Manual()
    executor = RestartingExecutor(Supply(manual, then))
    again, once = executor.submit(abs, -1), executor.submit_once(abs, -2)
    manual.die()
    assert isinstance(once.exception(TIMEOUT), futures.BrokenExecutor)
    then.run(1)
    assert again.result(TIMEOUT) == 1
    executor.shutdown()


def test_a_task_for_one_time_that_no_executor_had_runs() -> None:
    manual, then = Manual(), Manual()
    executor = RestartingExecutor(Supply(manual, then))
    tasks = [executor.submit(abs, -number) for number in range(2)]
    manual.die()
    then.wait_for(1)
    tasks.append(executor.submit_once(abs, -2))  # waits until the first one is done
    then.run(1)
    then.run(2)
    assert [future.result(TIMEOUT) for future in tasks] == [0, 1, 2]
    executor.shutdown()


def test_a_task_for_one_time_that_was_refused_goes_to_the_next_executor() -> None:
    executor = RestartingExecutor(Supply(Manual(broken=True), Immediate()))
    assert executor.submit_once(abs, -2).result(TIMEOUT) == 2
    executor.shutdown()


def test_a_task_for_one_time_may_have_been_accepted_where_a_worker_cannot_start() -> None:
    class NoMoreProcesses(Manual):
        def submit(self, fn: Callable[..., Any], /, *args: Any) -> futures.Future[Any]:
            super().submit(fn, *args)
            raise BlockingIOError("cannot fork")

    executor = RestartingExecutor(Supply(NoMoreProcesses(), Immediate()))
    assert isinstance(executor.submit_once(abs, -1).exception(TIMEOUT), BlockingIOError)
    assert executor.submit_once(abs, -1).result(TIMEOUT) == 1
    executor.shutdown()


@pytest.mark.parametrize("name", ["terminate_workers", "kill_workers"])
def test_an_executor_whose_workers_the_user_ends_is_not_replaced(name: str) -> None:
    supply = Supply(Terminable(), Immediate())
    executor = RestartingExecutor(supply)
    tasks = [executor.submit(abs, -number) for number in range(3)]
    getattr(executor, name)()
    for future in tasks:
        assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(abs, -1)
    executor.shutdown()
    assert supply.calls == 1


def test_the_end_of_the_workers_fails_also_what_waits() -> None:
    first, second = Terminable(), Terminable()
    executor = RestartingExecutor(Supply(first, second))
    tasks = [executor.submit(abs, -number) for number in range(3)]
    first.die()
    second.wait_for(1)  # two others wait for this one
    executor.terminate_workers()
    for future in tasks:
        assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)
    executor.shutdown()


def test_an_executor_that_is_made_after_the_end_is_shut_down() -> None:
    first, second = Terminable(), Terminable()
    supply = Supply(first, second)
    executor = RestartingExecutor(supply)
    task, other = executor.submit(abs, -1), executor.submit(abs, -2)
    supply.ready.clear()
    first.die()
    executor.kill_workers()
    supply.ready.set()
    for future in (task, other):
        assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)
    executor.shutdown()
    assert second.down.is_set()
    assert second.tasks == []


def test_only_an_executor_that_can_end_its_workers_has_the_methods() -> None:
    with RestartingExecutor(lambda: ThreadPoolExecutor(1)) as executor:
        assert not hasattr(executor, "terminate_workers")
        assert not hasattr(executor, "kill_workers")
        assert executor._max_workers == 1
    with pytest.raises(AttributeError):
        RestartingExecutor.__new__(RestartingExecutor).terminate_workers()


def test_the_workers_of_a_process_pool_are_ended_for_good(start_method: str) -> None:
    made: list[TerminablePool] = []

    def make() -> TerminablePool:
        made.append(TerminablePool(1, mp_context=multiprocessing.get_context(start_method)))
        return made[-1]

    executor = RestartingExecutor(make)
    assert executor.submit(abs, -1).result(TIMEOUT) == 1
    tasks = [executor.submit(time.sleep, TIMEOUT) for _ in range(3)]
    executor.terminate_workers()
    for future in tasks:
        assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)
    executor.shutdown()
    assert len(made) == 1


def test_an_interrupt_in_submit_leaves_nothing_that_shutdown_waits_for() -> None:
    class Interrupted(Manual):
        def submit(self, fn: Callable[..., Any], /, *args: Any) -> futures.Future[Any]:
            super().submit(fn, *args)
            raise KeyboardInterrupt

    executor = RestartingExecutor(Supply(Interrupted()))
    with pytest.raises(KeyboardInterrupt):
        executor.submit(abs, -1)
    closing = threading.Thread(target=executor.shutdown, daemon=True)
    closing.start()
    closing.join(20)
    assert not closing.is_alive()


def test_an_interrupt_in_a_callback_leaves_nothing_that_shutdown_waits_for() -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    manual = Manual()
    executor = RestartingExecutor(Supply(manual))
    future = executor.submit(abs, -1)
    future.add_done_callback(interrupt)
    with pytest.raises(KeyboardInterrupt):
        manual.run(1)
    closing = threading.Thread(target=executor.shutdown, daemon=True)
    closing.start()
    closing.join(20)
    assert not closing.is_alive()


def test_a_task_that_two_executors_refuse_fails_no_other_if_the_second_one_worked() -> None:
    class BrokenMeanwhile(Manual):
        def submit(self, fn: Callable[..., Any], /, *args: Any) -> futures.Future[Any]:
            both.wait(TIMEOUT)
            raise futures.BrokenExecutor("broken before")

    both = threading.Barrier(2)
    second = Manual()
    executor = RestartingExecutor(Supply(BrokenMeanwhile(), second, Immediate()))
    refused: list[futures.Future[int]] = []
    callers = [
        threading.Thread(target=lambda: refused.append(executor.submit(abs, -1))) for _ in range(2)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(TIMEOUT)
    second.wait_for(1)  # it has accepted one of them
    second.broken = True
    second.run(1)
    assert [future.result(TIMEOUT) for future in refused] == [1, 1]
    executor.shutdown()
