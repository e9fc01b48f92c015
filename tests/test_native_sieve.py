"""native.Sieve against published tables, an independent primality test and a simple sieve."""

from __future__ import annotations

import _thread
import ast
import copy
import gc
import multiprocessing
import os
import random
import re
import subprocess
import sys
import threading
import time
import weakref
from array import array
from math import isqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import native
import native.sieve
from native import Sieve, _bitmap, _build, _cross_off, _status
from native._context import context
from native._native import ffi, lib

# pi(10^k), OEIS A006880.
PI = [0, 4, 25, 168, 1229, 9592, 78498, 664579, 5761455, 50847534]
PI_1E10 = 455052511


def simple_primes(first: int, last: int) -> list[int]:
    return [n for n in range(max(first, 2), last) if all(n % d for d in range(2, isqrt(n) + 1))]


def is_prime(n: int) -> bool:
    """Miller-Rabin; with these bases exact below 3.3 * 10^24 (Sorenson and Webster, 2015)."""
    bases = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
    if n < 2 or any(n % base == 0 for base in bases):
        return n in bases
    twos = ((n - 1) & -(n - 1)).bit_length() - 1
    for base in bases:
        power = pow(base, (n - 1) >> twos, n)
        if power in (1, n - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % n
            if power == n - 1:
                break
        else:
            return False
    return True


def uint64(*numbers: int) -> array[int]:
    return array("Q", numbers)


RESIDUES = [1, 7, 11, 13, 17, 19, 23, 29]


def is_struck(sieve: Sieve, n: int) -> bool:
    line = RESIDUES.index(n % 30) * (len(sieve.bitmap) // 8)
    bit = n // 30 - sieve.first // 30
    return bool(sieve.bitmap[line + bit // 8] >> bit % 8 & 1)


windows = st.tuples(st.integers(0, 6000), st.integers(0, 700)).map(lambda w: (w[0], w[0] + w[1]))


# What is prime


@pytest.mark.parametrize("k", range(10))
def test_counts_agree_with_the_published_table(k: int) -> None:
    with Sieve(0, 10**k) as sieve:
        assert sieve.finish().count() == PI[k]


@pytest.mark.slow
def test_count_to_1e10() -> None:
    with Sieve(0, 10**10) as sieve:
        assert sieve.finish().count() == PI_1E10


@pytest.mark.parametrize("middle", [10**6, 10**12, 10**15, 2**52, 3037000493**2 - 400])
def test_windows_agree_with_an_independent_test(middle: int) -> None:
    sieve = Sieve(middle - 1501, middle + 1500).finish()
    assert list(sieve) == [n for n in range(middle - 1501, middle + 1500) if is_prime(n)]


def test_the_last_window() -> None:
    sieve = Sieve(2**63 - 2000, 2**63).finish()
    assert list(sieve) == [n for n in range(2**63 - 2000, 2**63) if is_prime(n)]
    assert list(sieve)[-1] == 2**63 - 25


def test_a_window_of_many_slices_and_an_odd_start() -> None:
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


def test_iteration_and_primes_over_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
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
    import doctest

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


def test_what_was_never_struck_is_counted_and_listed_without_a_bitmap() -> None:
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


# Crossing off


@given(windows, st.integers(0, 90), st.randoms())
def test_crossing_off_in_pieces_equals_finish(
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
def test_each_number_strikes_its_multiples_from_its_square_on(
    window: tuple[int, int], numbers: list[int]
) -> None:
    first, last = window
    sieve = Sieve(first, last)
    sieve.cross_off(uint64(*numbers))
    for n in range(first, last):
        if n % 30 in RESIDUES:
            struck = n == 1 or any(n % d == 0 and n >= d * d for d in numbers)
            assert is_struck(sieve, n) == struck


def test_numbers_whose_square_exceeds_64_bits_strike_nothing() -> None:
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


def test_large_numbers_over_blocks_and_batches() -> None:
    # Beyond 2**18 a number strikes whole blocks; beyond 2**20 numbers there is a second batch.
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


def test_every_buffer_of_uint64_serves() -> None:
    numpy = pytest.importorskip("numpy")
    primes = uint64(3, 5, 7, 11, 13, 17, 19, 23, 29, 31)
    misaligned = memoryview(b"x" + primes.tobytes())[1:]
    for form in (
        primes,
        memoryview(primes),
        numpy.array(primes),
        memoryview(primes).cast("B").cast("@Q"),
        primes.tobytes(),
        bytearray(primes.tobytes()),
        misaligned,
    ):
        sieve = Sieve(0, 1000)
        sieve.cross_off(form, below=32)
        assert sieve.count() == 168


def test_other_buffers_are_type_errors() -> None:
    numpy = pytest.importorskip("numpy")
    sieve = Sieve(0, 1000)
    other_order = ">u8" if sys.byteorder == "little" else "<u8"
    wrong: list[Any] = [
        [3, 5],
        "35",
        3,
        array("q", [3]),
        array("I", [3, 5]),
        array("d", [3.0]),
        b"1234567",
        numpy.array([3, 5], dtype=other_order),
        numpy.array([[3], [5]], dtype="uint64"),
        numpy.array([3, 5, 7, 9], dtype="uint64")[::2],
    ]
    for primes in wrong:
        with pytest.raises(TypeError, match=r"^primes must be"):
            sieve.cross_off(primes, below=32)
    assert sieve == Sieve(0, 1000)


@pytest.mark.parametrize("bad", [0, 1])
def test_a_number_below_2_is_a_value_error_and_nothing_is_struck(bad: int) -> None:
    sieve = Sieve(0, 1000)
    with pytest.raises(ValueError, match=f"2 or more, but the one at index 2 is {bad}"):
        sieve.cross_off(uint64(3, 5, bad), below=32)
    assert sieve == Sieve(0, 1000)


def test_the_kernel_skips_numbers_below_2() -> None:
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
    # With nothing struck in what says that it is finished, any store would show.
    blank = Sieve.from_state((30, 1000, 32, None, bytes(64)))
    before = blank.bitmap.tobytes()
    blank.cross_off(uint64(7, 11))
    assert blank.bitmap.tobytes() == before


# Arguments


@pytest.mark.parametrize(
    "window", [(2, 1), (-1, 5), (-5, -1), (0, 2**63 + 1), (2**64, 2**64 + 1), (10**30, 10**31)]
)
def test_windows_that_cannot_be(window: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not [{window[0]}, {window[1]})")):
        Sieve(*window)


@pytest.mark.parametrize("bound", [1.0, "1", None, 1j])
def test_bounds_that_are_no_integers(bound: Any) -> None:
    with pytest.raises(TypeError):
        Sieve(bound, 10)
    with pytest.raises(TypeError):
        Sieve(0, bound)


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="the system does not say how much it has")
def test_a_window_larger_than_memory_is_refused_before_allocation() -> None:
    with pytest.raises(MemoryError, match=r"takes 307445734561825920 bytes; this machine has"):
        Sieve(0, 2**63).finish()


def test_without_sysconf_the_allocation_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert _bitmap.physical_memory() is None
    with pytest.raises(MemoryError, match="takes 307445734561825920 bytes: not enough memory"):
        Sieve(0, 2**63).finish()


def test_an_unknown_amount_of_memory_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": -1}
    monkeypatch.setattr(os, "sysconf", unknown.__getitem__, raising=False)
    assert Sieve(0, 100).finish().count() == 25


def test_numbers_outside_the_window_and_other_things_are_refused() -> None:
    sieve = Sieve(10, 50).finish()
    for number in (9, 50, -1, 2**70):
        with pytest.raises(ValueError, match=re.escape(f"{number} is outside the window [10, 50)")):
            number in sieve  # noqa: B015
    for thing in (11.0, "11", None):
        with pytest.raises(TypeError):
            thing in sieve  # type: ignore[operator]  # noqa: B015


def test_every_status_of_the_c_library_is_an_exception() -> None:
    names = [name for name in dir(lib) if name.startswith("NATIVE_") and "_ISA_" not in name]
    assert len(names) == 8
    codes = [getattr(lib, name) for name in names]
    for code in codes:
        if code == lib.NATIVE_OK:
            _status.check(code, "x")
        else:
            with pytest.raises(Exception, match=r"^x: (?!unknown)"):
                _status.check(code, "x")
    with pytest.raises(SystemError, match="x: unknown status 99"):
        _status.check(99, "x")


def test_the_kernel_refuses_what_is_outside() -> None:
    sieve = Sieve(0, 1000)
    pointer, out = sieve._pointer, ffi.new("sieve_t **")
    none = ffi.from_buffer("char[]", b"")
    for ranges in ([(0, 8)], [(0, 16), (8, 0), (0, 4), (4, 8)]):
        for begin, end in ranges:
            status = lib.sieve_cross_off(context(), pointer, none, 0, begin, end)
            assert status == lib.NATIVE_BAD_RANGE
            assert lib.sieve_cross_off_all(context(), pointer, begin, end) == lib.NATIVE_BAD_RANGE
        assert len(sieve.bitmap) == 64  # now there is one
    far = Sieve(2**60, 2**60 + 1000)
    assert len(far.bitmap) == 64
    assert lib.sieve_cross_off_all(context(), far._pointer, 0, 8) == lib.NATIVE_BAD_RANGE
    assert lib.sieve_new(2, 1, out) == lib.NATIVE_BAD_RANGE
    assert lib.sieve_new(0, 2**63 + 1, out) == lib.NATIVE_BAD_RANGE
    for restore in (lib.sieve_restore, lib.sieve_restore_odd):
        assert restore(2, 1, 7, none, 0, out) == lib.NATIVE_BAD_RANGE
        assert restore(0, 99, 7, none, 0, out) == lib.NATIVE_BAD_LENGTH
    assert lib.sieve_contains(pointer, 1000, ffi.new("int *")) == lib.NATIVE_BAD_RANGE


# Copies, equality, state


def test_equality_is_by_window_progress_and_bitmap() -> None:
    sieve = Sieve(0, 100)
    assert sieve == Sieve(0, 100)
    assert sieve != Sieve(0, 98)
    assert sieve != Sieve(1, 100)
    further = Sieve(0, 100)
    further.cross_off(uint64(), below=8)
    assert sieve != further
    struck = Sieve(0, 100)
    struck.cross_off(uint64(7))
    assert sieve != struck
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


@given(windows, st.integers(0, 90))
def test_a_half_struck_state_arrives_half_struck(window: tuple[int, int], cut: int) -> None:
    sieve = Sieve(*window)
    sieve.cross_off(uint64(*simple_primes(0, cut)), below=cut)
    bitmap = sieve.bitmap
    first, last, progress, found, kept = sieve.state()
    assert (first, last, found, kept) == (*window, None, bitmap)
    for form in (bitmap, bytes(bitmap), bytearray(bitmap)):
        second = Sieve.from_state((first, last, progress, None, form))
        assert second == sieve
        assert second.progress == sieve.progress
    assert second.finish() == sieve.finish()


def test_the_bitmap_is_the_c_memory_itself_and_read_only() -> None:
    sieve = Sieve(0, 1000)
    sieve.cross_off(uint64(7))
    bitmap = sieve.state()[4]
    assert bitmap is not None
    address = ffi.cast("uintptr_t", ffi.from_buffer(bitmap))
    assert int(address) == int(ffi.cast("uintptr_t", lib.sieve_bitmap(sieve._pointer)))
    assert bitmap.readonly
    sieve.finish()
    assert bitmap.tobytes() == Sieve(0, 1000).finish().bitmap


def test_from_state_copies() -> None:
    source = bytearray(Sieve(0, 1000).finish().bitmap)
    sieve = Sieve.from_state((0, 1000, 32, None, source))
    source[:] = b"\xff" * len(source)
    assert sieve.count() == 168


def address_of(buffer: Any) -> int:
    return int(ffi.cast("uintptr_t", ffi.from_buffer(buffer)))


@given(windows)
def test_a_finished_bitmap_that_nobody_can_write_to_is_read_where_it_is(
    window: tuple[int, int],
) -> None:
    finished = Sieve(*window).finish()
    source = bytes(finished.bitmap)
    sieve = Sieve.from_state((*window, finished.progress, None, source))
    assert len(source) == 0 or address_of(sieve.bitmap) == address_of(source)
    assert sieve == finished
    twin = copy.copy(sieve)
    assert len(source) == 0 or address_of(twin.bitmap) != address_of(source)
    del source
    gc.collect()
    assert list(sieve) == list(finished) == list(twin)


@pytest.mark.parametrize("line", range(8))
@pytest.mark.parametrize("bit", [0, 1, 63, 64, 127, 128, 129, 191])
def test_a_bitmap_with_room_for_more_numbers_than_the_window_is_copied(line: int, bit: int) -> None:
    window = 45, 30 * 128 + 45  # 129 bits for each line, less for some, and room for 192
    finished = Sieve(*window).finish()
    content = bytearray(finished.bitmap)
    content[24 * line + bit // 8] &= ~(1 << bit % 8)
    source = bytes(content)
    sieve = Sieve.from_state((*window, finished.progress, None, source))
    number = 30 * (1 + bit) + (1, 7, 11, 13, 17, 19, 23, 29)[line]
    inside = window[0] <= number < window[1]
    assert (address_of(sieve.bitmap) == address_of(source)) is inside
    assert set(sieve) - set(finished) <= {number}
    assert all(window[0] <= found < window[1] for found in sieve)


def test_other_bitmaps_are_copied() -> None:
    half = Sieve(0, 1000)
    half.cross_off(uint64(7), below=8)
    unfinished = bytes(half.bitmap)
    sieve = Sieve.from_state((0, 1000, 8, None, unfinished))
    assert sieve.finish().count() == 168
    assert unfinished == half.bitmap
    guarded = memoryview(bytearray(Sieve(0, 1000).finish().bitmap)).toreadonly()
    sieve = Sieve.from_state((0, 1000, 32, None, guarded))
    assert address_of(sieve.bitmap) != address_of(guarded)


def test_the_kernel_never_writes_to_borrowed_memory() -> None:
    finished = Sieve(0, 1000).finish()
    memory, out = ffi.from_buffer("char[]", bytes(finished.bitmap)), ffi.new("sieve_t **")
    none = ffi.from_buffer("char[]", b"")
    for first, last, progress, size, status in (
        (2, 1, 32, 64, lib.NATIVE_BAD_RANGE),
        (0, 1000, 32, 63, lib.NATIVE_BAD_LENGTH),
        (0, 1000, 31, 64, lib.NATIVE_UNFINISHED),
        (0, 1000, 33, 64, lib.NATIVE_BAD_VALUE),
        (0, 999, 32, 64, lib.NATIVE_OK),
    ):
        assert lib.sieve_borrow(first, last, progress, memory, size, out) == status
    borrowed = ffi.gc(out[0], lib.sieve_free)
    assert lib.sieve_cross_off(context(), borrowed, none, 0, 0, 8) == lib.NATIVE_BAD_RANGE
    assert lib.sieve_cross_off_all(context(), borrowed, 0, 8) == lib.NATIVE_BAD_RANGE


@given(windows, st.data())
def test_no_bitmap_leads_outside_the_window(window: tuple[int, int], data: Any) -> None:
    first, last = window
    fresh = Sieve(first, last)
    size = len(fresh.bitmap)
    noise = data.draw(st.one_of(st.just(b"\0" * size), st.binary(min_size=size, max_size=size)))
    progress = max(7, fresh.needed)
    sieve = Sieve.from_state((first, last, progress, None, noise))
    found = list(sieve)
    assert len(found) == sieve.count() == len(sieve.primes())
    assert all(first <= n < last and n > 1 for n in found)
    again = Sieve.from_state((first, last, progress, None, bytes(sieve.bitmap)))
    assert again == sieve


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ((0, 1000, 7, b""), ValueError, "has 5 parts"),
        ((0, 1000, 7, None, b"", 1), ValueError, "has 5 parts"),
        (7, TypeError, "unpack"),
        ((0, 1000, 7, None, b"\0" * 63), ValueError, r"\[0, 1000\) has 64 bytes, not 63"),
        ((0, 1000, 7, None, b"\0" * 65), ValueError, r"\[0, 1000\) has 64 bytes, not 65"),
        ((0, 1000, 7, None, "x" * 64), TypeError, "must be bytes-like, not str"),
        ((0, 1000, 7, None, memoryview(bytes(128))[::2]), TypeError, "must be contiguous"),
        ((0, 1000, 6, None, bytes(64)), ValueError, r"of a sieve of \[0, 1000\) cannot be 6"),
        ((0, 1000, 33, None, bytes(64)), ValueError, "cannot be 33"),
        ((0, 1000, -1, None, bytes(64)), ValueError, "cannot be -1"),
        ((0, 1000, 2**64 + 7, None, bytes(64)), ValueError, "cannot be 18446744073709551623"),
        ((0, 1000, 7.0, None, bytes(64)), TypeError, "float"),
        ((1000, 0, 7, None, b""), ValueError, "a window must have"),
        ((0.0, 1000, 7, None, bytes(64)), TypeError, "float"),
        ((0, 2**63, 7, None, b""), (MemoryError, ValueError), "307445734561825920 bytes"),
        ((0, 1000, 7, 168, bytes(64)), ValueError, "primes counted, or a bitmap"),
        ((0, 1000, 8, None, None), ValueError, "without a bitmap has no progress 8"),
        ((0, 1000, 7, 1001, None), ValueError, "cannot be 1001 primes"),
        ((0, 1000, 7, -1, None), ValueError, "cannot be -1 primes"),
        ((0, 1000, 7, 1.5, None), TypeError, "float"),
        ((1000, 0, 7, None, None), ValueError, "a window must have"),
    ],
)
def test_states_that_cannot_be(state: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        Sieve.from_state(state)


@given(windows, st.integers(0, 90))
def test_a_state_of_layout_1_becomes_the_same_sieve(window: tuple[int, int], cut: int) -> None:
    first, last = window
    sieve = Sieve(*window)
    given_primes = [p for p in simple_primes(0, cut) if p < sieve.needed]
    sieve.cross_off(uint64(*given_primes), below=cut)
    odds = range(first | 1, last, 2)
    struck = [n == 1 or any(n % p == 0 and n >= p * p for p in given_primes) for n in odds]
    bitmap = sum(1 << i for i, bit in enumerate(struck) if bit).to_bytes(
        (len(odds) + 7) // 8, "little"
    )
    progress = min(max(3, cut), max(3, sieve.needed if odds else 0))
    arrived = Sieve.from_odd_state((first, last, progress, bitmap))
    assert arrived == sieve if odds else arrived.finished
    assert arrived.finish() == Sieve(*window).finish()


def test_states_of_layout_1_that_cannot_be() -> None:
    for state, message in (
        ((0, 1000, 3), "has 4 parts"),
        ((0, 1000, 3, bytes(64)), "has 63 bytes, not 64"),
        ((0, 1000, 2, bytes(63)), "cannot be 2"),
        ((0, 1000, 33, bytes(63)), "cannot be 33"),
    ):
        with pytest.raises(ValueError, match=message):
            Sieve.from_odd_state(state)


# Lifetime


def test_close_twice_and_use_after_close() -> None:
    sieve = Sieve(0, 1000).finish()
    assert not sieve.closed
    sieve.close()
    sieve.close()
    assert sieve.closed
    for use in (
        sieve.count,
        sieve.finish,
        sieve.primes,
        sieve.state,
        sieve.__enter__,
        lambda: sieve.cross_off(uint64(3)),
        lambda: sieve.bitmap,
        lambda: sieve.first,
        lambda: sieve.last,
        lambda: sieve.progress,
        lambda: sieve.needed,
        lambda: sieve.finished,
        lambda: len(sieve),
        lambda: list(iter(sieve)),
        lambda: 7 in sieve,
        lambda: sieve == Sieve(0, 10),
        lambda: Sieve(0, 10) == sieve,
        lambda: copy.copy(sieve),
        lambda: copy.deepcopy(sieve),
    ):
        with pytest.raises(ValueError, match=r"native\.Sieve: closed"):
            use()


def test_with_closes() -> None:
    with Sieve(0, 100) as sieve:
        assert sieve.finish().count() == 25
    assert sieve.closed


def test_a_view_of_the_bitmap_keeps_the_memory_that_close_lets_go() -> None:
    sieve = Sieve(0, 10**6).finish()
    view = sieve.bitmap
    expected = view.tobytes()
    memory = weakref.ref(sieve._pointer)
    sieve.close()
    del sieve
    gc.collect()
    noise = [Sieve(0, 10**6) for _ in range(20)]
    assert view.tobytes() == expected
    part = view[10:20]
    del view, noise
    gc.collect()
    assert part == expected[10:20]
    del part
    gc.collect()
    assert memory() is None


def test_an_iterator_keeps_the_memory() -> None:
    sieve = Sieve(0, 10**6).finish()
    numbers = iter(sieve)
    assert next(numbers) == 2
    sieve.close()
    assert sum(1 for _ in numbers) == 78497


def test_close_frees_when_nobody_reads() -> None:
    sieve = Sieve(0, 1000)
    memory = weakref.ref(sieve._pointer)
    sieve.close()
    gc.collect()
    assert memory() is None


def test_it_can_be_weakly_referenced() -> None:
    sieve = Sieve(0, 10)
    assert weakref.ref(sieve)() is sieve


# A child that has not imported `native.specs` is the place to see that pickle refuses.
ALONE = """
import pickle, sys
import native
assert "adapters" not in sys.modules and "native.specs" not in sys.modules
for thing in (native.Sieve(0, 100), native.WordList(["a"])):
    for closed in (False, True):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                pickle.dumps(thing, protocol)
            except TypeError as error:
                assert "cannot pickle" in str(error), error
            else:
                raise AssertionError(thing, protocol)
        thing.close()
kept = native.Sieve(0, 10**6), native.WordList(["b"])
views = kept[0].bitmap, kept[1].state(), kept[1][:0]
"""


def test_pickle_refuses_and_the_interpreter_exits_cleanly() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# Threads, interrupts, forks


class Gate:
    """Stands in for `strike`: says that it was entered, and waits to be let through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()
        self.cross_off = _cross_off.cross_off_multiples
        self.maker = threading.get_ident()
        monkeypatch.setattr(_cross_off, "cross_off_multiples", self)

    def __call__(self, *arguments: Any) -> None:
        if threading.get_ident() != self.maker:
            self.entered.set()
            assert self.opened.wait(30)
        self.cross_off(*arguments)


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


def test_close_while_another_thread_strikes(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_kernel_releases_the_gil() -> None:
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


def in_fork(check: Any) -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork here")
    child = multiprocessing.get_context("fork").Process(target=check)
    child.start()
    child.join(60)
    if child.exitcode is None:
        child.kill()
    assert child.exitcode == 0


def test_a_child_frees_only_its_own() -> None:
    sieve = Sieve(0, 10**6).finish()
    view = sieve.bitmap

    def check() -> None:
        nonlocal sieve, view
        assert sieve.count() == 78498
        sieve.close()
        del sieve, view
        gc.collect()

    in_fork(check)
    assert sieve.count() == 78498
    assert len(view) == 33344


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


# The build


def test_the_stub_declares_what_the_library_has() -> None:
    stub = ast.parse((Path(_build.__file__).parent / "_native.pyi").read_text(encoding="utf-8"))
    (library,) = (n for n in stub.body if isinstance(n, ast.ClassDef) and n.name == "Library")
    names = {n.name for n in library.body if isinstance(n, ast.FunctionDef)}
    names |= {n.target.id for n in library.body if isinstance(n, ast.AnnAssign)}  # type: ignore[union-attr]
    assert names == {name for name in dir(lib) if not name.startswith("_")}


def test_every_function_of_the_headers_is_declared_to_cffi() -> None:
    headers = [Path(_build.__file__).parent / "csrc" / name for name in _build._HEADERS]
    function = re.compile(r"\b((?:context|primes|sieve|words)_[a-z_]+)\(")
    declared = set(function.findall(_build.declarations()))
    everywhere = set()
    for header in headers:
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
        everywhere |= set(function.findall(text))
    assert len(headers) == 6
    assert everywhere <= declared
