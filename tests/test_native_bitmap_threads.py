"""Who may change a sieve: threads, interrupts and forks."""

from __future__ import annotations

import _thread
import copy
import gc
import threading
import time
import weakref
from typing import Any

import pytest
from native_examples import Gate, in_fork, is_prime, uint64

from native import Sieve, _cross_off
from native._context import context
from native._native import ffi, lib


def test_only_one_thread_changes_a_sieve(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    sieve = Sieve(0, 1000)
    thread = threading.Thread(target=sieve.cross_off, args=(uint64(3, 5, 7), 11))
    thread.start()
    assert gate.entered.wait(30)
    for change in (
        sieve.finish,
        sieve.state,
        lambda: sieve.cross_off(uint64(3)),
        lambda: copy.copy(sieve),
    ):
        with pytest.raises(RuntimeError, match="7 of 32>: another thread is changing it"):
            change()
    gate.opened.set()
    thread.join(30)
    assert sieve.progress == 11
    assert sieve.finish().count() == 168


def test_what_others_read_while_finish_runs_is_never_wrong() -> None:
    sieve = Sieve(0, 2 * 10**8)
    bitmap = sieve.bitmap
    seen, outside = set(), set()
    thread = threading.Thread(target=sieve.finish)
    thread.start()
    deadline = time.monotonic() + 30
    while thread.is_alive():
        assert time.monotonic() < deadline
        seen.add(bitmap[len(bitmap) // 8])  # 7, 37, ..., of which 187 and 217 are composite
        outside.add(bitmap[-1])
    assert bitmap[len(bitmap) // 8] == 0b11000000
    assert seen <= {0, 0b11000000}
    assert outside <= {0xFF}


def test_close_while_another_thread_crosses_off(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    sieve = Sieve(0, 10**6)
    thread = threading.Thread(target=sieve.cross_off, args=(uint64(3, 5, 7), 11))
    thread.start()
    assert gate.entered.wait(30)
    memory = weakref.ref(sieve._pointer)
    sieve.close()
    assert memory() is not None
    gate.opened.set()
    thread.join(30)
    del thread
    gc.collect()
    assert memory() is None


def test_many_threads_read_a_finished_sieve() -> None:
    sieve = Sieve(0, 10**6).finish()
    results: list[tuple[int, int]] = []
    threads = [
        threading.Thread(target=lambda: results.append((sieve.count(), sum(sieve.primes()))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [(78498, 37550402023)] * 4


@pytest.mark.slow
def test_crossing_off_releases_the_gil() -> None:
    sieve = Sieve(0, 10**9)
    numbers = Sieve(3, 31623).finish().primes()
    spans: list[tuple[float, float]] = []

    def work() -> None:
        buffer = ffi.from_buffer("char[]", numbers)
        begin = time.perf_counter()
        line = len(sieve.bitmap) // 8
        lib.sieve_cross_off(context(), sieve._pointer, buffer, len(numbers), 0, line)
        spans.append((begin, time.perf_counter()))

    thread = threading.Thread(target=work)
    ticks = []
    thread.start()
    while thread.is_alive():
        ticks.append(time.perf_counter())
        time.sleep(0.001)
    (begin, end), *_ = spans
    assert sum(begin < tick < end for tick in ticks) > 3


def test_ctrl_c_interrupts_finish_and_leaves_it_consistent() -> None:
    window = 2**61 - 1000, 2**61 + 1000
    sieve = Sieve(*window)

    def interrupt_midway() -> None:
        while sieve.progress == 7:
            time.sleep(0.001)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt_midway)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        sieve.finish()
    thread.join(30)
    assert 7 < sieve.progress < sieve.needed
    assert list(sieve.finish()) == [n for n in range(*window) if is_prime(n)]


def test_an_interrupted_change_leaves_the_sieve_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    sieve = Sieve(0, 1000)
    with monkeypatch.context() as patch:
        patch.setattr(_cross_off, "cross_off_multiples", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sieve.cross_off(uint64(3), below=9)
    assert sieve.progress == 7
    assert sieve.finish().count() == 168


def test_a_child_of_a_busy_parent_is_told_and_does_not_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate(monkeypatch)
    sieve = Sieve(0, 1000)
    thread = threading.Thread(target=sieve.cross_off, args=(uint64(3, 5, 7), 11))
    thread.start()
    assert gate.entered.wait(30)

    def check() -> None:
        with pytest.raises(RuntimeError, match="when this process was forked"):
            sieve.finish()
        sieve.close()

    try:
        in_fork(check)
    finally:
        gate.opened.set()
        thread.join(30)
    assert sieve.finish().count() == 168
