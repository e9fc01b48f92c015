"""How the native types travel: importing this module registers both with `adapters`.

Kept of a Sieve: its window, how far it is, and its bitmap, so that a half-struck one arrives
half-struck; of one that was never struck, the number of its primes if they have been counted. Kept
of a WordList: its words; of a slice, these alone, and as a list of its own. Lost of both:
attributes that a subclass adds. Refused: a closed object, and a sieve that another thread is
changing. Where the state arrives in memory that nobody can write to, as from a shared handle, a
list of words and a finished sieve read it there, without a copy.
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

    ValueError or TypeError for a state that cannot be.
    """
    return Sieve.from_state(state)


def serialize_words(words: WordList) -> tuple[memoryview, memoryview]:
    """(text, offsets), views of the C memory; the offsets are little-endian uint64."""
    return words.state()


def rebuild_words(state: Any) -> WordList:
    """A list that reads both in place, if they are constant, or has its own copy.

    ValueError or TypeError for a state that cannot be.
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
