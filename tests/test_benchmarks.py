"""The benchmarks measure what they say; their figures are `make bench`'s, not a test's."""

from __future__ import annotations

import itertools
import json
import weakref
from pathlib import Path

import pytest

pytest.importorskip("benchmarks", reason="not part of what is installed")

from benchmarks import __main__ as command
from benchmarks import _chart, _measure, sieve
from benchmarks._article_sieve import article_pipe_sieve


def row(ours: float, peer: float, rounds: int = 7) -> _measure.Row:
    return _measure.Row("a row", lambda: ours, lambda: peer, "a peer", 1.05, rounds)


@pytest.mark.parametrize(("ours", "within"), [(1.04, True), (1.06, False)])
def test_a_ratio_against_its_bound(ours: float, within: bool) -> None:
    result = _measure.measure(row(ours, 1.0))
    assert (result.ratio, result.low, result.high) == (ours, ours, ours)
    assert result.within is within


def test_a_machine_that_slows_down_halfway_changes_no_ratio() -> None:
    samples = itertools.count()

    def slowness() -> float:
        return 1.0 if next(samples) // 2 < 10 else 3.0

    slowing = row(1, 1, rounds=21)._replace(ours=lambda: 2 * slowness(), peer=slowness)
    result = _measure.measure(slowing)
    assert (result.ratio, result.low, result.high) == (2.0, 2.0, 2.0)


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="7 rounds or more, not 6"):
        _measure.measure(row(1.0, 1.0, rounds=6))


def test_a_result_keeps_nothing_of_what_was_measured() -> None:
    class Large:
        def cost(self) -> float:
            return 1.0

    large = Large()
    result = _measure.measure(row(1.0, 1.0)._replace(ours=large.cost, peer=large.cost))
    gone = weakref.ref(large)
    del large
    assert gone() is None
    assert result.row.name == "a row"


def test_a_short_operation_is_repeated_until_the_clock_can_tell() -> None:
    calls = itertools.count()
    seconds = _measure.repeated(lambda: next(calls), seconds=0.001)()
    assert 0 < seconds < 0.001
    assert next(calls) > 1000


def test_check_fails_above_a_bound_and_only_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Topic:
        @staticmethod
        def rows() -> list[_measure.Row]:
            return [row(1.0, 1.0)._replace(name="cheap"), row(3.0, 2.0)._replace(name="costly")]

    monkeypatch.setattr(command, "TOPICS", (Topic,))
    figures = tmp_path / "figures.json"
    assert command.main(["--json", str(figures)]) == 0
    assert [one["ratio"] for one in json.loads(figures.read_text())["rows"]] == [1.0, 1.5]
    assert command.main(["--check"]) == 1
    assert "above the bound: costly" in capsys.readouterr().out
    assert command.main(["--check", "cheap"]) == 0


def test_a_missing_peer_is_a_named_gap(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sieve._primesieve, "find", lambda: None)
    monkeypatch.setattr(command, "TOPICS", (sieve,))
    figures = tmp_path / "figures.json"
    assert command.main(["--check", "1e10", "--json", str(figures)]) == 0
    assert "gap: libprimesieve is not installed" in capsys.readouterr().out
    assert [gap["name"] for gap in json.loads(figures.read_text())["gaps"]] == ["count 1e10"]


def test_two_that_disagree_are_not_compared() -> None:
    ours, theirs = _measure.agreeing(lambda: 4, lambda: 5)
    assert ours() == 4
    with pytest.raises(AssertionError, match=r"disagree: \[4, 5\]"):
        theirs()


def test_the_chart_is_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "chart.png"
    _chart.draw(picture, [_measure.measure(row(1.0, 2.0))], {"Python": "3", "on": "a machine"})
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_article_s_pipes_find_the_primes() -> None:
    assert article_pipe_sieve(1000, processes=3) == 168
