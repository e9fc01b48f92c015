"""Counting and listing in C without a bitmap, for each instruction set and size of segment."""

from __future__ import annotations

from array import array
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_examples import ISAS, is_prime, simple_primes

from native import Sieve, _context
from native._native import ffi, lib


@pytest.fixture(params=product(ISAS, [1, 0]), ids=str)
def context(request: pytest.FixtureRequest) -> Any:
    """A context for each instruction set; that of a tiny cache has many segments in a line."""
    return _context.make_context(*request.param)


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


@pytest.mark.parametrize("middle", [10**6, 2**32, 10**10, 10**12])
def test_listed_windows_agree_with_an_independent_test(context: Any, middle: int) -> None:
    first, last = middle - 1501, middle + 1500
    expected = [n for n in range(first, last) if is_prime(n)]
    assert listed(context, first, last, 2000) == expected
    assert counted(context, first, last) == len(expected)


@pytest.mark.parametrize("isa_name", ISAS)
@given(first=st.integers(0, 2 * 10**10), length=st.integers(0, 3 * 10**6))
@settings(max_examples=25, deadline=None)
def test_each_instruction_set_counts_and_lists_as_a_sieve(
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


def test_each_sieving_prime_crosses_off_the_first_number_of_a_window(context: Any) -> None:
    """Where it divides that, its start is 0, and an estimate of it could be one period off."""
    small = simple_primes(4100, 6000)
    for p, q in pairwise(small):
        while p * q % 30 != 1:
            q += 2
        assert counted(context, p * q, p * q + 1) == 0


def test_the_library_refuses_what_is_outside() -> None:
    context, out, written = _context.context(), ffi.new("uint64_t *"), ffi.new("size_t *")
    for first, last in ((2, 1), (0, 2**52 + 1)):
        assert lib.primes_count(context, first, last, out) == lib.NATIVE_BAD_RANGE
        status = lib.primes_list(context, first, last, out, 1, written)
        assert (status, int(written[0])) == (lib.NATIVE_BAD_RANGE, 0)
    status = lib.primes_list(context, 0, 10, out, 1, written)
    assert (status, int(written[0]), int(out[0])) == (lib.NATIVE_BAD_LENGTH, 1, 2)
