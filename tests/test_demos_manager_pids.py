"""Slots of a Manager's list, and a Manager that is killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

import pytest

from demos._support.workers import WorkerError
from demos.manager_pids import collect_slots, process, process_with_sieve
from native import Sieve


def test_process_writes_the_id_of_its_process_into_its_slot() -> None:
    results: list[object] = [None] * 3
    process(1, results)
    assert results == [None, os.getpid(), None]


def test_processes_write_their_ids_into_the_list_of_a_manager() -> None:
    with multiprocessing.Manager() as manager:
        results = manager.list([0] * 2)
        children = [
            multiprocessing.Process(target=process, args=(slot, results)) for slot in range(2)
        ]
        for child in children:
            child.start()
        for child in children:
            child.join(60)
        assert results[:] == [child.pid for child in children]


@pytest.mark.slow
def test_each_slot_has_the_pid_and_the_object_of_its_process(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    manager, slots = collect_slots(process_with_sieve, 3, context)
    assert len({os.getpid(), manager, *(pid for pid, _ in slots)}) == 5
    for index, (_, window) in enumerate(slots):
        assert isinstance(window, Sieve)
        assert (window.first, window.last) == (1000 * index, 1000 * index + 1000)
    assert sum(window.count() for _, window in slots) == 430  # pi(3000)
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_a_killed_manager_is_one_error() -> None:
    def kill_manager() -> None:
        while not (found := multiprocessing.active_children()):
            time.sleep(0.001)
        found[0].kill()

    killer = threading.Thread(target=kill_manager)
    killer.start()
    with pytest.raises(WorkerError):
        collect_slots(process, 2, multiprocessing.get_context())
    killer.join(10)
    assert not multiprocessing.active_children()
