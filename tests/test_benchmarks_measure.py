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
    result = measure(
        row(1.0, 1.0)._replace(ours=large.cost, peer=large.cost, others={"another": large.cost})
    )
    gone = weakref.ref(large)
    del large
    assert gone() is None
    assert result.row.name == "a row"


def test_a_short_operation_is_repeated_until_the_clock_resolves_it() -> None:
    calls = itertools.count()
    seconds = cpu_time(lambda: next(calls), seconds=0.001)()
    assert 0 < seconds < 0.001
    assert next(calls) > 1000


def test_no_call_is_made_before_the_first_sample() -> None:
    calls: list[None] = []
    sample = cpu_time(lambda: calls.append(None), seconds=0)
    assert not calls
    assert sample() >= 0
    assert len(calls) == 1


def test_only_the_first_sample_finds_out_how_many_calls_it_takes() -> None:
    calls: list[None] = []
    sample = cpu_time(lambda: calls.append(None), seconds=0.0005)
    sample()
    before = len(calls)
    sample()
    count = len(calls) - before
    assert before == 2 * (count - 1) + count  # it has tried 2, 4, 8 and so on


def test_others_are_measured_in_each_fourth_round_against_the_peer_of_that_round() -> None:
    rounds = itertools.count()
    samples = itertools.count()

    def peer() -> float:
        return 1.0 if next(rounds) <= 5 else 3.0  # the first one warms up

    def other() -> float:
        return 2.0 if next(samples) <= 2 else 6.0

    result = measure(row(1.0, 1.0, rounds=13)._replace(peer=peer, others={"another": other}))
    assert result.others == {"another": 2.0}
    assert next(samples) == 1 + 4


def test_two_sides_that_disagree_are_an_error() -> None:
    ours, theirs = cross_checked(lambda: 4, lambda: 5)
    assert ours() == 4
    with pytest.raises(AssertionError, match=r"disagree: \[4, 5\]"):
        theirs()
