"""Ranges, and the plan of which range sends base primes to which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos._support.ranges import Range, plan, split, validated


@pytest.mark.parametrize("bad", [(5, 3), (-1, 3), (0, 2**63 + 1)])
def test_what_is_no_range(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is not one"):
        validated([bad])
    with pytest.raises(TypeError):
        validated([(0, 1.5)])  # type: ignore[list-item]


@given(st.integers(2, 10_000), st.integers(1, 50))
def test_split_covers_everything_once_in_ranges_of_equal_size(limit: int, parts: int) -> None:
    ranges = split(limit, parts)
    assert len(ranges) <= parts
    assert [n for first, last in ranges for n in range(first, last)] == list(range(2, limit))
    sizes = [last - first for first, last in ranges]
    assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=8, unique=True).map(sorted))
def test_a_range_has_each_base_prime_from_exactly_one_place(bounds: list[int]) -> None:
    ranges = [Range(*pair) for pair in zip(bounds[::2], bounds[1::2], strict=False)]
    plans = plan(ranges)
    for part, its_plan in zip(ranges, plans, strict=True):
        assert (its_plan.base_limit - 1) ** 2 < part.last or its_plan.base_limit == 2
        assert its_plan.base_limit**2 >= part.last
        sources = [*its_plan.missing, *(ranges[index] for index in its_plan.upstream)]
        for number in range(2, its_plan.base_limit):
            assert sum(first <= number < last for first, last in sources) == 1
        for index in its_plan.upstream:
            assert ranges[index].last <= part.first
            assert plans[index].send_limit >= min(ranges[index].last, its_plan.base_limit)


def test_the_second_half_of_a_large_range_does_not_wait_for_the_first() -> None:
    first, second = plan(split(10**9, 2))
    assert (first.send_limit, first.send_early) == (31623, True)
    assert (second.upstream, second.missing) == ((0,), ())
