"""Registering in several threads, and while the process forks."""

from __future__ import annotations

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from gadgets import Gadget, state_of

import adapters


@pytest.mark.usefixtures("restless_threads")
def test_threads_register_and_pickle_at_once() -> None:
    kinds = [type(f"Kind{index}", (Gadget,), {}) for index in range(8)]
    failures: list[BaseException] = []
    start = threading.Barrier(len(kinds) + 1)

    def use(kind: type) -> None:
        try:
            start.wait(30)
            for _ in range(20):
                adapters.register(kind, state_of, kind, name=kind.__name__)
                assert pickle.loads(pickle.dumps(Gadget(1))) == Gadget(1)
                assert adapters.to_spec(kind(2)).rebuild().state == 2
                adapters.unregister(kind)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    start.wait(30)
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_only_one_thread_at_a_time_looks_and_registers(
    native: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, adding, other_is_done = adapters.Registry._add, threading.Event(), threading.Event()

    def add_slowly(registry: adapters.Registry, adapter: adapters.Adapter) -> None:
        adding.set()
        other_is_done.wait(0.3)  # it is not: it waits for this thread
        add(registry, adapter)

    monkeypatch.setattr(adapters.Registry, "_add", add_slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(adapters.register, native, state_of, native)
        assert adding.wait(30)
        with pytest.raises(adapters.ConflictError):
            adapters.register(native, lambda obj: obj, native)
        other_is_done.set()
        assert first.result(30).serialize is state_of


@pytest.mark.usefixtures("restless_threads")
def test_registering_again_leaves_no_moment_without_an_adapter(native: type) -> None:
    def register(step: int) -> None:
        adapters.register(native, lambda obj: (step, obj.state)[1], native, name="again")

    failures: list[BaseException] = []
    done = threading.Event()

    def pickle_for_ever() -> None:
        obj = native(1)
        while not done.is_set():
            try:
                assert pickle.loads(pickle.dumps(obj)).state == 1
                assert adapters.loads(adapters.dumps(obj)).state == 1
            except BaseException as error:
                failures.append(error)

    register(0)
    threads = [threading.Thread(target=pickle_for_ever) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(2000):
            register(0)
    finally:
        done.set()
        for thread in threads:
            thread.join(30)
    assert failures == []


@pytest.mark.slow
def test_a_process_forked_while_others_register_can_register(native: type) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    stop = threading.Event()
    busy = adapters.Registry()

    def register_for_ever() -> None:
        while not stop.is_set():
            busy.register(native, state_of, native)

    thread = threading.Thread(target=register_for_ever)
    thread.start()
    try:
        for _ in range(30):
            pid = os.fork()
            if pid == 0:
                adapters.register(native, state_of, native)
                os._exit(0)
            assert wait_for(pid) == 0
    finally:
        stop.set()
        thread.join(30)


def wait_for(pid: int, seconds: float = 30) -> int:
    import time

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    raise AssertionError("the forked child hangs")
