"""Threads that open results: in order, and more than one where one waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from executors import TIMEOUT

from adapters._execution import openers
from adapters._execution.openers import Openers


def threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "adapters-opener"]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_functions_run_in_order_in_another_thread() -> None:
    opener = Openers()
    found: list[Any] = []
    for number in range(100):
        opener.run(lambda number=number: found.append((number, threading.current_thread())))  # type: ignore[misc]
    opener.join()
    assert [number for number, _ in found] == [*range(100)]
    assert threading.current_thread() not in {thread for _, thread in found}


def test_its_threads_end_when_there_is_nothing_to_do() -> None:
    opener = Openers()
    opener.run(lambda: None)
    opener.join()
    wait_until(lambda: not threads())
    opener.run(lambda: None)  # and begin again
    opener.join()


def test_a_thread_is_used_again_while_it_lingers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openers, "_LINGER", TIMEOUT)
    opener = Openers()
    found: list[int] = []
    for _ in range(3):
        opener.run(lambda: found.append(threading.get_ident()))
        opener.join()
    assert len({*found}) == 1
    monkeypatch.setattr(openers, "_LINGER", 0)
    opener.run(lambda: None)  # which lets it end
    opener.join()


def test_a_function_may_wait_for_a_later_one() -> None:
    opener = Openers()
    events = [threading.Event() for _ in range(5)]
    done: list[int] = []

    def wait(number: int) -> None:
        if number < 4:
            assert events[number + 1].wait(TIMEOUT)
        events[number].set()
        done.append(number)

    for number in range(5):
        opener.run(lambda number=number: wait(number))  # type: ignore[misc]
    opener.join()
    assert sorted(done) == [*range(5)]
    wait_until(lambda: not threads())


def test_while_there_is_progress_one_thread_works() -> None:
    opener = Openers()
    at_once: list[int] = []
    running: set[int] = set()

    def work() -> None:
        running.add(threading.get_ident())
        at_once.append(len(running))
        time.sleep(0.001)
        running.remove(threading.get_ident())

    for _ in range(100):
        opener.run(work)
    opener.join()
    assert max(at_once) == 1


def test_a_function_may_join_and_does_not_wait_for_itself() -> None:
    opener = Openers()
    joined = threading.Event()

    def join() -> None:
        opener.join()
        joined.set()

    opener.run(join)
    assert joined.wait(TIMEOUT)


def test_where_no_thread_can_start_it_works_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(openers, "_LINGER", 0)
    opener = Openers()
    found: list[int] = []
    opener.run(lambda: found.append(threading.get_ident()))
    assert found == [threading.get_ident()]
    opener.join()
