"""Shared by the tests of `native`: reference primes, Hypothesis strategies, examples of words."""

from __future__ import annotations

import multiprocessing
import struct
import threading
from array import array
from math import isqrt
from typing import Any

import pytest
from hypothesis import strategies as st

from native import Sieve, _context, _cross_off
from native._native import ffi, lib

# pi(10^k), OEIS A006880.
PI = [0, 4, 25, 168, 1229, 9592, 78498, 664579, 5761455, 50847534]
PI_1E10 = 455052511

# Of the eight lines of a bitmap.
RESIDUES = [1, 7, 11, 13, 17, 19, 23, 29]


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


def is_crossed_off(sieve: Sieve, n: int) -> bool:
    line = RESIDUES.index(n % 30) * (len(sieve.bitmap) // 8)
    bit = n // 30 - sieve.first // 30
    return bool(sieve.bitmap[line + bit // 8] >> bit % 8 & 1)


windows = st.tuples(st.integers(0, 6000), st.integers(0, 700)).map(lambda w: (w[0], w[0] + w[1]))


def address_of(buffer: Any) -> int:
    return int(ffi.cast("uintptr_t", ffi.from_buffer(buffer)))


class Gate:
    """In place of `cross_off_multiples`: other threads stop in it until `opened` is set."""

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


def in_fork(check: Any) -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork here")
    child = multiprocessing.get_context("fork").Process(target=check)
    child.start()
    child.join(60)
    if child.exitcode is None:
        child.kill()
    assert child.exitcode == 0


def available(isa: str) -> bool:
    return lib.context_new(_context.ISAS[isa], 0, ffi.new("context_t **")) == lib.NATIVE_OK


ISAS = [isa for isa in _context.ISAS if isa != "best" and available(isa)]


# Any code point, lone surrogates and NUL among them, and few enough to make palindromes.
characters = st.one_of(
    st.characters(exclude_categories=()), st.sampled_from("ab\0é€𐍈\ud800\udfff\u0301")
)
word = st.one_of(
    st.text(characters, max_size=8),
    st.text(characters, max_size=4).map(lambda half: half + half[::-1]),
    st.text(characters, min_size=1, max_size=4).map(lambda half: half + half[-2::-1]),
)
word_lists = st.lists(word, max_size=30)
bounds = st.one_of(st.none(), st.integers(-40, 40), st.sampled_from([2**63, -(2**64)]))
steps = st.one_of(st.none(), st.integers(-7, 7).filter(bool), st.sampled_from([2**70, -(2**70)]))
slices = st.builds(slice, bounds, bounds, steps)

ODD_WORDS = ["", "a", "\0", "a\0a", "été", "e\u0301", "\ud800", "\udc00\ud800"]
ODD_WORDS += ["😀x😀", "Abba", "日本日"]


def is_palindrome(text: str) -> bool:
    return bool(text) and text == text[::-1]


def offsets_of(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}Q", *numbers)
