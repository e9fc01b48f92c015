"""Ranges of integers, one for each process, and the base primes that they take from each other.

The base primes of a range are the primes up to the square root of its last integer. A range is
sieved by crossing off the multiples of its base primes.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from itertools import pairwise
from math import isqrt
from typing import NamedTuple

MAX_LAST = 2**63


class Range(NamedTuple):
    """The integers from `first` on, below `last`."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first:,}-{self.last:,}"


class RangePlan(NamedTuple):
    """Which base primes one range takes from other ranges, and which primes it sends to them.

    Attributes:
        base_limit: The base primes of the range are the primes below this.
        upstream: Indices of the ranges that send base primes to this one.
        missing: Ranges of base primes that no upstream range holds.
        send_limit: Send the primes of this range below this downstream; 0 to send none.
        send_early: Whether to find those primes first and send them before the rest is sieved.
    """

    base_limit: int
    upstream: tuple[int, ...]
    missing: tuple[Range, ...]
    send_limit: int
    send_early: bool


def validated(ranges: Iterable[tuple[int, int]]) -> list[Range]:
    """The ranges, in the order given.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: a range is not inside 0..2**63 or ends before it starts, or two overlap.
    """
    found = [Range(operator.index(first), operator.index(last)) for first, last in ranges]
    for part in found:
        if not 0 <= part.first <= part.last <= MAX_LAST:
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
    """Split the integers from 2 on, below `limit`, into at most `parts` ranges of equal size."""
    size = max(limit - 2, 0)
    parts = max(1, min(parts, size))
    bounds = [2 + size * number // parts for number in range(parts + 1)]
    return [Range(*pair) for pair in pairwise(bounds)]


def plan(ranges: list[Range]) -> list[RangePlan]:
    """Plan which range takes which base primes from which other.

    A range takes the base primes that lower ranges hold, and finds the rest itself. So ranges that
    start anywhere, with gaps between them, need no range that is not in the list.
    """
    base_limits = [isqrt(part.last - 1) + 1 if part.last > 4 else 2 for part in ranges]
    upstream: list[tuple[int, ...]] = [
        tuple(
            index
            for index, other in enumerate(ranges)
            if max(other.first, 2) < min(other.last, limit) and other.last <= part.first < part.last
        )
        for part, limit in zip(ranges, base_limits, strict=True)
    ]
    plans = []
    for index, (part, base_limit) in enumerate(zip(ranges, base_limits, strict=True)):
        downstream = [other for other, sources in enumerate(upstream) if index in sources]
        needed = max((base_limits[other] for other in downstream), default=0)
        send_limit = min(part.last, needed)
        plans.append(
            RangePlan(
                base_limit=base_limit,
                upstream=upstream[index],
                missing=_missing(base_limit, [ranges[source] for source in upstream[index]]),
                send_limit=send_limit,
                # These numbers are sieved twice: only where they are a small part of the range.
                send_early=0 < send_limit - part.first <= (part.last - part.first) // 8,
            )
        )
    return plans


def _missing(limit: int, known: list[Range]) -> tuple[Range, ...]:
    """The integers from 2 on, below `limit`, that are in none of the `known` ranges."""
    missing, start = [], 2
    for part in sorted(known):
        if start < part.first:
            missing.append(Range(start, min(part.first, limit)))
        start = max(start, part.last)
    if start < limit:
        missing.append(Range(start, limit))
    return tuple(missing)
