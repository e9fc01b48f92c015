"""Ranges and how they are written, and the check by another method."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos import arguments, checks
from demos.ranges import Range, checked, plan, split
from demos.table import milliseconds, table


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1e9", 10**9),
        ("1.5e3", 1500),
        ("1E+6", 10**6),
        ("10**9", 10**9),
        ("10^9", 10**9),
        ("2**63", 2**63),
        ("1_000_000", 10**6),
    ],
)
def test_numbers(text: str, value: int) -> None:
    assert arguments.number(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "1.5", "1.23e1", "1e-3", "2**64", "9**99", "1e99", "9" * 5000, "10**9**9"],
)
def test_no_numbers(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.number(text)


def test_ranges() -> None:
    assert arguments.ranges("10-30, 30-50") == [Range(10, 30), Range(30, 50)]
    assert arguments.ranges("1e12+1e6") == [Range(10**12, 10**12 + 10**6)]


@pytest.mark.parametrize("text", ["", "10", "10-30,", "5-3", "1-5,4-9", "-1-5", "1--5", "1-2-3"])
def test_no_ranges(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.ranges(text)


@pytest.mark.parametrize("bad", [(5, 3), (-1, 3), (0, 2**63 + 1)])
def test_what_is_no_range(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is not one"):
        checked([bad])
    with pytest.raises(TypeError):
        checked([(0, 1.5)])  # type: ignore[list-item]


@given(st.integers(2, 10_000), st.integers(1, 50))
def test_split_covers_everything_once_in_shares_of_one_size(limit: int, parts: int) -> None:
    ranges = split(limit, parts)
    assert len(ranges) <= parts
    assert [n for first, last in ranges for n in range(first, last)] == list(range(2, limit))
    sizes = [last - first for first, last in ranges]
    assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=8, unique=True).map(sorted))
def test_a_range_has_each_base_prime_from_exactly_one_place(bounds: list[int]) -> None:
    ranges = [Range(*pair) for pair in zip(bounds[::2], bounds[1::2], strict=False)]
    orders = plan(ranges)
    for part, order in zip(ranges, orders, strict=True):
        assert (order.needed - 1) ** 2 < part.last or order.needed == 2
        assert order.needed**2 >= part.last
        sources = [*order.missing, *(ranges[index] for index in order.suppliers)]
        for number in range(2, order.needed):
            assert sum(first <= number < last for first, last in sources) == 1
        for index in order.suppliers:
            assert ranges[index].last <= part.first
            assert orders[index].wanted >= min(ranges[index].last, order.needed)


def test_the_second_half_of_a_large_range_does_not_wait_for_the_first() -> None:
    first, second = plan(split(10**9, 2))
    assert (first.wanted, first.early) == (31623, True)
    assert (second.suppliers, second.missing) == ((0,), ())


def test_miller_rabin_is_exact() -> None:
    small = [n for n in range(2000) if n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))]
    assert [n for n in range(2000) if checks.is_prime(n)] == small
    assert checks.is_prime(2**61 - 1)
    assert checks.is_prime(2**64 - 59)
    for composite in (561, 3_215_031_751, 3_825_123_056_546_413_051, (2**31 - 1) ** 2):
        assert not checks.is_prime(composite)


def test_disagreements_are_counted() -> None:
    right = {2, 3, 5, 7}
    assert checks.disagreements([(0, 10, right)]) == (10, 0)
    assert checks.disagreements([(0, 10, right | {9}), (0, 5, {2})]) == (15, 2)
    assert checks.disagreements([(0, 10**6, set(range(10**6)))], most=100)[0] == 100


def test_a_table_is_aligned() -> None:
    lines = table(("what", "n"), [("a", "1"), ("longer", "1,000")]).splitlines()
    assert lines == ["what        n", "------  -----", "a           1", "longer  1,000"]
    assert milliseconds(1.23456) == "1,234.6 ms"
