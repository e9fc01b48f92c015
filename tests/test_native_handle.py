"""Handles: pickle refuses them, and the C memory goes with its last user."""

from __future__ import annotations

import copy
import gc
import subprocess
import sys
import weakref

import pytest
from native_examples import ODD_WORDS, in_fork, is_palindrome, uint64

from native import Sieve, WordList

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


# Sieve


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


def test_close_frees_what_nothing_reads() -> None:
    sieve = Sieve(0, 1000)
    memory = weakref.ref(sieve._pointer)
    sieve.close()
    gc.collect()
    assert memory() is None


def test_it_can_be_weakly_referenced() -> None:
    sieve = Sieve(0, 10)
    assert weakref.ref(sieve)() is sieve


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


# WordList


def test_close_of_words_twice_and_use_after_close() -> None:
    packed = WordList(ODD_WORDS)
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


def test_with_closes_words() -> None:
    with WordList(["a"]) as packed:
        assert packed[0] == "a"
    assert packed.closed


def test_a_slice_outlives_its_list_and_the_memory_goes_with_the_last_user() -> None:
    packed = WordList(ODD_WORDS)
    memory = weakref.ref(packed._pointer)
    part = packed[::-2]
    text, offsets = packed[1:4].state()
    words = iter(packed)
    assert next(words) == ""
    packed.close()
    del packed
    gc.collect()
    noise = [WordList(ODD_WORDS) for _ in range(20)]
    assert list(part) == ODD_WORDS[::-2]
    assert part.palindromes() == [w for w in ODD_WORDS[::-2] if is_palindrome(w)]
    assert list(words) == ODD_WORDS[1:]
    part.close()
    assert list(WordList.from_state((text, offsets))) == ODD_WORDS[1:4]
    del text, offsets, noise, words
    gc.collect()
    assert memory() is None


def test_closing_a_slice_leaves_the_list() -> None:
    packed = WordList(ODD_WORDS)
    packed[1:].close()
    packed.palindromes(1, 3)
    assert list(packed) == ODD_WORDS


def test_words_can_be_weakly_referenced() -> None:
    packed = WordList([])
    assert weakref.ref(packed)() is packed


def test_a_child_frees_only_its_own_words() -> None:
    packed = WordList(ODD_WORDS)
    part = packed[2:]

    def check() -> None:
        nonlocal packed, part
        assert list(part) == ODD_WORDS[2:]
        packed.close()
        part.close()
        del packed, part
        gc.collect()

    in_fork(check)
    assert list(packed) == ODD_WORDS
