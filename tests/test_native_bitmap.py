"""The bitmap of a sieve: its memory, its states, and sieves restored from them."""

from __future__ import annotations

import copy
import gc
import os
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from native_examples import address_of, simple_primes, uint64, windows

from native import Sieve, _bitmap
from native._context import context
from native._native import ffi, lib

# Memory


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


def test_the_bitmap_is_the_c_memory_itself_and_read_only() -> None:
    sieve = Sieve(0, 1000)
    sieve.cross_off(uint64(7))
    bitmap = sieve.state()[4]
    assert bitmap is not None
    address = ffi.cast("uintptr_t", ffi.from_buffer(bitmap))
    assert int(address) == int(ffi.cast("uintptr_t", sieve._pointer.lines))
    assert bitmap.readonly
    sieve.finish()
    assert bitmap.tobytes() == Sieve(0, 1000).finish().bitmap


def test_the_library_refuses_what_is_outside() -> None:
    sieve = Sieve(0, 1000)
    pointer, out = sieve._pointer, ffi.new("sieve_t **")
    none = ffi.from_buffer("char[]", b"")
    for ranges in ([(0, 8)], [(0, 16), (8, 0), (0, 4), (4, 8)]):
        for begin, end in ranges:
            status = lib.sieve_cross_off(context(), pointer, none, 0, begin, end)
            assert status == lib.NATIVE_BAD_RANGE
            status = lib.sieve_cross_off_below(context(), pointer, 9, begin, end)
            assert status == lib.NATIVE_BAD_RANGE
            status = lib.sieve_cross_off_primes(context(), pointer, 2**23, 2**24, begin, end)
            assert status == lib.NATIVE_BAD_RANGE
        assert len(sieve.bitmap) == 64  # now there is one
    far = Sieve(2**60, 2**60 + 1000)
    assert len(far.bitmap) == 64
    for below in (2**26 + 1, 2**63):
        status = lib.sieve_cross_off_below(context(), far._pointer, below, 0, 8)
        assert status == lib.NATIVE_BAD_RANGE
    for first, last in ((2**23 - 1, 2**24), (2**23, 2**32)):
        status = lib.sieve_cross_off_primes(context(), far._pointer, first, last, 0, 8)
        assert status == lib.NATIVE_BAD_RANGE
    assert lib.sieve_new(2, 1, out) == lib.NATIVE_BAD_RANGE
    assert lib.sieve_new(0, 2**63 + 1, out) == lib.NATIVE_BAD_RANGE
    assert lib.sieve_restore(2, 1, 7, none, 0, out) == lib.NATIVE_BAD_RANGE
    assert lib.sieve_restore(0, 99, 7, none, 0, out) == lib.NATIVE_BAD_LENGTH


# States


@given(windows, st.integers(0, 90))
def test_an_unfinished_state_arrives_as_far_as_it_is(window: tuple[int, int], cut: int) -> None:
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


def test_from_state_copies() -> None:
    source = bytearray(Sieve(0, 1000).finish().bitmap)
    sieve = Sieve.from_state((0, 1000, 32, None, source))
    source[:] = b"\xff" * len(source)
    assert sieve.count() == 168


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


@given(windows, st.integers(0, 90), st.sampled_from((1, 8, 1 << 16)))
@example((1000, 1001), 10, 8)  # no odd number
def test_a_state_of_layout_1_becomes_the_same_sieve(
    window: tuple[int, int], cut: int, piece: int
) -> None:
    first, last = window
    sieve = Sieve(*window)
    given_primes = [p for p in simple_primes(0, cut) if p < sieve.needed]
    sieve.cross_off(uint64(*given_primes), below=cut)
    odds = range(first | 1, last, 2)
    crossed_off = [n == 1 or any(n % p == 0 and n >= p * p for p in given_primes) for n in odds]
    bitmap = sum(1 << i for i, bit in enumerate(crossed_off) if bit).to_bytes(
        (len(odds) + 7) // 8, "little"
    )
    progress = min(max(3, cut), max(3, sieve.needed if odds else 0))
    with mock.patch.object(_bitmap, "_CONVERTED_AT_ONCE", piece):
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


# Borrowed bitmaps


@given(windows)
def test_a_finished_constant_bitmap_is_read_where_it_is(
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


def test_the_library_never_writes_to_borrowed_memory() -> None:
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
    assert lib.sieve_cross_off_below(context(), borrowed, 9, 0, 8) == lib.NATIVE_BAD_RANGE
    status = lib.sieve_cross_off_primes(context(), borrowed, 2**23, 2**24, 0, 8)
    assert status == lib.NATIVE_BAD_RANGE
