"""Tasks that wait after a restart: which thread submits them, and what it leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

import pytest
from executors import TIMEOUT, Immediate, Manual, Supply

from adapters._execution import backlog, restarting
from adapters._execution.restarting import RestartingExecutor


class Recording(Manual):
    """Notes the thread of each `submit`."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[threading.Thread] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        self.threads.append(threading.current_thread())
        return super().submit(fn, *args, **kwargs)


def backlogs() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "adapters-backlog"]


def test_a_task_goes_to_the_inner_executor_in_the_thread_that_submits_it() -> None:
    inner = Recording()
    executor = RestartingExecutor(Supply(inner))
    for number in range(3):
        executor.submit(abs, -number)
    assert inner.threads == [threading.current_thread()] * 3
    assert backlogs() == []
    inner.run(3)
    executor.shutdown()


def test_a_callback_of_the_inner_executor_submits_nothing() -> None:
    first, second = Recording(), Recording()
    executor = RestartingExecutor(Supply(first, second))
    tasks = [executor.submit(abs, -number) for number in range(7)]
    first.die()
    for together in (1, 2, 4):
        second.wait_for(together)
        caller = threading.Thread(target=second.run, args=(together,))  # as the manager thread
        caller.start()
        caller.join(TIMEOUT)
        assert caller not in second.threads
    assert sorted(future.result(TIMEOUT) for future in tasks) == list(range(7))
    assert len({*second.threads}) == 1
    executor.shutdown()
    assert second.threads[0] not in threading.enumerate()


def test_what_a_callback_of_the_user_submits_goes_there_in_another_thread() -> None:
    inner = Recording()
    executor = RestartingExecutor(Supply(inner))
    later: list[futures.Future[int]] = []
    first = executor.submit(abs, -1)
    first.add_done_callback(lambda _: later.append(executor.submit(abs, -2)))
    inner.run(1)
    inner.run(1)
    assert later[0].result(TIMEOUT) == 2
    assert inner.threads[1] is not threading.current_thread()
    executor.shutdown()


def test_a_submit_that_blocks_delays_no_callback() -> None:
    class Full(Manual):
        def submit(self, fn: Callable[..., Any], /, *args: Any) -> futures.Future[Any]:
            if self.tasks:
                assert opened.wait(TIMEOUT)
            return super().submit(fn, *args)

    opened = threading.Event()
    full = Full()
    executor = RestartingExecutor(Supply(full))
    first = executor.submit(abs, -1)
    blocked = threading.Thread(target=executor.submit, args=(abs, -2))
    blocked.start()
    full.run(1)
    assert first.result(TIMEOUT) == 1  # it is done although a `submit` is under way
    assert blocked.is_alive()
    opened.set()
    blocked.join(TIMEOUT)
    full.run(1)
    executor.shutdown()


def test_a_task_that_was_cancelled_in_the_queue_does_not_keep_the_thread() -> None:
    first, second = Manual(), Manual()
    executor = RestartingExecutor(Supply(first, second))
    tasks = [executor.submit(abs, -number) for number in range(3)]
    first.die()
    second.wait_for(1)
    [thread] = backlogs()
    assert tasks[1].cancel()
    assert tasks[2].cancel()
    assert tasks[2].cancel()  # once more, as other futures
    thread.join(TIMEOUT)
    assert not thread.is_alive()
    assert thread.daemon  # it does not delay the exit of the interpreter
    second.run(1)
    executor.shutdown()


@pytest.mark.parametrize("module", [backlog, restarting])
def test_an_interpreter_that_starts_no_threads_fails_what_waits(
    monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            if self.name in ("adapters-backlog", "adapters-restart"):
                raise RuntimeError("can't create new thread at interpreter shutdown")
            super().start()

    inner = Manual()
    executor = RestartingExecutor(Supply(inner, Immediate()))
    tasks = [executor.submit(abs, -number) for number in range(3)]
    monkeypatch.setattr(module, "Thread", NoThread)
    inner.die()
    for future in tasks[:-1]:
        with pytest.raises(RuntimeError, match="can't create new thread"):
            future.result(TIMEOUT)
    assert tasks[-1].done()
    closing = threading.Thread(target=executor.shutdown, daemon=True)
    closing.start()
    closing.join(TIMEOUT)
    assert not closing.is_alive()
