"""A window [first, last) of the integers: its bounds, and how it is cut for short C calls."""

import operator
from collections.abc import Iterator
from typing import SupportsIndex

LARGEST_LAST = 2**63


def check_bounds(first: SupportsIndex, last: SupportsIndex) -> tuple[int, int]:
    """The bounds of a window as int.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: the bounds are negative, descend or exceed 2**63.
    """
    first, last = operator.index(first), operator.index(last)
    if not 0 <= first <= last <= LARGEST_LAST:
        raise ValueError(f"a window must have 0 <= first <= last <= 2**63, not [{first}, {last})")
    return first, last


def intervals(first: int, last: int, length: int) -> Iterator[tuple[int, int]]:
    """Split the window [first, last) into consecutive intervals of at most `length` integers.

    A C call cannot be interrupted, so each call gets one interval.
    """
    for begin in range(first, last, length):
        yield begin, min(begin + length, last)
