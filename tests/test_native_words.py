"""native.WordList against plain lists of str."""

from __future__ import annotations

import doctest
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from native_examples import ODD_WORDS, bounds, is_palindrome, slices, word_lists

import native
import native.sieve
import native.words
from native import WordList
from native._native import ffi, lib

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
    packed = WordList(ODD_WORDS)
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
    packed = WordList(ODD_WORDS)
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


def test_words_over_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native.words, "_ENCODED_AT_ONCE", 3)
    monkeypatch.setattr(native.words, "_SEARCHED_PER_CALL", 2)
    packed = WordList(ODD_WORDS)
    assert list(packed) == ODD_WORDS
    assert packed.palindromes() == [w for w in ODD_WORDS if is_palindrome(w)]
    assert packed[::-2].count_palindromes() == sum(map(is_palindrome, ODD_WORDS[::-2]))


def test_half_a_million_words() -> None:
    words = [f"{n}" for n in range(500_000)] + ["é"] * 3
    packed = WordList(words)
    assert len(packed) == 500_003
    assert packed[123_456] == "123456"
    assert list(packed[-5:]) == words[-5:]
    assert packed.count_palindromes() == sum(map(is_palindrome, words))


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


def test_the_doctest_of_the_class() -> None:

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
