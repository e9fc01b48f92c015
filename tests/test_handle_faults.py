"""Shared handles for long, and while processes are killed: nothing piles up, nothing hangs."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import processes
import pytest
import sharing
from sharing import Costly, made
from storing import in_a_fork

import adapters
from adapters.stores import Local

TIMEOUT = 60
MEGABYTE = 1 << 20

pytestmark = pytest.mark.slow


def files_in(directory: Path) -> list[str]:
    return [name for _, folders, files in os.walk(directory) for name in folders + files]


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="there is no /proc")
@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="sysconf is of POSIX")
def test_a_thousand_handles_leave_all_as_it_was(tmp_path: Path, start_method: str) -> None:
    store = Local(tmp_path)
    obj = Costly(None, bytearray(b"x" * 100_000))

    def cycle(worker: ProcessPoolExecutor) -> None:
        with adapters.share(obj, store) as handle:
            assert worker.submit(sharing.look_at_size, handle).result(TIMEOUT) == 100_000

    context = multiprocessing.get_context(start_method)
    with ProcessPoolExecutor(1, mp_context=context) as worker:
        for _ in range(100):  # until all caches and free lists are as full as they get
            cycle(worker)
        before = sharing.resources(), worker.submit(sharing.resources).result(TIMEOUT)
        children = multiprocessing.active_children()
        for _ in range(1000):
            cycle(worker)
        behind = sharing.resources(), worker.submit(sharing.resources).result(TIMEOUT)
        assert files_in(tmp_path) == []
        assert multiprocessing.active_children() == children
    for (descriptors, memory), (descriptors_now, memory_now) in zip(before, behind, strict=True):
        assert descriptors_now <= descriptors
        assert memory_now - memory < 4 * MEGABYTE  # all states together are 100 MB


KILLING = '''
import gc, multiprocessing, os, random, signal, sys, threading, time
from concurrent import futures

import adapters, sharing

KILLS = 200


def what_is_open():
    """Descriptors and children, when the threads that look at the workers have ended."""
    gc.collect()
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(30)
            assert not thread.is_alive(), thread
    children = []
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children") as file:
            children += file.read().split()
    return len(os.listdir("/proc/self/fd")), sorted(children)


def main(method, directory):
    chance = random.Random(7)
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["sharing"])
    store = adapters.stores.Local(directory)
    results = {"done": 0, "broken": 0, "files left": 0}
    killed, before = 0, None
    with adapters.share(sharing.Costly(None, bytearray(10_000)), store) as handle:
        while killed < KILLS:
            pool = futures.ProcessPoolExecutor(4, mp_context=context)
            with adapters.Executor(pool) as executor:
                tasks = [
                    executor.submit(sharing.get_and_share, handle, directory, rounds)
                    for rounds in [1] * 4 + [1000] * 4
                ]
                tasks[0].exception(30)  # at least one works by now
                time.sleep(chance.random() * 0.02)
                # The pool kills the others itself, gently, once it has seen the first die.
                for process in list(pool._processes.values()):
                    os.kill(process.pid, signal.SIGKILL)
                    killed += 1
                for task in tasks:
                    error = task.exception(30)
                    assert error is None or isinstance(error, futures.BrokenExecutor), error
                    results["broken" if error else "done"] += 1
            results["files left"] += len(sharing.states_in(directory)) - 1
            del pool, executor, tasks, task, error, process
            if before is None:  # the first time, a fork server and a resource tracker start
                before = what_is_open()
        now = what_is_open()
        print("killed", killed, "as before", now == before, now, before)
        assert handle.get().maker == os.getpid()
    print(results)
    assert all(results.values()), results  # or this tests nothing


if __name__ == "__main__":
    main(*sys.argv[1:])
'''


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="there is no /proc")
@pytest.mark.parametrize(
    "method", [m for m in multiprocessing.get_all_start_methods() if m != "spawn"]
)
def test_two_hundred_workers_that_are_killed_leave_nothing(tmp_path: Path, method: str) -> None:
    directory, program = tmp_path / "kept", tmp_path / "program.py"
    directory.mkdir()
    program.write_text(KILLING)
    # It says nothing on stderr, or `run` fails: no resource tracker has anything to tell.
    answer = processes.run(str(program), method, str(directory))
    assert "as before True" in answer, answer
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as worker:
        assert worker.submit(sharing.share_and_close, str(directory)).result(TIMEOUT) == 1
    assert files_in(directory) == []


def test_eight_processes_with_two_threads_build_eight_objects(
    tmp_path: Path, start_method: str
) -> None:
    logs = [tmp_path / f"log{number}" for number in range(10)]
    context = multiprocessing.get_context(start_method)
    barrier, outbox = context.Barrier(16), context.Queue()
    with ExitStack() as stack:
        handles = [
            stack.enter_context(adapters.share(Costly(str(log), bytes(100_000)), Local(tmp_path)))
            for log in logs
        ]
        children = [
            context.Process(target=sharing.meet_and_look, args=(handles, barrier, outbox))
            for _ in range(8)
        ]
        for child in children:
            child.start()
        answers: list[Any] = [outbox.get(timeout=TIMEOUT) for _ in children]
        for child in children:
            child.join(TIMEOUT)
            assert child.exitcode == 0
    outbox.close()
    outbox.join_thread()
    assert all(one == other for _, (one, other) in answers)
    for log in logs:
        assert sorted(made(log)) == sorted([os.getpid(), *(process for process, _ in answers)])


def test_processes_that_put_and_delete_at_once_do_not_stumble_over_each_other(
    tmp_path: Path,
) -> None:
    """Each removes the folder when it is empty, and the next one makes it again."""
    with ProcessPoolExecutor(4) as workers:
        tasks = [workers.submit(sharing.put_and_delete, str(tmp_path), 1000) for _ in range(4)]
        for task in tasks:
            task.result(TIMEOUT)
    assert files_in(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="there is no /proc")
def test_ten_thousand_handles_of_small_states_are_got_with_a_thousand_descriptors(
    tmp_path: Path,
) -> None:
    resource = pytest.importorskip("resource")
    store = Local(tmp_path)
    owned = [adapters.share([number], store) for number in range(10_000)]
    handles = pickle.dumps(owned)

    def get() -> tuple[bool, int]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
        found = [handle.get() for handle in pickle.loads(handles)]
        return found == [[number] for number in range(10_000)], len(os.listdir("/proc/self/fd"))

    right, descriptors = in_a_fork(get)
    assert right
    assert descriptors < 100
    for handle in owned:
        handle.close()
    assert files_in(tmp_path) == []
