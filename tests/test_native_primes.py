"""native.count_primes and native.primes, with each instruction set that this processor has."""

from __future__ import annotations

import _thread
import doctest
import subprocess
import sys
import threading
import time
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_examples import ISAS, PI, PI_1E10, is_prime, simple_primes

import native
import native.sieve
import native.words
from native import _context, _primes, _unkept, count_primes, primes


@pytest.fixture(params=ISAS)
def isa(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(_context.VARIABLES[0], request.param)
    monkeypatch.setattr(_context, "_made", [])
    return str(request.param)


@pytest.mark.parametrize("k", range(10))
def test_counts_agree_with_the_published_table(isa: str, k: int) -> None:
    assert count_primes(0, 10**k) == PI[k]


@pytest.mark.slow
def test_count_to_1e10(isa: str) -> None:
    assert count_primes(0, 10**10) == PI_1E10


# As primesieve 11 counts them.
FAR = {
    (10**12, 10**12 + 10**8): 3618282,
    (10**15, 10**15 + 10**7): 289394,
    (2**52 - 10**6, 2**52): 27703,
}


@pytest.mark.slow
@pytest.mark.parametrize("window", FAR, ids=str)
def test_far_windows(isa: str, window: tuple[int, int]) -> None:
    assert count_primes(*window) == FAR[window]
    assert len(primes(*window)) == FAR[window]


@given(st.integers(0, 10**6), st.integers(0, 2000))
def test_any_small_window(first: int, length: int) -> None:
    expected = simple_primes(first, first + length)
    assert list(primes(first, first + length)) == expected
    assert count_primes(first, first + length) == len(expected)


def test_windows_of_many_intervals(isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_COUNTED_PER_CALL", "_LISTED_PER_CALL", "_LISTED_AFRESH_PER_CALL"):
        monkeypatch.setattr(_unkept, name, 1000)
    expected = simple_primes(5, 12_345)
    assert count_primes(5, 12_345) == len(expected)
    assert list(primes(5, 12_345)) == list(primes(5, 12_345, array("Q", [0]) * 2000)) == expected


def test_beyond_2_52_sieves_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    edge = 10**6
    monkeypatch.setattr(_unkept, "LARGEST", edge)
    window = edge - 1000, edge + 1000
    expected = simple_primes(*window)
    assert count_primes(*window) == len(expected)
    assert list(primes(*window)) == expected
    assert list(primes(*window, out=array("Q", [0]) * 200)) == expected
    assert list(primes(edge, edge + 100, out=array("Q", [0]) * 10)) == simple_primes(
        edge, edge + 100
    )
    with pytest.raises(ValueError, match="out is too short"):
        primes(*window, out=array("Q", [0]) * 100)


@pytest.mark.slow
def test_the_last_window() -> None:
    expected = [n for n in range(2**63 - 1000, 2**63) if is_prime(n)]
    assert list(primes(2**63 - 1000, 2**63)) == expected
    assert count_primes(2**63 - 1000, 2**63) == len(expected)


@pytest.mark.parametrize("ask", [count_primes, primes])
def test_windows_that_cannot_be(ask: Any) -> None:
    for window in ((2, 1), (-1, 5), (0, 2**63 + 1), (10**30, 10**31)):
        with pytest.raises(ValueError, match="a window must have"):
            ask(*window)
    with pytest.raises(TypeError):
        ask(0, 10.0)


def test_the_doctests() -> None:
    assert doctest.testmod(_primes).failed == 0
    assert native.count_primes.__module__ == "native"


# Memory, threads, interrupts


MEMORY = """
import resource, native
native.count_primes(0, 10**6), native.primes(0, 10**6)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
native.count_primes(0, 3 * 10**9)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_counting_holds_no_more_than_a_few_segments() -> None:
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) < 4096  # KiB; the bitmap of the window would be 100 MB or more


REFUSED = """
import resource, native
native.count_primes(0, 100)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 20), -1))
for ask, *window in (
    (native.count_primes, 10**15, 10**15 + 10**6),
    (native.count_primes, 10**12, 10**12 + 10**9),
    (native.primes, 10**12, 10**12 + 10**8),
    (lambda a, b: native.Sieve(a, b).finish(), 0, 10**9),
):
    try:
        ask(*window)
    except MemoryError as error:
        print(error)
assert native.count_primes(0, 10**6) == 78498
"""


def test_when_malloc_fails_it_is_a_memory_error() -> None:
    pytest.importorskip("resource")
    if not Path("/proc/self/statm").exists():
        pytest.skip("the system does not say how much is in use")
    done = subprocess.run(
        [sys.executable, "-c", REFUSED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 4


def test_counting_releases_the_gil_and_serves_many_threads() -> None:
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(count_primes(0, 2 * 10**8))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    ticks = 0
    while any(thread.is_alive() for thread in threads):
        ticks += 1
        time.sleep(0.001)
    assert counts == [11078937] * 3
    assert ticks > 3


def test_ctrl_c_interrupts() -> None:
    begin = time.monotonic()
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        count_primes(0, 10**13)
    assert time.monotonic() - begin < 30
