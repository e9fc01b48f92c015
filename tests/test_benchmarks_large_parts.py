"""The rows of large parts at small sizes: what is measured, against whom, and what is checked."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

pytest.importorskip("benchmarks", reason="not part of what is installed")

from benchmarks import __main__ as command
from benchmarks import _large_peers, large_parts
from benchmarks._measure import Gap, Row

numpy = pytest.importorskip("numpy")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    monkeypatch.setattr(large_parts, "SIZE", 4096)
    with ExitStack() as stack:
        yield stack


def test_the_topic_is_one_of_the_command() -> None:
    assert large_parts in command.TOPICS


def test_each_kind_of_move_has_a_row_for_each_peer(stack: ExitStack) -> None:
    rows = list(large_parts._moves(stack))
    names = [row.name.partition(" MiB ")[2] for row in rows]
    for kind in large_parts.KINDS:
        assert [kind, *(f"{kind}, {peer}" for peer in large_parts.PEERS)] == [
            name for name in names if name.split(",")[0] == kind
        ]
    assert names[-1] == "of bytes, argument"
    bounds = [row.bound for row in rows if isinstance(row, Row) and row.name.endswith(", Pool")]
    assert len(bounds) == 3
    assert max(bounds) < 1
    assert not multiprocessing.active_children()  # a worker starts with the first sample


def test_a_peer_that_is_not_installed_is_a_gap(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_large_peers, "find_spec", lambda name: None)
    gaps = [row.reason for row in large_parts._moves(stack) if isinstance(row, Gap)]
    assert gaps == [f"{name} is not installed" for name in ("joblib", "fastshare", "ray")] * 3


def test_no_room_is_one_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_parts, "ROOM", 1 << 60)
    first, sieve = large_parts.rows()
    assert isinstance(first, Gap)
    assert sieve.name == "pipe sieve 3e9, kept: send"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adapters", *large_parts.PEERS])
def test_each_way_moves_arrays_in_both_directions(stack: ExitStack, name: str) -> None:
    ways = _large_peers.ways(stack)
    if name not in ways:
        pytest.skip(f"{name} is not installed")
    array = numpy.ones(1 << 21, "uint8")
    for kind in large_parts.KINDS:
        sample = large_parts._sample(ways[name], kind, array, is_writable=name == "adapters")
        assert sample() > 0


def test_what_arrives_is_checked() -> None:
    class Lossy(_large_peers.Way):
        def __init__(self) -> None:
            self.lost = 0

        def time(self, check: Any, function: Any, *args: Any) -> float:
            result = function(*args)
            if isinstance(result, tuple):
                check((result[0] - self.lost, *result[1:]))
            else:
                check(result[self.lost :])
            return 1.0

    way, array = Lossy(), numpy.ones(10, "uint8")
    for kind in large_parts.KINDS:
        way.lost = 0
        sample = large_parts._sample(way, kind, array, is_writable=True)
        assert sample() == 1.0
        way.lost = 1
        with pytest.raises(AssertionError):
            sample()
    array.flags.writeable = False
    way.lost = 0
    with pytest.raises(AssertionError):
        large_parts._sample(way, "argument", array, is_writable=True)()


@pytest.mark.slow
def test_many_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_parts, "MANY", 40)
    try:
        for is_ours in (False, True):
            for use in (large_parts._use_arguments, large_parts._use_results):
                assert large_parts.time_many(is_ours, use) > 0
    finally:
        large_parts.close_executors()
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_memory_that_is_left() -> None:
    pytest.importorskip("resource", reason="there is no /proc elsewhere")
    size = 8 << 20
    assert 0 < large_parts.extra_memory(size, trips=3) < 4 * size


def test_the_share_of_a_stage_is_of_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = large_parts.PipeSieve(10**5, processes=2)
    counted: list[dict[str, float]] = []

    def run() -> dict[str, float]:
        counted.append(large_parts.PipeSieve._run(runs))
        return counted[-1]

    monkeypatch.setattr(runs, "_run", run)
    send, everything = runs.sample("send"), runs.sample("all")
    assert 0 < send < everything
    assert counted == [{}]  # both were of it
    runs.sample("all")
    runs.sample("send")
    assert len(counted) == 2
