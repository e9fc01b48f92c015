"""Ranges of integers, one for each process."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from itertools import pairwise
from math import isqrt
from typing import Any, NamedTuple

MAX_LAST = 2**63


class Range(NamedTuple):
    """The integers from `first` on, below `last`."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first:,}-{self.last:,}"


def validated(ranges: Iterable[tuple[int, int]]) -> list[Range]:
    """The ranges in ascending order.

    Raises:
        TypeError: a range is no pair, or a bound is not an integer.
        ValueError: a range is not inside 0..2**63 or ends before it starts, or two overlap.
    """
    found = sorted(_range(pair) for pair in ranges)
    for part in found:
        if not 0 <= part.first <= part.last <= MAX_LAST:
            raise ValueError(f"the range {part} is not one: it takes 0 <= first <= last <= 2**63")
    for one, other in pairwise(part for part in found if part.first < part.last):
        if one.last > other.first:
            raise ValueError(
                f"the ranges {one} and {other} overlap: their common primes would count twice;"
                " a range is without its last number, so 10-30 and 30-50 do not"
            )
    return found


def _range(pair: Any) -> Range:
    try:
        first, last = pair
        return Range(operator.index(first), operator.index(last))
    except (TypeError, ValueError):
        problem = f"a range is a pair of integers (first, last), and not {pair!r}"
        raise TypeError(problem) from None


def root(ranges: Iterable[Range]) -> int:
    """The primes below this are the base primes of ranges: a square root, rounded up.

    A range is sieved by crossing off the multiples of its base primes.
    """
    last = max((part.last for part in ranges), default=0)
    return isqrt(max(last - 1, 0)) + 1


def split(limit: int, parts: int) -> list[Range]:
    """Split the integers from 2 on, below `limit`, into at most `parts` ranges of equal size."""
    size = max(limit - 2, 0)
    parts = max(1, min(parts, size))
    bounds = [2 + size * number // parts for number in range(parts + 1)]
    return [Range(*pair) for pair in pairwise(bounds)]
