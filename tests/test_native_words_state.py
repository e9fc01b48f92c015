"""Copies and states of a WordList, and the text that a state may hold."""

from __future__ import annotations

import copy
import gc
import sys
from array import array
from itertools import accumulate, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_examples import ODD_WORDS, is_palindrome, offsets_of, slices, word, word_lists

import native
import native.sieve
import native.words
from native import WordList
from native._native import ffi


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("cut", [slice(None), slice(2, 7), slice(None, None, -3), slice(0, 0)])
def test_a_copy_has_its_own_memory_and_only_its_own_words(copier: Any, cut: slice) -> None:
    packed = WordList(ODD_WORDS)
    second = copier(packed[cut])
    packed.close()
    assert list(second) == ODD_WORDS[cut]
    assert second._pointer.count == len(ODD_WORDS[cut])


@given(word_lists, slices)
def test_a_state_makes_the_same_words(words: list[str], cut: slice) -> None:
    packed = WordList(words)[cut]
    text, offsets = packed.state()
    assert text.readonly
    assert offsets.readonly
    assert text.nbytes == packed.nbytes
    assert offsets.nbytes == 8 * (len(packed) + 1)
    for form in (bytes, bytearray, memoryview):
        second = WordList.from_state((form(text), form(offsets)))
        assert list(second) == words[cut]
        sizes = [len(w.encode("utf-8", "surrogatepass")) for w in words[cut]]
        assert second.state()[1] == offsets_of(*accumulate(sizes, initial=0))


def test_from_state_copies() -> None:
    text, offsets = bytearray(b"abcd"), bytearray(offsets_of(0, 1, 4))
    packed = WordList.from_state((text, offsets))
    text[:], offsets[:] = b"wxyz", bytes(24)
    assert list(packed) == ["a", "bcd"]


def test_constant_memory_is_read_where_it_is() -> None:
    def addresses(*buffers: Any) -> list[int]:
        return [int(ffi.cast("uintptr_t", ffi.from_buffer(buffer))) for buffer in buffers]

    text, offsets = b"abcd", offsets_of(0, 1, 4)
    packed = WordList.from_state((text, offsets))
    assert addresses(*packed.state()) == addresses(text, offsets)
    assert addresses(*copy.copy(packed).state()) != addresses(text, offsets)
    part = packed[1:]
    del packed, text, offsets
    gc.collect()
    assert list(part) == ["bcd"]
    guarded = memoryview(bytearray(b"abcd")).toreadonly()
    packed = WordList.from_state((guarded, offsets_of(0, 1, 4)))
    assert addresses(packed.state()[0]) != addresses(guarded)


def test_offsets_need_not_begin_at_0_nor_be_aligned() -> None:
    offsets = memoryview(b"x" + offsets_of(7, 8, 11))[1:]
    assert list(WordList.from_state((b"abcd", offsets))) == ["a", "bcd"]


def test_states_are_little_endian_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    # A machine of the other order swaps what it sends and what it receives.
    native_order = memoryview(array("Q", [1, 2**40])).cast("B")
    other = "big" if sys.byteorder == "little" else "little"
    little = native.words._little_endian(native_order)
    assert little == offsets_of(1, 2**40)
    monkeypatch.setattr(sys, "byteorder", other)
    swapped = native.words._little_endian(native_order)
    assert bytes(swapped) == array("Q", [1 << 56, 1 << 16]).tobytes()
    assert native.words._little_endian(swapped) == native_order
    assert native.words._little_endian(memoryview(b"1234567")) == b"1234567"


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ((b"a",), ValueError, "has 2 parts"),
        ((b"a", b"", b""), ValueError, "has 2 parts"),
        (7, TypeError, "unpack"),
        (("a", offsets_of(0, 1)), TypeError, "the text of a native.WordList must be bytes-like"),
        ((b"a", [0, 1]), TypeError, "the offsets of a native.WordList must be bytes-like"),
        ((b"", b""), ValueError, "not 0 bytes"),
        ((b"a", offsets_of(0, 1)[:-1]), ValueError, "8 bytes each, so not 15 bytes"),
        ((b"abc", offsets_of(0, 2, 1, 3)), ValueError, "word 1 of 3 in 3 bytes of text: offsets"),
        ((b"abc", offsets_of(0, 4)), ValueError, "word 0 of 1 in 3 bytes of text: offsets"),
        ((b"abc", offsets_of(0, 2)), ValueError, "offsets that descend or do not span"),
        ((b"abc", offsets_of(0)), ValueError, "offsets that descend or do not span"),
        ((b"abc", offsets_of(3, 0)), ValueError, "offsets that descend or do not span"),
        ((b"abc", offsets_of(0, 2**64 - 1, 3)), ValueError, "word 0 of 2"),
        (("é".encode(), offsets_of(0, 1, 2)), ValueError, "word 0 of 2 .*: text that is not UTF-8"),
        ((b"a\xff", offsets_of(0, 1, 2)), ValueError, "word 1 of 2 .*: text that is not UTF-8"),
    ],
)
def test_states_that_cannot_be(state: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        WordList.from_state(state)


def check_text(text: bytes) -> None:
    state = (text, offsets_of(0, len(text)))
    try:
        expected = text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match=r"text that is not UTF-8"):
            WordList.from_state(state)
    else:
        assert list(WordList.from_state(state)) == [expected]


def test_every_edge_of_utf8_is_where_python_has_it() -> None:
    leads = b"\x00\x7f\x80\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xf8\xff"
    tails = b"\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0"
    for lead in leads:
        for size in range(3):
            for tail in product(tails, repeat=size):
                check_text(bytes([lead, *tail]))
        for second, last in product(tails, repeat=2):
            check_text(bytes([lead, second, 0x80, last]))


@given(st.one_of(st.binary(max_size=6), word.map(lambda w: w.encode("utf-8", "surrogatepass"))))
def test_text_is_what_python_decodes(text: bytes) -> None:
    check_text(text)


@given(st.binary(max_size=20), st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 20), max_size=6))
def test_no_state_leads_outside_its_text(text: bytes, offsets: list[int]) -> None:
    try:
        packed = WordList.from_state((text, offsets_of(*offsets)))
    except ValueError:
        return
    joined = "".join(packed).encode("utf-8", "surrogatepass")
    assert joined == text
    assert packed.palindromes() == [w for w in packed if is_palindrome(w)]
