"""Ranges of integers, one for each process, and which of them needs primes of which others."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from itertools import pairwise
from math import isqrt
from typing import NamedTuple

TOP = 2**63


class Range(NamedTuple):
    """The integers from `first` on, below `last`."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first:,}-{self.last:,}"


class Part(NamedTuple):
    """What one range takes from others and gives to them. "Below" is exclusive everywhere.

    Attributes:
        needed: The base primes of the range are those below this, its square root.
        suppliers: Indices of the ranges upstream that hold some of its base primes.
        missing: Ranges of base primes that no range upstream holds.
        wanted: Ranges downstream want the primes of this one below this; 0: none of them.
        early: Whether to find those first and send them before the rest is sieved.
    """

    needed: int
    suppliers: tuple[int, ...]
    missing: tuple[Range, ...]
    wanted: int
    early: bool


def checked(ranges: Iterable[tuple[int, int]]) -> list[Range]:
    """The ranges as they were given.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: a range is outside of 0..2**63 or ends before it starts, or two overlap.
    """
    found = [Range(operator.index(first), operator.index(last)) for first, last in ranges]
    for part in found:
        if not 0 <= part.first <= part.last <= TOP:
            raise ValueError(f"the range {part} is not one: it takes 0 <= first <= last <= 2**63")
    ordered = sorted(part for part in found if part.first < part.last)
    for one, other in pairwise(ordered):
        if one.last > other.first:
            raise ValueError(
                f"the ranges {one} and {other} overlap: their common primes would count twice;"
                " a range is without its last number, so 10-30 and 30-50 do not"
            )
    return found


def split(limit: int, parts: int) -> list[Range]:
    """Split the integers from 2 on, below `limit`, into at most `parts` ranges of one size."""
    size = max(limit - 2, 0)
    parts = max(1, min(parts, size))
    bounds = [2 + size * number // parts for number in range(parts + 1)]
    return [Range(*pair) for pair in pairwise(bounds)]


def plan(ranges: list[Range]) -> list[Part]:
    """Who takes which base primes from whom.

    A range takes what the ranges below it hold of its base primes, and finds for itself what none
    of them does: it waits for nobody where the base primes are not known.
    """
    needs = [isqrt(part.last - 1) + 1 if part.last > 4 else 2 for part in ranges]
    suppliers: list[tuple[int, ...]] = [
        tuple(
            index
            for index, other in enumerate(ranges)
            if max(other.first, 2) < min(other.last, need) and other.last <= part.first < part.last
        )
        for part, need in zip(ranges, needs, strict=True)
    ]
    parts = []
    for index, (part, need) in enumerate(zip(ranges, needs, strict=True)):
        takers = [other for other, sources in enumerate(suppliers) if index in sources]
        wanted = min(part.last, max((needs[taker] for taker in takers), default=0))
        parts.append(
            Part(
                needed=need,
                suppliers=suppliers[index],
                missing=_missing(need, [ranges[source] for source in suppliers[index]]),
                wanted=wanted,
                # Sieved twice, so only where that costs little next to the whole range.
                early=0 < wanted - part.first <= (part.last - part.first) // 8,
            )
        )
    return parts


def _missing(need: int, known: list[Range]) -> tuple[Range, ...]:
    """What `known` leaves of the integers from 2 on, below `need`."""
    missing, start = [], 2
    for part in sorted(known):
        if start < part.first:
            missing.append(Range(start, min(part.first, need)))
        start = max(start, part.last)
    if start < need:
        missing.append(Range(start, need))
    return tuple(missing)
