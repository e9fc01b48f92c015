"""The adapters of the native types keep what adapters promise."""

from __future__ import annotations

from array import array

import pytest

from adapters.testing import Conformance
from native import Sieve, WordList, specs

WORDS = ["level", "été", "", "a\0b", "\ud800", "größer", "word"]


def unfinished() -> Sieve:
    sieve = Sieve(0, 10**5)
    sieve.cross_off(array("Q", [3, 5, 7, 11, 13]), below=17)
    return sieve


def counted() -> Sieve:
    sieve = Sieve(0, 10**5)
    sieve.count()
    return sieve


class TestSieve(Conformance):
    adapter = specs.Sieve
    examples = {  # noqa: RUF012  read only
        "finished": lambda: Sieve(10**6, 10**6 + 10**5).finish(),
        "small": lambda: Sieve(0, 30).finish(),
        "empty": lambda: Sieve(5, 5),
        "empty and finished": lambda: Sieve(5, 5).finish(),
    }
    golden = None  # tests/golden has its payloads


@pytest.mark.slow
class TestUnfinishedSieve(Conformance):
    adapter = Sieve
    examples = {  # noqa: RUF012  read only
        "unfinished": unfinished,
        "unchanged": lambda: Sieve(0, 1000),
        "counted": counted,
        "high": lambda: Sieve(2**62, 2**62 + 100),
    }
    golden = None


@pytest.mark.slow
class TestWordList(Conformance):
    adapter = WordList
    examples = {  # noqa: RUF012  read only
        "odd strings": lambda: WordList(WORDS),
        "none": lambda: WordList([]),
        "a slice": lambda: WordList(WORDS * 100)[3:-3],
        "with a step": lambda: WordList(WORDS * 100)[::-3],
        "an empty slice": lambda: WordList(WORDS)[4:4],
        "many": lambda: WordList([f"word{number}" for number in range(10_000)]),
    }
    golden = None
