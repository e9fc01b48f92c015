"""The hash tables of CPython: how much memory they take, and how many places adding a key looks at.

Keys can be chosen so that each of them looks at the places of all others: a megabyte of them takes
minutes. The tables here hold hashes alone, and put them where CPython (3.8 and later) puts keys, so
that the number of looks is known before there is a dict or a set.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate, compress
from typing import TYPE_CHECKING

from adapters._payload import budget

if TYPE_CHECKING:
    from collections.abc import Callable

_SMALLEST = 8  # places
_LINEAR = 10  # places that a set looks at one after the other before it jumps
_SHIFT = 5  # bits of the hash that each jump leaves out
_WORD = (1 << 64) - 1
_FREE = b"\0"
_CHAINS = 100  # hashes of many keys whose jumps are not made again for each key


class DictTable:
    """The places of a dict's keys. `take` is told the steps that looks at taken places cost."""

    __slots__ = ("_chains", "_hashes", "_room", "_take", "_taken", "looks")

    def __init__(self, take: Callable[[int], object]) -> None:
        self.looks = 0  # at places of other keys, for the key that was put into the table last
        self._take = take
        self._hashes = array("q")
        self._resize(_SMALLEST)

    def _resize(self, size: int) -> None:
        self._taken = bytearray(size)
        # For hashes that many keys have: the jumps of the last of them, and where it was then.
        self._chains: dict[int, tuple[int, int, int]] = {}
        self._room = self.room(size)

    @staticmethod
    def room(size: int) -> int:
        """How many keys a table of `size` places holds."""
        return 2 * size // 3

    @staticmethod
    def size_for(used: int) -> int:
        """How many places the next table has, after one that is full with `used` keys."""
        return 1 << (3 * used - 1).bit_length()

    @staticmethod
    def memory(size: int) -> int:
        """Bytes of a table of `size` places."""
        index = next(width for width in (1, 2, 4, 8) if size < 1 << 8 * width)
        return 72 + index * size + 24 * DictTable.room(size)

    def add(self, key: int) -> None:
        """Add a key by its hash."""
        if len(self._hashes) == self._room:
            self._grow()
        self.looks = 0
        self._hashes.append(key)
        self._place(key)

    def _grow(self) -> None:
        self._resize(self.size_for(len(self._hashes)))
        for key in self._hashes:
            self._place(key)

    def _place(self, key: int) -> int:
        """Take the first free place of a key."""
        taken = self._taken
        mask = len(taken) - 1
        place = key & mask
        if taken[place]:
            jumps, place, rest = self._chains.get(key) or (0, place, key & _WORD)
            while taken[place]:
                jumps += 1
                rest >>= _SHIFT
                place = (place * 5 + rest + 1) & mask
            self._keep(key, jumps, place, rest)
            self._take(budget.LOOK * jumps)
            self.looks = jumps
        taken[place] = 1
        return place

    def _keep(self, key: int, jumps: int, place: int, rest: int) -> None:
        if jumps > _LINEAR and (len(self._chains) < _CHAINS or key in self._chains):
            self._chains[key] = jumps, place, rest


class SetTable(DictTable):
    """The places of a set's items, or of a frozenset's."""

    __slots__ = ("_used",)

    def __init__(self, take: Callable[[int], object]) -> None:
        super().__init__(take)
        self._used = 0
        self._hashes = array("q", [0]) * _SMALLEST  # by place

    @staticmethod
    def room(size: int) -> int:
        return (3 * (size - 1) - 1) // 5

    @staticmethod
    def size_for(used: int) -> int:
        return 1 << (used * (2 if used > 50_000 else 4)).bit_length()

    @staticmethod
    def memory(size: int) -> int:
        return 16 * size if size > _SMALLEST else 0  # the smallest one is in the set itself

    def add(self, key: int) -> None:
        self.looks = 0
        self._hashes[self._place(key)] = key
        self._used += 1
        if self._used > self._room:
            self._grow()

    def _grow(self) -> None:
        taken, hashes = self._taken, self._hashes
        self._resize(self.size_for(self._used))
        self._hashes = array("q", [0]) * len(self._taken)
        for key in compress(hashes, taken):
            self._hashes[self._place(key)] = key

    def _place(self, key: int) -> int:
        taken = self._taken
        mask = len(taken) - 1
        place = key & mask
        if taken[place]:
            jumps, place, rest = self._chains.get(key) or (0, place, key & _WORD)
            while True:
                end = place + _LINEAR
                free = taken.find(_FREE, place, end if end <= mask + 1 else place + 1)
                if free >= 0:
                    break
                jumps += 1
                rest >>= _SHIFT
                place = (place * 5 + rest + 1) & mask
            self._keep(key, jumps, place, rest)
            self._take(budget.LOOKS_OF_SET * (1 + jumps))
            self.looks = _LINEAR * (1 + jumps)
            place = free
        taken[place] = 1
        return place


def _growth(kind: type[DictTable]) -> tuple[list[int], list[int]]:
    """The numbers of keys at which a larger table is made, and the memory of all tables by then."""
    counts, memory = [0, 1], [0, kind.memory(_SMALLEST)]
    size = _SMALLEST
    while size < 1 << 48:
        room = kind.room(size)
        counts.append(room + 1)
        size = kind.size_for(room + (kind is SetTable))
        memory.append(kind.memory(size))
    return counts, [*accumulate(memory)]


_GROWTH = {DictTable: _growth(DictTable), SetTable: _growth(SetTable)}


def memory_to_grow(kind: type[DictTable], before: int, count: int) -> int:
    """Bytes of the tables that are made on the way from `before` to `count` keys.

    The one that is left and the one before it exist at the same time; all of them are counted.
    """
    counts, memory = _GROWTH[kind]
    return memory[bisect_right(counts, count) - 1] - memory[bisect_right(counts, before) - 1]
