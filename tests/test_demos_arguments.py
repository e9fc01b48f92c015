"""Numbers and ranges as they are written on the command line."""

from __future__ import annotations

import argparse

import pytest

from demos._support import arguments, clusters
from demos._support.ranges import Range


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
    assert arguments.integer(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "1.5", "1.23e1", "1e-3", "2**64", "9**99", "1e99", "9" * 5000, "10**9**9"],
)
def test_no_numbers(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.integer(text)


def test_ranges() -> None:
    assert arguments.ranges("10-30, 30-50") == [Range(10, 30), Range(30, 50)]
    assert arguments.ranges("1e12+1e6") == [Range(10**12, 10**12 + 10**6)]


@pytest.mark.parametrize("text", ["", "10", "10-30,", "5-3", "1-5,4-9", "-1-5", "1--5", "1-2-3"])
def test_no_ranges(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.ranges(text)


@pytest.mark.parametrize(("text", "value"), [("2", 2), ("1e3", 1000), ("1", None), ("1001", None)])
def test_an_integer_between_bounds(text: str, value: int | None) -> None:
    parse = arguments.integer_in(2, 1000)
    if value is not None:
        assert parse(text) == value
        return
    with pytest.raises(argparse.ArgumentTypeError, match=f"{text} is not from 2 to 1,000"):
        parse(text)


def test_engines_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(clusters.MODULES, "ray", "no_such_module")
    parser = arguments.parser("a demo", None)
    arguments.add_engine_options(parser, engine="processes", tasks=7)
    options, engines = arguments.parse_with_engines(parser, [])
    assert (options.tasks, engines) == (7, ["processes"])
    _, engines = arguments.parse_with_engines(parser, ["--engine", "all"])
    assert "processes" in engines
    assert not {"ray", "mpi"} & set(engines)
    with pytest.raises(SystemExit):
        arguments.parse_with_engines(parser, ["--engine", "ray"])
    assert "ray is not installed" in capsys.readouterr().err
