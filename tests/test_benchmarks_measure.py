"""Rows: ratios, bounds and samples."""

from __future__ import annotations

import itertools
import weakref

import pytest

pytest.importorskip("benchmarks", reason="not part of what is installed")

from benchmarks._measure import Row, cpu_time, cross_checked, measure


def row(ours: float, peer: float, rounds: int = 7) -> Row:
    return Row("a row", lambda: ours, lambda: peer, "a peer", 1.05, rounds)


@pytest.mark.parametrize(("ours", "within"), [(1.04, True), (1.06, False)])
def test_a_ratio_against_its_bound(ours: float, within: bool) -> None:
    result = measure(row(ours, 1.0))
    assert (result.ratio, result.low, result.high) == (ours, ours, ours)
    assert result.within is within


def test_a_machine_that_slows_down_halfway_changes_no_ratio() -> None:
    samples = itertools.count()

    def slowness() -> float:
        return 1.0 if next(samples) // 2 < 10 else 3.0

    slowing = row(1, 1, rounds=21)._replace(ours=lambda: 2 * slowness(), peer=slowness)
    result = measure(slowing)
    assert (result.ratio, result.low, result.high) == (2.0, 2.0, 2.0)


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="7 rounds or more, not 6"):
        measure(row(1.0, 1.0, rounds=6))


def test_a_result_keeps_nothing_of_what_was_measured() -> None:
    class Large:
        def cost(self) -> float:
            return 1.0

    large = Large()
    result = measure(row(1.0, 1.0)._replace(ours=large.cost, peer=large.cost))
    gone = weakref.ref(large)
    del large
    assert gone() is None
    assert result.row.name == "a row"


def test_a_short_operation_is_repeated_until_the_clock_resolves_it() -> None:
    calls = itertools.count()
    seconds = cpu_time(lambda: next(calls), seconds=0.001)()
    assert 0 < seconds < 0.001
    assert next(calls) > 1000


def test_two_sides_that_disagree_are_an_error() -> None:
    ours, theirs = cross_checked(lambda: 4, lambda: 5)
    assert ours() == 4
    with pytest.raises(AssertionError, match=r"disagree: \[4, 5\]"):
        theirs()
