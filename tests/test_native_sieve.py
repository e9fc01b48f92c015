"""native.Sieve against published tables, an independent primality test and a simple sieve."""

from __future__ import annotations

import copy
import doctest
import re
from array import array
from typing import Any

import pytest
from hypothesis import given
from native_examples import PI, PI_1E10, is_prime, simple_primes, uint64, windows

import native
import native.sieve
import native.words
from native import Sieve

# What is prime


@pytest.mark.parametrize("k", range(10))
def test_counts_agree_with_the_published_table(k: int) -> None:
    with Sieve(0, 10**k) as sieve:
        assert sieve.finish().count() == PI[k]


@pytest.mark.slow
def test_count_to_1e10() -> None:
    with Sieve(0, 10**10) as sieve:
        assert sieve.finish().count() == PI_1E10


LARGE = pytest.param(3037000493**2 - 400, marks=pytest.mark.slow)


@pytest.mark.parametrize("middle", [10**6, 10**12, 10**15, 2**52, LARGE])
def test_windows_agree_with_an_independent_test(middle: int) -> None:
    sieve = Sieve(middle - 1501, middle + 1500).finish()
    assert list(sieve) == [n for n in range(middle - 1501, middle + 1500) if is_prime(n)]


@pytest.mark.slow
def test_the_last_window() -> None:
    sieve = Sieve(2**63 - 2000, 2**63).finish()
    assert list(sieve) == [n for n in range(2**63 - 2000, 2**63) if is_prime(n)]
    assert list(sieve)[-1] == 2**63 - 25


def test_a_window_of_many_intervals_and_an_odd_start() -> None:
    first = 10**12 - 12345677
    whole = Sieve(first, first + 2 * 10**8).finish().count()
    cut = first + 10**8 + 1
    parts = Sieve(first, cut).finish().count() + Sieve(cut, first + 2 * 10**8).finish().count()
    assert whole == parts


@given(windows)
def test_any_small_window(window: tuple[int, int]) -> None:
    first, last = window
    expected = simple_primes(first, last)
    sieve = Sieve(first, last).finish()
    assert sieve.finished
    assert sieve.count() == len(sieve) == len(expected)
    assert list(sieve.primes()) == list(sieve) == expected
    assert [n for n in range(first, last) if n in sieve] == expected


def test_every_window_of_the_first_integers() -> None:
    for first in range(30):
        for last in range(first, 30):
            assert list(Sieve(first, last).finish()) == simple_primes(first, last)


def test_iteration_and_primes_over_many_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native.sieve, "_ITERATION_BUFFER", 3)
    monkeypatch.setattr(native.sieve, "_LISTED_PER_CALL", 5)
    sieve = Sieve(0, 1000).finish()
    assert list(sieve) == list(sieve.primes()) == simple_primes(0, 1000)


def test_primes_are_a_compact_array() -> None:
    primes = Sieve(0, 100).finish().primes()
    assert (type(primes), primes.typecode, primes.itemsize) == (array, "Q", 8)


@pytest.mark.parametrize("edge", [0, 1, 2, 3, 10**6, 2**63])
def test_empty_windows(edge: int) -> None:
    sieve = Sieve(edge, edge)
    assert (sieve.finished, sieve.needed, sieve.progress) == (True, 0, 7)
    assert (sieve.count(), list(sieve), len(sieve.primes()), len(sieve.bitmap)) == (0, [], 0, 0)


def test_the_doctest_of_the_class() -> None:

    assert doctest.testmod(native.sieve).failed == 0


# How far it is


@pytest.mark.parametrize(
    ("window", "needed"),
    [
        ((0, 100), 10),
        ((0, 101), 11),
        ((50, 122), 12),
        ((4, 5), 3),
        ((5, 5), 0),
        ((2**63 - 2, 2**63), 3037000500),
    ],
)
def test_needed(window: tuple[int, int], needed: int) -> None:
    sieve = Sieve(*window)
    assert sieve.needed == needed
    assert sieve.finished == (needed <= 7)


def test_progress_starts_at_7_and_ends_at_needed() -> None:
    sieve = Sieve(0, 1000)
    assert sieve.progress == 7
    assert sieve.finish() is sieve
    assert sieve.progress == sieve.needed == 32


def test_what_is_asked_too_early_is_an_error_that_says_how_far_it_is() -> None:
    sieve = Sieve(0, 1000)
    sieve.cross_off(uint64(7))
    message = re.escape(
        "<native.Sieve [0, 1000), crossed off for primes below 7 of 32>: not finished; "
        "call finish() first"
    )
    for ask in (
        sieve.count,
        sieve.primes,
        lambda: len(sieve),
        lambda: next(iter(sieve)),
        lambda: list(sieve),
        lambda: 7 in sieve,
    ):
        with pytest.raises(RuntimeError, match=message):
            ask()


def test_an_unchanged_sieve_is_counted_and_listed_without_a_bitmap() -> None:
    sieve = Sieve(0, 1000)
    assert sieve.state() == (0, 1000, 7, None, None)
    assert sieve.count() == len(sieve) == 168
    assert list(sieve.primes()) == simple_primes(0, 1000)
    assert sieve.state() == (0, 1000, 7, 168, None)
    arrived = Sieve.from_state(sieve.state())
    assert (arrived.count(), arrived.finished, arrived == sieve) == (168, False, True)
    assert Sieve.from_state((0, 1000, 7, 5, None)).count() == 5  # it is not counted again
    for ask in (lambda: next(iter(sieve)), lambda: 7 in sieve):
        with pytest.raises(RuntimeError, match="not finished"):
            ask()
    assert sieve.finish().state()[3:] == (None, sieve.bitmap)
    assert sieve.count() == 168


def test_a_window_larger_than_memory_can_be_counted() -> None:
    sieve = Sieve(0, 2**63)
    sieve._found = 5
    assert len(sieve) == 5


def test_below_moves_progress_up_only_and_no_further_than_needed() -> None:
    sieve = Sieve(0, 1000)
    sieve.cross_off(uint64(3, 5, 7))
    assert sieve.progress == 7
    sieve.cross_off(uint64(), below=11)
    assert sieve.progress == 11
    sieve.cross_off(uint64(), below=4)
    assert sieve.progress == 11
    sieve.cross_off(uint64(*simple_primes(11, 32)), below=2**70)
    assert (sieve.progress, sieve.finished, sieve.count()) == (32, True, 168)


def test_repr_shows_window_and_progress() -> None:
    sieve = Sieve(10, 1000)
    assert repr(sieve) == "<native.Sieve [10, 1000), crossed off for primes below 7 of 32>"
    assert repr(sieve.finish()) == "<native.Sieve [10, 1000), finished>"
    sieve.close()
    assert repr(sieve) == "<native.Sieve, closed>"


def test_numbers_outside_the_window_and_other_things_are_refused() -> None:
    sieve = Sieve(10, 50).finish()
    for number in (9, 50, -1, 2**70):
        with pytest.raises(ValueError, match=re.escape(f"{number} is outside the window [10, 50)")):
            number in sieve  # noqa: B015
    for thing in (11.0, "11", None):
        with pytest.raises(TypeError):
            thing in sieve  # type: ignore[operator]  # noqa: B015


# Equality and copies


def test_equality_is_by_window_progress_and_bitmap() -> None:
    sieve = Sieve(0, 100)
    assert sieve == Sieve(0, 100)
    assert sieve != Sieve(0, 98)
    assert sieve != Sieve(1, 100)
    further = Sieve(0, 100)
    further.cross_off(uint64(), below=8)
    assert sieve != further
    changed = Sieve(0, 100)
    changed.cross_off(uint64(7))
    assert sieve != changed
    kept = Sieve(0, 100)
    assert kept.bitmap.nbytes == 64
    assert Sieve(0, 100) == kept
    assert kept == Sieve(0, 100)
    assert sieve != "sieve"
    with pytest.raises(TypeError, match="unhashable"):
        hash(sieve)


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
def test_a_copy_has_its_own_memory(copier: Any) -> None:
    sieve = Sieve(0, 1000)
    sieve.cross_off(uint64(7), below=11)
    second = copier(sieve)
    assert second == sieve
    second.finish()
    assert sieve.progress == 11
    assert second != sieve
    sieve.close()
    assert second.count() == 168


def test_a_copy_of_a_subclass_keeps_its_attributes() -> None:
    class Named(Sieve):
        notes: Any

    sieve = Named(0, 100)
    sieve.notes = [sieve]
    shallow, deep = copy.copy(sieve), copy.deepcopy(sieve)
    assert type(shallow) is type(deep) is Named
    assert shallow.notes is sieve.notes
    assert deep.notes[0] is deep
