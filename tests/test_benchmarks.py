"""The command, its bounds and gaps, its chart; the figures themselves are those of `make bench`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("benchmarks", reason="not part of what is installed")

from benchmarks import __main__ as command
from benchmarks import _chart, sieve
from benchmarks._article_sieve import article_pipe_sieve
from benchmarks._measure import Row, measure
from native import _native


def row(name: str, ours: float, peer: float) -> Row:
    return Row(name, lambda: ours, lambda: peer, "a peer", 1.05, 7)


def test_check_fails_above_a_bound_and_only_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Topic:
        @staticmethod
        def rows() -> list[Row]:
            return [row("cheap", 1.0, 1.0), row("costly", 3.0, 2.0)]

    monkeypatch.setattr(command, "TOPICS", (Topic,))
    figures = tmp_path / "figures.json"
    assert command.main(["--json", str(figures)]) == 0
    assert [one["ratio"] for one in json.loads(figures.read_text())["rows"]] == [1.0, 1.5]
    assert command.main(["--check"]) == 1
    assert "above the bound: costly" in capsys.readouterr().out
    assert command.main(["--check", "cheap"]) == 0


def test_others_are_printed_beside_a_row_and_are_in_its_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Topic:
        @staticmethod
        def rows() -> list[Row]:
            others = {"copyreg": lambda: 1.0, "cloudpickle": lambda: 5.0}
            return [row("alone", 1.0, 2.0), row("beside", 1.0, 2.0)._replace(others=others)]

    monkeypatch.setattr(command, "TOPICS", (Topic,))
    figures = tmp_path / "figures.json"
    assert command.main(["--check", "--json", str(figures)]) == 0  # they have no bound
    _, alone, beside = capsys.readouterr().out.strip().rsplit("\n", 2)
    assert alone.endswith("7 rounds; a peer")
    assert beside.endswith("7 rounds; a peer; copyreg 0.50, cloudpickle 2.50")
    assert [one["others"] for one in json.loads(figures.read_text())["rows"]] == [
        {},
        {"copyreg": 0.5, "cloudpickle": 2.5},
    ]


def test_a_missing_peer_is_a_named_gap(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sieve._primesieve, "find", lambda: None)
    monkeypatch.setattr(command, "TOPICS", (sieve,))
    figures = tmp_path / "figures.json"
    assert command.main(["--check", "1e10", "--json", str(figures)]) == 0
    assert "gap: libprimesieve is not installed" in capsys.readouterr().out
    assert [gap["name"] for gap in json.loads(figures.read_text())["gaps"]] == ["count 1e10"]


def test_a_library_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("/no/libprimesieve.so", _native.__file__):
        monkeypatch.setenv("PRIMESIEVE_LIBRARY", name)
        with pytest.raises(OSError, match=f"{name} is not libprimesieve .*PRIMESIEVE_LIBRARY"):
            sieve._primesieve.find()


def test_the_chart_is_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "chart.png"
    _chart.draw(picture, [measure(row("a row", 1.0, 2.0))], {"Python": "3", "on": "a machine"})
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_pipe_sieve_of_the_article_finds_the_primes() -> None:
    assert article_pipe_sieve(1000, processes=3) == 168
