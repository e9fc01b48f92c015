"""native.WordList against plain lists of str."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import struct
import sys
import threading
import weakref
from array import array
from collections.abc import Sequence
from itertools import accumulate, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import native.words
from native import WordList
from native._native import ffi, lib

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

ODD = ["", "a", "\0", "a\0a", "été", "e\u0301", "\ud800", "\udc00\ud800", "😀x😀", "Abba", "日本日"]


def is_palindrome(text: str) -> bool:
    return bool(text) and text == text[::-1]


def offsets_of(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}Q", *numbers)


# A sequence of str


@given(word_lists)
def test_it_is_the_sequence_that_it_was_made_of(words: list[str]) -> None:
    packed = WordList(iter(words))
    assert len(packed) == len(words)
    assert list(packed) == words
    assert [packed[i] for i in range(len(words))] == words
    assert [packed[~i] for i in range(len(words))] == words[::-1]
    assert list(reversed(packed)) == words[::-1]
    assert packed.nbytes == sum(len(w.encode("utf-8", "surrogatepass")) for w in words)


@given(word_lists, slices, slices)
def test_slices_are_those_of_a_list(words: list[str], outer: slice, inner: slice) -> None:
    packed = WordList(words)
    part = packed[outer]
    assert isinstance(part, WordList)
    assert list(part) == words[outer]
    assert list(part[inner]) == words[outer][inner]
    assert part.nbytes == sum(len(w.encode("utf-8", "surrogatepass")) for w in words[outer])
    if words[outer]:
        assert part[-1] == words[outer][-1]


def test_it_is_a_sequence() -> None:
    packed = WordList(ODD)
    assert isinstance(packed, Sequence)
    assert "été" in packed
    assert "été" not in packed[:3]
    assert 7 not in packed
    assert packed.index("\ud800") == 6
    assert packed.count("a") == 1


@pytest.mark.parametrize("index", [3, -4, 10**30])
def test_an_index_outside_is_an_index_error(index: int) -> None:
    with pytest.raises(IndexError, match=rf"no word {index} in a native\.WordList of 3 words"):
        WordList(["a", "b", "c"])[index]


@pytest.mark.parametrize("index", ["0", 0.0, None])
def test_an_index_of_another_type_is_a_type_error(index: Any) -> None:
    with pytest.raises(TypeError):
        WordList(["a"])[index]


def test_a_slice_shares_the_memory() -> None:
    packed = WordList(ODD)
    assert packed[2:9:3]._pointer is packed._pointer
    text, _ = packed[1:].state()
    whole, _ = packed.state()
    address = int(ffi.cast("uintptr_t", ffi.from_buffer(text)))
    assert address == int(ffi.cast("uintptr_t", ffi.from_buffer(whole)))


@given(word_lists, word_lists, slices)
def test_equality_compares_the_words(left: list[str], right: list[str], cut: slice) -> None:
    assert (WordList(left) == WordList(right)) == (left == right)
    assert WordList(left)[cut] == WordList(left[cut])
    assert (WordList(left)[cut] == WordList(right)) == (left[cut] == right)


def test_equality_with_other_things_and_hash() -> None:
    assert WordList(["a"]) != ["a"]
    assert WordList(["ab", "c"]) != WordList(["a", "bc"])
    assert WordList(["ab"]) != WordList(["ac"])
    with pytest.raises(TypeError, match="unhashable"):
        hash(WordList([]))


def test_repr() -> None:
    packed = WordList(["a", "b"])
    assert repr(packed) == "<native.WordList, 2 words>"
    assert repr(packed[1:]) == "<native.WordList, 1 words>"
    packed.close()
    assert repr(packed) == "<native.WordList, closed>"


def test_words_over_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native.words, "_ENCODED_AT_ONCE", 3)
    monkeypatch.setattr(native.words, "_SEARCHED_PER_CALL", 2)
    packed = WordList(ODD)
    assert list(packed) == ODD
    assert packed.palindromes() == [w for w in ODD if is_palindrome(w)]
    assert packed[::-2].count_palindromes() == sum(map(is_palindrome, ODD[::-2]))


def test_half_a_million_words() -> None:
    words = [f"{n}" for n in range(500_000)] + ["é"] * 3
    packed = WordList(words)
    assert len(packed) == 500_003
    assert packed[123_456] == "123456"
    assert list(packed[-5:]) == words[-5:]
    assert packed.count_palindromes() == sum(map(is_palindrome, words))


def test_the_doctest_of_the_class() -> None:
    import doctest

    assert doctest.testmod(native.words).failed == 0


# Arguments


@pytest.mark.parametrize("wrong", [b"bytes", 3, None, ["list"]])
def test_words_that_are_no_str(wrong: Any) -> None:
    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=f"words must be str, but the one at index 2 is {kind}"):
        WordList(["a", "b", wrong])


def test_the_index_in_the_message_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native.words, "_ENCODED_AT_ONCE", 3)
    with pytest.raises(TypeError, match="the one at index 7 is int"):
        WordList([*"abcdefg", 7])  # type: ignore[list-item]


def test_one_str_or_no_iterable() -> None:
    with pytest.raises(TypeError, match="not one str; write"):
        WordList("word")
    with pytest.raises(TypeError):
        WordList(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the one at index 0 is int"):
        WordList(b"bytes")  # type: ignore[arg-type]


def test_an_error_of_the_iterable_comes_through() -> None:
    def words() -> Any:
        yield "a"
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        WordList(words())


def test_a_subclass_of_str_is_packed_as_what_it_holds() -> None:
    class Odd(str):
        def __len__(self) -> int:
            return 99

        def encode(self, *_: Any) -> bytes:
            return b"?"

    assert list(WordList([Odd("abc")])) == ["abc"]
    assert list(WordList([Odd("é")])) == ["é"]


# Palindromes


@given(word_lists, bounds, bounds)
def test_palindromes_read_the_same_backward(
    words: list[str], start: int | None, stop: int | None
) -> None:
    packed = WordList(words)
    expected = [w for w in words[start:stop] if is_palindrome(w)]
    assert packed.palindromes(start, stop) == expected
    assert packed.count_palindromes(start, stop) == len(expected)


@given(word_lists, slices)
def test_palindromes_of_a_slice(words: list[str], cut: slice) -> None:
    part = WordList(words)[cut]
    expected = [w for w in words[cut] if is_palindrome(w)]
    assert part.palindromes() == expected
    assert part.count_palindromes() == len(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("a", True),
        ("é", True),
        ("ab", False),
        ("abba", True),
        ("Abba", False),
        ("été", True),
        ("e\u0301te\u0301", False),
        ("\0a\0", True),
        ("\ud800\udc00\ud800", True),
        ("\ud800\udc00", False),
        ("😀é😀", True),
        ("aé", False),
        ("éa", False),
        ("日a本", False),
    ],
)
def test_what_a_palindrome_is(text: str, expected: bool) -> None:
    assert WordList([text]).count_palindromes() == expected
    assert WordList([text]).palindromes() == [text] * expected


def test_bounds_that_are_no_integers() -> None:
    with pytest.raises(TypeError):
        WordList(["a"]).palindromes(0.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        WordList(["a"]).count_palindromes(0, "1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "step", "count"),
    [
        (3, 1, 1),
        (0, 1, 4),
        (1, 1, 3),
        (2, -1, 4),
        (0, -1, 2),
        (0, 0, 2),
        (0, 3, 2),
        (0, 2**63 - 1, 3),
        (2, -(2**63), 2),
        (2**64 - 1, 1, 1),
        (1, 1, 2**64 - 1),
    ],
)
def test_the_library_refuses_selections_outside_the_list(start: int, step: int, count: int) -> None:
    packed = WordList(["a", "b", "c"])
    pointer, found = packed._pointer, ffi.new("size_t *")
    size, out = ffi.new("uint64_t *"), ffi.new("words_t **")
    assert lib.words_size(pointer, start, step, count, size) == lib.NATIVE_BAD_RANGE
    assert lib.words_select(pointer, start, step, count, out) == lib.NATIVE_BAD_RANGE
    status = lib.words_palindromes(pointer, start, step, count, ffi.NULL, found)
    assert status == lib.NATIVE_BAD_RANGE
    assert lib.words_equal(pointer, start, step, pointer, 0, 1, count) == 0
    assert lib.words_equal(pointer, 0, 1, pointer, start, step, count) == 0


# Copies and states


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("cut", [slice(None), slice(2, 7), slice(None, None, -3), slice(0, 0)])
def test_a_copy_has_its_own_memory_and_only_its_own_words(copier: Any, cut: slice) -> None:
    packed = WordList(ODD)
    second = copier(packed[cut])
    packed.close()
    assert list(second) == ODD[cut]
    assert lib.words_count(second._pointer) == len(ODD[cut])


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


def test_what_nobody_can_write_to_is_read_where_it_is() -> None:
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


# Lifetime


def test_close_twice_and_use_after_close() -> None:
    packed = WordList(ODD)
    assert not packed.closed
    packed.close()
    packed.close()
    assert packed.closed
    for use in (
        packed.palindromes,
        packed.count_palindromes,
        packed.state,
        packed.__enter__,
        lambda: len(packed),
        lambda: packed[0],
        lambda: packed[:],
        lambda: next(iter(packed)),
        lambda: "a" in packed,
        lambda: packed.nbytes,
        lambda: packed == WordList([]),
        lambda: WordList([]) == packed,
        lambda: copy.copy(packed),
        lambda: copy.deepcopy(packed),
    ):
        with pytest.raises(ValueError, match=r"native\.WordList: closed"):
            use()


def test_with_closes() -> None:
    with WordList(["a"]) as packed:
        assert packed[0] == "a"
    assert packed.closed


def test_a_slice_outlives_its_list_and_the_memory_goes_with_the_last_user() -> None:
    packed = WordList(ODD)
    memory = weakref.ref(packed._pointer)
    part = packed[::-2]
    text, offsets = packed[1:4].state()
    words = iter(packed)
    assert next(words) == ""
    packed.close()
    del packed
    gc.collect()
    noise = [WordList(ODD) for _ in range(20)]
    assert list(part) == ODD[::-2]
    assert part.palindromes() == [w for w in ODD[::-2] if is_palindrome(w)]
    assert list(words) == ODD[1:]
    part.close()
    assert list(WordList.from_state((text, offsets))) == ODD[1:4]
    del text, offsets, noise, words
    gc.collect()
    assert memory() is None


def test_closing_a_slice_leaves_the_list() -> None:
    packed = WordList(ODD)
    packed[1:].close()
    packed.palindromes(1, 3)
    assert list(packed) == ODD


def test_it_can_be_weakly_referenced() -> None:
    packed = WordList([])
    assert weakref.ref(packed)() is packed


def test_many_threads_read() -> None:
    packed = WordList([f"{n}" for n in range(100_000)])
    expected = packed.count_palindromes()
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(len(packed.palindromes()))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [expected] * 4


def test_a_child_frees_only_its_own() -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork here")
    packed = WordList(ODD)
    part = packed[2:]

    def check() -> None:
        nonlocal packed, part
        assert list(part) == ODD[2:]
        packed.close()
        part.close()
        del packed, part
        gc.collect()

    child = multiprocessing.get_context("fork").Process(target=check)
    child.start()
    child.join(60)
    if child.exitcode is None:
        child.kill()
    assert child.exitcode == 0
    assert list(packed) == ODD
