"""Crossing off in the bitmap of a sieve: which numbers, in which order, in which buffers."""

from __future__ import annotations

import random
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_examples import RESIDUES, is_crossed_off, simple_primes, uint64, windows

import native
from native import Sieve
from native._context import context
from native._native import ffi, lib


@given(windows, st.integers(0, 90), st.randoms())
def test_crossing_off_step_by_step_equals_finish(
    window: tuple[int, int], cut: int, random: Any
) -> None:
    sieve = Sieve(*window)
    small, large = simple_primes(0, cut), simple_primes(cut, sieve.needed)
    random.shuffle(small)
    sieve.cross_off(uint64(*small, *small), below=cut)
    sieve.cross_off(uint64(*large), below=sieve.needed)
    assert sieve == Sieve(*window).finish()


@given(windows, st.integers(0, 90))
def test_finish_goes_on_from_where_crossing_off_stopped(window: tuple[int, int], cut: int) -> None:
    sieve = Sieve(*window)
    sieve.cross_off(uint64(*simple_primes(0, cut)), below=cut)
    assert sieve.finish() == Sieve(*window).finish()


@given(windows, st.lists(st.one_of(st.integers(2, 200), st.integers(2, 2**64 - 1)), max_size=20))
def test_the_multiples_of_each_number_are_crossed_off_from_its_square_on(
    window: tuple[int, int], numbers: list[int]
) -> None:
    first, last = window
    sieve = Sieve(first, last)
    sieve.cross_off(uint64(*numbers))
    for n in range(first, last):
        if n % 30 in RESIDUES:
            expected = n == 1 or any(n % d == 0 and n >= d * d for d in numbers)
            assert is_crossed_off(sieve, n) == expected


def test_numbers_whose_square_exceeds_64_bits_cross_off_nothing() -> None:
    # Modulo 2**64 the squares of the first four are 9 and 25, and that of the last 2**33 + 1.
    sieve = Sieve(0, 1000)
    sieve.cross_off(uint64(2**63 - 3, 2**63 + 3, 2**63 - 5, 2**63 + 5))
    assert sieve == Sieve(0, 1000)
    beyond = Sieve(2**33, 2**33 + 10)
    beyond.cross_off(uint64(2**32 + 1))
    assert beyond == Sieve(2**33, 2**33 + 10)


def test_composite_numbers_are_harmless() -> None:
    sieve = Sieve(0, 2000)
    sieve.cross_off(uint64(*range(2, 60)), below=46)
    assert sieve == Sieve(0, 2000).finish()


@pytest.mark.parametrize("first", [0, 2**40, 2**62 - 10_001, 2**63 - 3000])
def test_each_prime_crosses_off_its_multiples_wherever_the_window_is(first: int) -> None:
    primes = [p for p in simple_primes(7, 9000) if p * p <= first] or simple_primes(7, 60)
    sieve = Sieve(first, first + 3000)
    sieve.cross_off(uint64(*primes))
    for n in range(max(first, 2), first + 3000):
        if n % 30 in RESIDUES:
            expected = any(n % p == 0 and n >= p * p for p in primes)
            assert is_crossed_off(sieve, n) == expected, n


def test_one_large_number_many_times() -> None:
    """A line then has far more multiples than such numbers have on the average."""
    first, number = 2**50, 2**24 + 43
    multiple = number * ((first // number + 2) | 1)
    while multiple % 30 not in RESIDUES:
        multiple += 2 * number
    sieve, once = (Sieve(multiple - 10_000, multiple + 10_000) for _ in range(2))
    once.cross_off(uint64(number))
    sieve.cross_off(array("Q", [number]) * 100_000)
    assert is_crossed_off(once, multiple)
    assert sieve == once


FAR = {
    "one multiple at most": (2**63 - 10**6, 10**6, 2**31),
    "more than a bucket holds": (10**18 + 7, 5 * 10**8, 2**23),
    "from the first bit to the last": (2**23 * 30 * 10**6, 30 * 64, 2**23),
}


@pytest.mark.parametrize("name", FAR)
def test_generated_primes_cross_off_as_given_ones_do(name: str) -> None:
    first, length, below = FAR[name]
    given, generated = (Sieve(first, first + length) for _ in range(2))
    assert len(generated.bitmap) == len(given.bitmap)  # now there is one
    size = len(generated.bitmap) // 8
    primes = native.primes(below, below + 2**19)
    status = lib.sieve_cross_off_primes(
        context(), generated._pointer, below, below + 2**19, 0, size
    )
    given.cross_off(primes)
    assert status == lib.NATIVE_OK
    assert generated == given


def test_large_numbers_over_many_calls() -> None:
    # Beyond 2**18 a number is larger than a segment; beyond 2**20 numbers there is a second call.
    first = 2**40
    sieve = Sieve(first, first + 10**8)
    numbers = Sieve(0, sieve.needed).finish().primes()
    filler = array("Q", [2**63]) * (1 << 20)
    sieve.cross_off(numbers[:50000] + filler + numbers[50000:], below=sieve.needed)
    assert sieve == Sieve(first, first + 10**8).finish()


def test_numbers_in_any_order_far_from_their_squares() -> None:
    first = 10**10
    numbers = list(Sieve(0, 101_000).primes())
    random.Random(0).shuffle(numbers)
    sieve = Sieve(first, first + 10**7)
    sieve.cross_off(uint64(*numbers), below=101_000)
    assert sieve == Sieve(first, first + 10**7).finish()


@pytest.mark.parametrize("bad", [0, 1])
def test_a_number_below_2_is_a_value_error_and_nothing_is_crossed_off(bad: int) -> None:
    sieve = Sieve(0, 1000)
    with pytest.raises(ValueError, match=f"2 or more, but the one at index 2 is {bad}"):
        sieve.cross_off(uint64(3, 5, bad), below=32)
    assert sieve == Sieve(0, 1000)


def test_the_library_skips_numbers_below_2() -> None:
    sieve = Sieve(0, 1000)
    numbers = ffi.from_buffer("char[]", uint64(0, 1, 2, 4))
    line = len(sieve.bitmap) // 8
    status = lib.sieve_cross_off(context(), sieve._pointer, numbers, 4, 0, line)
    assert status == lib.NATIVE_OK
    assert sieve == Sieve(0, 1000)


def test_a_negative_or_fractional_below_is_refused() -> None:
    with pytest.raises(ValueError, match="below must not be negative, not -1"):
        Sieve(0, 10).cross_off(uint64(), below=-1)
    with pytest.raises(TypeError):
        Sieve(0, 10).cross_off(uint64(), below=3.0)  # type: ignore[arg-type]


def test_a_finished_sieve_never_changes() -> None:
    sieve = Sieve(0, 20).finish()
    before = sieve.bitmap.tobytes()
    sieve.cross_off(uint64(2), below=5)
    lib.sieve_raise_progress(sieve._pointer, 2**63)
    assert sieve.bitmap.tobytes() == before
    assert sieve.progress == 7
    with pytest.raises(ValueError, match="2 or more"):
        sieve.cross_off(uint64(1))
    # In a bitmap that says it is finished and has nothing crossed off, any store would show.
    blank = Sieve.from_state((30, 1000, 32, None, bytes(64)))
    before = blank.bitmap.tobytes()
    blank.cross_off(uint64(7, 11))
    assert blank.bitmap.tobytes() == before
