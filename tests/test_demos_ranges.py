"""Ranges: what is one, how they are split, and which primes they need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos._support.ranges import Range, root, split, validated


@pytest.mark.parametrize("bad", [(5, 3), (-1, 3), (0, 2**63 + 1)])
def test_what_is_no_range(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is not one"):
        validated([bad])
    with pytest.raises(TypeError):
        validated([(0, 1.5)])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"a pair of integers \(first, last\), and not 10"):
        validated((10, 30))  # type: ignore[arg-type]


@given(st.integers(2, 10_000), st.integers(1, 50))
def test_split_covers_everything_once_in_ranges_of_equal_size(limit: int, parts: int) -> None:
    ranges = split(limit, parts)
    assert len(ranges) <= parts
    assert [n for first, last in ranges for n in range(first, last)] == list(range(2, limit))
    sizes = [last - first for first, last in ranges]
    assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.integers(1, 5000), min_size=2, max_size=8, unique=True))
def test_below_the_root_are_the_primes_whose_squares_are_in_ranges(bounds: list[int]) -> None:
    needed = root(Range(0, bound) for bound in bounds)
    assert needed**2 >= max(bounds) > (needed - 1) ** 2


def test_ranges_without_primes_need_none() -> None:
    assert max(root(ranges) for ranges in ([], [Range(0, 0)], [Range(0, 1)], [Range(0, 2)])) <= 2


def test_ranges_ascend_whatever_their_order_was() -> None:
    given_ = iter([[30, 50], (2, 10), (10, 30)])
    assert validated(given_) == [(2, 10), (10, 30), (30, 50)]  # type: ignore[arg-type]
