"""The adapters of the native types: importing this module registers both with `adapters`.

Kept of a Sieve: its window, its progress and its bitmap, so that an unfinished sieve arrives as far
as it is; without a bitmap, the number of its primes if they have been counted. Kept of a WordList:
its words; a slice arrives as a list of its own words alone. Lost of both: attributes set on an
object. Refused: instances of subclasses, a closed object, and a sieve that another thread is
changing. Where the state arrives in constant memory, as from a shared handle, a WordList and a
finished Sieve read it there, without a copy.
"""

from typing import Any

import adapters
from native.sieve import Sieve
from native.words import WordList


def serialize_sieve(sieve: Sieve) -> tuple[int, int, int, int | None, memoryview | None]:
    """(first, last, progress, found, bitmap), the bitmap None or a view of the C memory."""
    return sieve.state()


def upgrade_sieve(state: Any) -> tuple[int, int, int, int | None, memoryview | None]:
    """The state of a sieve from one of version 1, whose bitmap had a bit for each odd number."""
    return Sieve.from_odd_state(state).state()


def rebuild_sieve(state: Any) -> Sieve:
    """A sieve that reads the bitmap in place, if it is finished and constant, or has its own copy.

    Raises:
        ValueError: the state is not that of a sieve.
        TypeError: a part of it is of the wrong type.
    """
    return Sieve.from_state(state)


def serialize_words(words: WordList) -> tuple[memoryview, memoryview]:
    """(text, offsets), views of the C memory; the offsets are little-endian uint64."""
    return words.state()


def rebuild_words(state: Any) -> WordList:
    """A list that reads both in place, if they are constant, or has its own copy.

    Raises:
        ValueError: the state is not that of a WordList.
        TypeError: a part of it is of the wrong type.
    """
    return WordList.from_state(state)


adapters.register(
    Sieve,
    serialize_sieve,
    rebuild_sieve,
    name="native.Sieve",
    version=2,
    upgrades={1: upgrade_sieve},
)
adapters.register(WordList, serialize_words, rebuild_words, name="native.WordList", version=1)
