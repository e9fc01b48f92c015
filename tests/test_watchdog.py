"""The watchdog of a process pool: a worker that dies while it writes a result breaks the pool.

The rest of such a result never arrives: without the watchdog, all futures would wait for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import types
from concurrent import futures
from functools import partial
from multiprocessing import connection
from typing import Any

import crashes
import executors
import pytest
from executors import START_METHODS, TIMEOUT, on_processes, on_restarting_processes

import adapters
from adapters._execution import watchdog
from adapters._execution.restarting import RestartingExecutor
from adapters._execution.watchdog import shut_down, start_watchdog

no_child_is_left = executors.no_child_is_left
on_loky = executors.on_loky

of_posix = pytest.mark.skipif(os.name != "posix", reason="the watchdog is for POSIX")
with_sigkill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
# The first start method is for the quick tests; the others take a second each.
each_start_method = pytest.mark.parametrize(
    "method",
    [
        pytest.param(method, marks=[pytest.mark.slow] if index else [])
        for index, method in enumerate(START_METHODS)
    ],
)


def watchdogs() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "adapters-watchdog"}


@of_posix
def test_the_first_task_starts_the_one_watchdog_of_a_pool() -> None:
    before = watchdogs()
    with futures.ProcessPoolExecutor(1) as pool:
        first, second = adapters.Executor(pool), adapters.Executor(pool)
        assert not watchdogs() - before
        for executor in (first, first, second):
            executor.submit(abs, -1)
        assert len(watchdogs() - before) == 1


@of_posix
def test_it_ends_with_its_pool() -> None:
    before = watchdogs()
    pool = futures.ProcessPoolExecutor(1)
    assert pool.submit(abs, -1).result(TIMEOUT) == 1
    start_watchdog(pool)
    assert len(watchdogs() - before) == 1
    shut_down(pool, wait=True)
    assert watchdogs() <= before


@pytest.mark.slow
def test_nothing_is_left_of_a_pool_of_loky() -> None:
    loky = pytest.importorskip("loky")
    before = watchdogs()
    executor = RestartingExecutor(partial(loky.ProcessPoolExecutor, 1))
    killer = executor.submit(crashes.exit_at_once)
    assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
    assert executor.submit(abs, -1).result(TIMEOUT) == 1
    executor.shutdown()
    assert watchdogs() <= before


@of_posix
def test_it_neither_delays_the_exit_nor_leaks_a_semaphore() -> None:
    program = """if __name__ == "__main__":
        import multiprocessing, time, adapters
        executor = adapters.Executor(
            max_workers=1, mp_context=multiprocessing.get_context("spawn"))
        assert executor.submit(abs, -1).result(60) == 1
        print(time.monotonic())
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=TIMEOUT
    )
    assert done.stderr == ""
    assert time.monotonic() - float(done.stdout) < 5


@of_posix
def test_a_manager_that_another_thread_is_about_to_start_has_not_failed() -> None:
    with futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        manager = futures.process._ExecutorManagerThread(pool)
        pool._executor_manager_thread = manager
        with pool._shutdown_lock:  # as `submit` does it
            start_watchdog(pool)
            time.sleep(0.05)
            manager.start()
        futures.process._threads_wakeups[manager] = pool._executor_manager_thread_wakeup
        assert pool.submit(abs, -1).result(TIMEOUT) == 1


@of_posix
def test_a_full_pipe_that_wakes_the_manager_up_is_half_emptied() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    wakeup = types.SimpleNamespace(_reader=reader, _writer=writer)
    with reader, writer:
        writer.send_bytes(b"")
        watchdog._unblock(wakeup)
        reader.recv_bytes()  # as long as there is room, the manager gets all
        while watchdog._is_writable(writer):
            writer.send_bytes(b"")
        watchdog._unblock(wakeup)
        assert watchdog._is_writable(writer)
        assert reader.poll()
    watchdog._unblock(wakeup)  # the manager has closed it


@pytest.mark.slow
@of_posix
def test_a_callback_of_a_pool_may_submit_more_than_the_pipe_to_its_manager_holds() -> None:
    with futures.ProcessPoolExecutor(1) as pool:
        later: list[futures.Future[int]] = []
        first = pool.submit(time.sleep, 0.1)
        start_watchdog(pool)
        first.add_done_callback(lambda _: later.extend(pool.submit(abs, -1) for _ in range(20_000)))
        assert first.result(TIMEOUT) is None
        pool.submit(abs, -1).result(TIMEOUT)
        assert [future.result(TIMEOUT) for future in later] == [1] * 20_000


@of_posix
def test_a_future_that_was_cancelled_does_not_keep_the_pool_from_breaking() -> None:
    with futures.ProcessPoolExecutor(1) as pool:
        killer = pool.submit(crashes.after_a_while, crashes.exit_at_once)
        others = [pool.submit(abs, -number) for number in range(10)]
        start_watchdog(pool)
        assert others[5].cancel()
        for future in (killer, *others[:5], *others[6:]):
            assert isinstance(future.exception(TIMEOUT), futures.BrokenExecutor)


@of_posix
def test_a_manager_that_fails_after_its_pool_was_dropped_fails_all_futures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)  # pytest's keeps the thread
    pool = futures.ProcessPoolExecutor(1)
    first, other = pool.submit(time.sleep, 0.2), pool.submit(time.sleep, TIMEOUT)
    start_watchdog(pool)
    first.add_done_callback(exit_thread)
    del pool
    assert isinstance(other.exception(20), futures.BrokenExecutor)


@of_posix
def test_the_pool_after_a_restart_has_a_watchdog_of_its_own() -> None:
    with on_restarting_processes(START_METHODS[0]) as executor:
        killer = executor.submit(crashes.exit_at_once)
        assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
        before = watchdogs()
        assert executor.submit(abs, -1).result(TIMEOUT) == 1
        assert len(watchdogs() - before) == 1


@of_posix
def test_it_ends_after_a_pool_that_broke_by_itself_and_leaves_it_its_reason() -> None:
    before = watchdogs()
    with adapters.Executor(max_workers=1) as executor:
        executor.submit(time.sleep, 0.5)  # the pool lives until its watchdog has been seen
        [thread] = watchdogs() - before
        killer = executor.submit(crashes.exit_at_once)
        assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
        thread.join(TIMEOUT)
        assert not thread.is_alive()
        with pytest.raises(futures.BrokenExecutor, match="terminated abruptly"):
            executor.submit(abs, -1)


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info < (3, 11), reason="max_tasks_per_child is of Python 3.11")
def test_a_worker_that_ends_as_it_should_does_not_break_the_pool() -> None:
    context = multiprocessing.get_context("spawn")
    options: dict[str, Any] = {"max_tasks_per_child": 1, "mp_context": context}
    with futures.ProcessPoolExecutor(1, **options) as pool, adapters.Executor(pool) as executor:
        first = executor.submit(time.sleep, 0.2)
        first.add_done_callback(lambda _: time.sleep(2))  # the manager does not notice the end
        assert first.result(TIMEOUT) is None
        assert executor.submit(abs, -1).result(TIMEOUT) == 1


def check_broken_in_the_middle(executor: adapters.Executor) -> None:
    assert executor.submit(abs, -1).result(TIMEOUT) == 1
    killer = executor.submit(crashes.die_in_the_middle_of_the_result)
    assert isinstance(killer.exception(10), futures.BrokenExecutor)


def check_restarted_in_the_middle(executor: adapters.Executor) -> None:
    before = [executor.submit(abs, -number) for number in range(5)]
    killer = executor.submit(crashes.die_in_the_middle_of_the_result)
    after = [executor.submit(abs, -number) for number in range(5, 10)]
    assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
    assert [future.result(TIMEOUT) for future in [*before, *after]] == list(range(10))


@with_sigkill
@each_start_method
def test_a_death_in_the_middle_of_a_result_breaks_a_process_pool(method: str) -> None:
    with on_processes(method) as executor:
        check_broken_in_the_middle(executor)


@of_posix
def test_a_pool_that_breaks_while_its_call_queue_is_full_ends() -> None:
    with on_processes(START_METHODS[0]) as executor:
        executor.submit(time.sleep, TIMEOUT)
        killer = executor.submit(crashes.after_a_while, crashes.exit_at_once)
        waiting = executor.submit(len, bytes(executors.FILLS_THE_PIPE))
        assert isinstance(killer.exception(TIMEOUT), futures.BrokenExecutor)
        assert isinstance(waiting.exception(TIMEOUT), futures.BrokenExecutor)


@pytest.mark.slow
@with_sigkill
def test_no_two_threads_close_a_pipe_of_a_pool_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    close = connection.Connection._close  # type: ignore[attr-defined]

    def close_slowly(pipe: Any) -> None:  # the second of two that close it gets an error
        close(pipe)
        time.sleep(0.5)

    monkeypatch.setattr(connection.Connection, "_close", close_slowly)
    with on_processes("spawn") as executor:
        check_broken_in_the_middle(executor)


@pytest.mark.slow
@with_sigkill
def test_a_death_in_the_middle_of_a_result_costs_its_own_task_where_the_pool_is_replaced(
    start_method: str,
) -> None:
    with on_restarting_processes(start_method) as executor:
        check_restarted_in_the_middle(executor)


@pytest.mark.slow
@with_sigkill
def test_a_death_in_the_middle_of_a_result_breaks_a_pool_of_loky() -> None:
    loky = pytest.importorskip("loky")
    with adapters.Executor(loky.ProcessPoolExecutor(2)) as executor:
        check_broken_in_the_middle(executor)


@pytest.mark.slow
@with_sigkill
def test_a_death_in_the_middle_of_a_result_of_loky_costs_its_own_task(
    on_loky: adapters.Executor,
) -> None:
    check_restarted_in_the_middle(on_loky)


@pytest.mark.slow
@with_sigkill
def test_a_death_in_the_middle_of_a_result_after_shutdown_fails_the_future() -> None:
    executor = adapters.Executor(max_workers=2)
    killer = executor.submit(crashes.die_in_the_middle_of_the_result)
    executor.shutdown(wait=False)
    assert isinstance(killer.exception(10), futures.BrokenExecutor)


@pytest.mark.slow
@with_sigkill
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_pool_whose_manager_fails_while_it_breaks_fails_all_futures() -> None:
    late = futures.Future[int]()

    def submit_late(_: object) -> None:  # as a `submit` that has just found the pool not broken
        pool._pending_work_items[-1] = futures.process._WorkItem(late, abs, (1,), {})

    with futures.ProcessPoolExecutor(2) as pool, adapters.Executor(pool) as executor:
        executor.submit(abs, -1).result(TIMEOUT)
        killer = pool.submit(crashes.after_a_while, crashes.exit_at_once)
        killer.add_done_callback(submit_late)
        other = executor.submit(time.sleep, TIMEOUT)
        for future in (killer, other, late):
            assert isinstance(future.exception(20), futures.BrokenExecutor)


@of_posix
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("pending", [True, False])
def test_a_pool_whose_manager_ends_early_is_broken(pending: bool) -> None:
    with futures.ProcessPoolExecutor(2) as pool, adapters.Executor(pool) as executor:
        executor.submit(abs, -1).result(TIMEOUT)
        first = pool.submit(time.sleep, 0.2)
        sentinels = [worker.sentinel for worker in pool._processes.values()]
        first.add_done_callback(exit_thread)  # in the executor manager thread
        if pending:
            other = executor.submit(time.sleep, TIMEOUT)
            assert isinstance(other.exception(20), futures.BrokenExecutor)
        assert first.exception(20) is None
        assert all(connection.wait([sentinel], 20) for sentinel in sentinels)
        with pytest.raises(futures.BrokenExecutor, match="has failed; make a new pool"):
            executor.submit(abs, -1)


def exit_thread(_: object) -> None:
    sys.exit("a callback raises SystemExit")
