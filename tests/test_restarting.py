"""An Executor that is given a function replaces an inner executor that breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import crashes
import pytest
from executors import TIMEOUT, Immediate, Manual, Supply, on_restarting_processes
from gadgets import Gadget

import adapters
from adapters._execution.restarting import RestartingExecutor


@pytest.fixture
def manual() -> list[Manual]:
    return [Manual() for _ in range(6)]


@pytest.fixture
def executor(manual: list[Manual]) -> Iterator[adapters.Executor]:
    executor = adapters.Executor(Supply(*manual))
    yield executor
    executor.shutdown(wait=False, cancel_futures=True)


def test_lost_tasks_run_again_one_alone_and_then_more_at_once(
    executor: adapters.Executor, manual: list[Manual]
) -> None:
    tasks = [executor.submit(abs, -number) for number in range(10)]
    manual[0].wait_for(10)
    manual[0].die()
    for together in (1, 2, 7):  # each task that is done doubles how many may run at once
        manual[1].run(together)
    assert [future.result(TIMEOUT) for future in tasks] == list(range(10))
    later = [executor.submit(abs, -number) for number in range(2000)]
    manual[1].run(2000)  # all at once: nothing is suspected any more
    assert [future.result(TIMEOUT) for future in later] == list(range(2000))


def test_only_a_task_that_breaks_the_pool_while_it_is_alone_gets_the_error(
    executor: adapters.Executor, manual: list[Manual]
) -> None:
    killer, *others = [executor.submit(abs, -number) for number in range(4)]
    manual[0].die()
    manual[1].wait_for(1)  # the killer, alone
    manual[1].die()
    manual[2].run(1)
    manual[2].run(2)
    assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
    assert [future.result(TIMEOUT) for future in others] == [1, 2, 3]


def test_tasks_that_ran_beside_the_killer_run_again(
    executor: adapters.Executor, manual: list[Manual]
) -> None:
    tasks = [executor.submit(abs, -number) for number in range(4)]
    manual[0].die()
    manual[1].run(1)
    manual[1].wait_for(2)
    manual[1].die()
    for together in (1, 2):
        manual[2].run(together)
    assert [future.result(TIMEOUT) for future in tasks] == [0, 1, 2, 3]


def test_a_pool_that_broke_unnoticed_is_replaced(
    executor: adapters.Executor, manual: list[Manual]
) -> None:
    manual[0].die()
    future = executor.submit(abs, -1)
    manual[1].run(1)
    assert future.result(TIMEOUT) == 1


def test_a_task_that_is_pending_until_the_next_pool_can_be_cancelled(
    executor: adapters.Executor, manual: list[Manual]
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


def test_a_task_that_is_pending_in_the_pool_can_be_cancelled(
    executor: adapters.Executor, manual: list[Manual]
) -> None:
    first, second = executor.submit(abs, -1), executor.submit(abs, -2)
    assert second.cancel()
    manual[0].run(2)
    assert first.result(TIMEOUT) == 1
    assert second.cancelled()


def test_a_task_that_is_cancelled_while_it_is_submitted_disturbs_no_other(
    manual: list[Manual], caplog: pytest.LogCaptureFixture
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
    executor.shutdown()
    assert [each for each in caplog.records if each.name != "adapters"] == []


def test_shutdown_waits_for_tasks_that_run_again(
    executor: adapters.Executor, manual: list[Manual]
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


def test_shutdown_need_not_wait(executor: adapters.Executor, manual: list[Manual]) -> None:
    tasks = [executor.submit(abs, -number) for number in range(2)]
    manual[0].die()
    executor.shutdown(wait=False)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(abs, -2)
    manual[1].run(1)
    manual[1].run(1)
    assert [future.result(TIMEOUT) for future in tasks] == [0, 1]
    assert manual[1].down.wait(TIMEOUT)
    assert manual[1].waited is False


def test_shutdown_waits_for_a_pool_that_is_being_made(manual: list[Manual]) -> None:
    supply = Supply(*manual)
    executor = adapters.Executor(supply)
    killer = executor.submit(abs, -1)
    supply.ready.clear()
    manual[0].die()
    assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
    closing = threading.Thread(target=executor.shutdown, daemon=True)
    closing.start()
    closing.join(0.05)
    assert closing.is_alive()
    supply.ready.set()
    closing.join(20)
    assert not closing.is_alive()
    assert manual[1].down.is_set()


def test_shutdown_waits_for_the_workers_of_all_broken_pools(manual: list[Manual]) -> None:
    class SlowToEnd(Manual):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            time.sleep(0.1)
            super().shutdown(wait)

    slow = SlowToEnd()
    executor = adapters.Executor(Supply(slow, manual[0], Immediate()))
    for pool in (slow, manual[0]):
        killer = executor.submit(abs, -1)
        pool.wait_for(1)
        pool.die()
        assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
    executor.shutdown()
    assert slow.down.is_set()
    assert slow.waited


def test_a_future_that_is_done_cannot_be_cancelled(
    manual: list[Manual], caplog: pytest.LogCaptureFixture
) -> None:
    executor = RestartingExecutor(Supply(*manual))
    future = executor.submit(abs, -1)
    manual[0].run(1)
    assert future.result(TIMEOUT) == 1
    assert not future.cancel()
    executor.shutdown()
    assert [each for each in caplog.records if each.name != "adapters"] == []


def test_shutdown_may_cancel_tasks_that_would_run_again(
    executor: adapters.Executor, manual: list[Manual]
) -> None:
    tasks = [executor.submit(abs, -number) for number in range(3)]
    manual[0].die()
    manual[1].wait_for(1)
    executor.shutdown(wait=False, cancel_futures=True)
    assert all(future.cancelled() for future in tasks)


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


@pytest.mark.parametrize("kind", [LookupError, Panic, SystemExit, KeyboardInterrupt])
def test_a_pool_that_cannot_be_made_gives_each_task_that_error(
    manual: list[Manual], caplog: pytest.LogCaptureFixture, kind: type[BaseException]
) -> None:
    supply = Supply(manual[0], kind("no workers today"))
    executor = adapters.Executor(supply)
    tasks = [executor.submit(abs, -number) for number in range(1000)]
    supply.ready.clear()
    manual[0].die()
    supply.ready.set()
    for future in tasks:
        with pytest.raises(kind, match="no workers today"):
            future.result(TIMEOUT)
    assert isinstance(executor.submit(abs, -1).exception(TIMEOUT), kind)
    executor.shutdown()
    assert [each for each in caplog.records if each.name != "adapters"] == []


def test_a_thousand_tasks_that_are_done_at_once_run_again(
    manual: list[Manual], caplog: pytest.LogCaptureFixture
) -> None:
    supply = Supply(manual[0], Immediate())
    executor = adapters.Executor(supply)
    tasks = [executor.submit(abs, -number) for number in range(1000)]
    supply.ready.clear()
    manual[0].die()
    supply.ready.set()
    assert [future.result(10) for future in tasks] == list(range(1000))
    executor.shutdown()
    assert [each for each in caplog.records if each.name != "adapters"] == []


def test_a_pool_that_breaks_with_a_lock_that_its_submit_needs() -> None:
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
    submits = threading.Thread(target=lambda: seconds.append(executor.submit(abs, -2)), daemon=True)
    submits.start()
    submits.join(20)
    assert not submits.is_alive()
    assert [first.result(TIMEOUT), seconds[0].result(TIMEOUT)] == [1, 2]


def test_pools_that_are_broken_from_the_start_are_not_replaced_for_ever() -> None:
    supply = Supply(*(Manual(broken=True) for _ in range(100)))
    future = adapters.Executor(supply).submit(abs, -1)
    assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)
    assert supply.calls < 5


def test_two_broken_pools_in_a_row_fail_all_tasks(manual: list[Manual]) -> None:
    supply = Supply(manual[0], *(Manual(broken=True) for _ in range(100)))
    executor = adapters.Executor(supply)
    tasks = [executor.submit(abs, -number) for number in range(10)]
    supply.ready.clear()
    manual[0].die()
    supply.ready.set()
    for future in tasks:
        assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)
    assert supply.calls <= 4  # the one that died, two that are broken, one for later tasks


def test_a_pool_that_cannot_start_a_worker_is_replaced() -> None:
    class NoMoreProcesses(Manual):
        def submit(self, fn: Callable[..., Any], /, *args: Any) -> futures.Future[Any]:
            raise BlockingIOError("cannot fork")

    executor = adapters.Executor(Supply(NoMoreProcesses(), Immediate()))
    assert executor.submit(abs, -1).result(TIMEOUT) == 1


def test_a_task_that_has_failed_cannot_be_cancelled(
    manual: list[Manual], caplog: pytest.LogCaptureFixture
) -> None:
    supply = Supply(manual[0], *(Manual(broken=True) for _ in range(100)))
    executor = adapters.Executor(supply)
    first, second = executor.submit(abs, -1), executor.submit(abs, -2)
    cancelled: list[bool] = []
    first.add_done_callback(lambda _: cancelled.append(second.cancel()))
    supply.ready.clear()
    manual[0].die()
    supply.ready.set()
    assert isinstance(second.exception(TIMEOUT), futures.BrokenExecutor)
    executor.shutdown()
    assert cancelled == [False]
    assert [each for each in caplog.records if each.name != "adapters"] == []


def test_a_pool_that_refuses_tasks_gives_each_its_error(manual: list[Manual]) -> None:
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    executor = adapters.Executor(Supply(manual[0], closed))
    tasks = [executor.submit(abs, -number) for number in range(3)]
    manual[0].die()
    for future in tasks:
        assert isinstance(future.exception(5), RuntimeError)


@pytest.mark.slow
def test_a_worker_that_dies_costs_no_task_that_does_not_kill_it(start_method: str) -> None:
    with on_restarting_processes(start_method) as executor:
        before = [executor.submit(abs, -number) for number in range(5)]
        killer = executor.submit(crashes.exit_at_once)
        after = list(executor.map(Gadget, range(5)))
    assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
    assert [future.result(TIMEOUT) for future in before] == list(range(5))
    assert after == [Gadget(number) for number in range(5)]
