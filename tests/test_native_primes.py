"""native.count_primes and native.primes, on each path that this processor has."""

from __future__ import annotations

import _thread
import doctest
import subprocess
import sys
import threading
import time
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_native_sieve import PI, PI_1E10, is_prime, simple_primes

import native
from native import Sieve, _context, _primes, _unkept, count_primes, primes
from native._native import ffi, lib


def available(isa: str) -> bool:
    return lib.context_new(_context.ISAS[isa], 0, ffi.new("context_t **")) == lib.NATIVE_OK


ISAS = [isa for isa in _context.ISAS if isa != "best" and available(isa)]


@pytest.fixture(params=ISAS)
def isa(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(_context.VARIABLES[0], request.param)
    return str(request.param)


@pytest.fixture(params=[1, 0], ids=["tiny pieces", "usual pieces"])
def context(isa: str, request: pytest.FixtureRequest) -> Any:
    """A context of that path; one that takes the cache to be tiny has many pieces in a line."""
    return _context.make_context(isa, request.param)


def counted(context: Any, first: int, last: int) -> int:
    out = ffi.new("uint64_t *")
    assert lib.primes_count(context, first, last, out) == lib.NATIVE_OK
    return int(out[0])


def listed(context: Any, first: int, last: int, room: int) -> list[int]:
    numbers, written = array("Q", [0]) * (room + 1), ffi.new("size_t *")
    target = ffi.from_buffer("uint64_t[]", numbers)
    assert lib.primes_list(context, first, last, target, room, written) == lib.NATIVE_OK
    assert numbers[room] == 0
    return list(numbers[: int(written[0])])


# What is prime


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


@pytest.mark.parametrize("middle", [10**6, 2**32, 10**10, 10**12])
def test_listed_windows_agree_with_an_independent_test(context: Any, middle: int) -> None:
    first, last = middle - 1501, middle + 1500
    expected = [n for n in range(first, last) if is_prime(n)]
    assert listed(context, first, last, 2000) == expected
    assert counted(context, first, last) == len(expected)


@given(st.integers(0, 10**6), st.integers(0, 2000))
def test_any_small_window(first: int, length: int) -> None:
    expected = simple_primes(first, first + length)
    assert list(primes(first, first + length)) == expected
    assert count_primes(first, first + length) == len(expected)


@pytest.mark.parametrize("isa_name", ISAS)
@given(first=st.integers(0, 2 * 10**10), length=st.integers(0, 3 * 10**6))
@settings(max_examples=25, deadline=None)
def test_each_path_counts_and_lists_as_the_kept_sieve(
    isa_name: str, first: int, length: int
) -> None:
    with Sieve(first, first + length) as sieve:
        expected = sieve.finish().primes()
    for l1_bytes in (1, 16_000, 0):
        context = _context.make_context(isa_name, l1_bytes)
        assert counted(context, first, first + length) == len(expected)
        assert listed(context, first, first + length, len(expected)) == list(expected)


def test_every_window_of_the_first_integers(context: Any) -> None:
    for first in range(40):
        for last in range(first, 40):
            expected = simple_primes(first, last)
            assert counted(context, first, last) == len(expected)
            assert listed(context, first, last, 20) == expected


@pytest.mark.parametrize("length", [2 * 10**7, 2.2 * 10**7, 3 * 10**8])
def test_each_wheel_between_odd_bounds(context: Any, length: float) -> None:
    """The wheel depends on the length: 30, 210 and 2310."""
    first, last = 123_457, 123_457 + int(length)
    cut = first + 7_654_321
    assert counted(context, first, last) == counted(context, first, cut) + counted(
        context, cut, last
    )


def test_each_base_prime_strikes_the_first_number_of_a_window(context: Any) -> None:
    """Where it divides that, its start is 0, and an estimate of it could be one period off."""
    small = simple_primes(4100, 6000)
    for p, q in pairwise(small):
        while p * q % 30 != 1:
            q += 2
        assert counted(context, p * q, p * q + 1) == 0


def test_windows_of_many_stretches(isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_COUNTED_PER_CALL", "_LISTED_PER_CALL", "_LISTED_AFRESH_PER_CALL"):
        monkeypatch.setattr(_unkept, name, 1000)
    expected = simple_primes(5, 12_345)
    assert count_primes(5, 12_345) == len(expected)
    assert list(primes(5, 12_345)) == list(primes(5, 12_345, array("Q", [0]) * 2000)) == expected


def test_beyond_the_base_primes_sieves_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
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


# Memory of the caller


def test_primes_go_into_memory_of_the_caller() -> None:
    room = array("Q", [7]) * 30
    found = primes(0, 100, room)
    assert list(found) == simple_primes(0, 100)
    assert list(room[:25]) == list(found)
    assert list(room[25:]) == [7] * 5
    exact = array("Q", [0]) * 25
    assert list(primes(0, 100, exact)) == simple_primes(0, 100)
    assert list(primes(24, 28, array("Q"))) == []


def test_numpy_takes_them() -> None:
    numpy = pytest.importorskip("numpy")
    room = numpy.zeros(200, dtype="uint64")
    assert list(primes(0, 1000, room)) == list(room[:168])
    assert list(primes(0, 1000, room[10:])) == list(room[10:178]) == simple_primes(0, 1000)


def test_too_little_room_is_an_error_and_nothing_is_written_behind_it() -> None:
    room = array("Q", [7]) * 30
    with pytest.raises(ValueError, match=r"24 places left.*count_primes\(\) tells"):
        primes(0, 100, memoryview(room)[:24])
    assert list(room) == simple_primes(0, 90) + [7] * 6


def test_other_memory_is_refused() -> None:
    numpy = pytest.importorskip("numpy")
    wrong: list[Any] = [
        [0] * 30,
        bytes(240),
        bytearray(240),
        array("d", [0.0] * 30),
        numpy.zeros((5, 6), dtype="uint64"),
        numpy.zeros(60, dtype="uint64")[::2],
        memoryview(array("Q", [0] * 30)).toreadonly(),
    ]
    for out in wrong:
        with pytest.raises(TypeError, match=r"^out must be"):
            primes(0, 100, out)


# Arguments and errors


@pytest.mark.parametrize("ask", [count_primes, primes])
def test_windows_that_cannot_be(ask: Any) -> None:
    for window in ((2, 1), (-1, 5), (0, 2**63 + 1), (10**30, 10**31)):
        with pytest.raises(ValueError, match="a window must have"):
            ask(*window)
    with pytest.raises(TypeError):
        ask(0, 10.0)


def test_the_context_refuses_what_is_outside() -> None:
    context, out, written = _context.context(), ffi.new("uint64_t *"), ffi.new("size_t *")
    for first, last in ((2, 1), (0, 2**52 + 1)):
        assert lib.primes_count(context, first, last, out) == lib.NATIVE_BAD_RANGE
        status = lib.primes_list(context, first, last, out, 1, written)
        assert (status, int(written[0])) == (lib.NATIVE_BAD_RANGE, 0)
    status = lib.primes_list(context, 0, 10, out, 1, written)
    assert (status, int(written[0]), int(out[0])) == (lib.NATIVE_BAD_LENGTH, 1, 2)


def test_the_environment_names_the_path(isa: str) -> None:
    assert lib.context_isa(_context.context()) == _context.ISAS[isa]
    assert _context.context() is _context.context()


def test_the_size_of_the_cache_is_the_machine_s() -> None:
    assert 4096 <= lib.context_l1_bytes(_context.context()) <= 1 << 20
    assert lib.context_l1_bytes(_context.make_context("plain", 12345)) == 12345


def test_a_path_that_is_none_or_not_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_context.VARIABLES[0], "fast")
    with pytest.raises(ValueError, match="NATIVE_SIEVE_ISA is 'fast', which is none of plain, "):
        count_primes(0, 10)
    monkeypatch.setitem(_context.ISAS, "alien", 99)
    monkeypatch.setenv(_context.VARIABLES[0], "alien")
    with pytest.raises(ValueError, match="'alien', which this processor does not have"):
        count_primes(0, 10)


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


def test_counting_holds_no_more_than_a_few_pieces() -> None:
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


def test_when_the_c_heap_refuses_it_is_a_memory_error() -> None:
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
