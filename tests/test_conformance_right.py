"""Correct adapters break no promise, whatever their objects look like."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from wrong_adapters.right import RIGHT, Key, Part, Slow, Varied

from adapters._conformance import leaks
from adapters._conformance.case import Case
from adapters._wire.rebuild import registry
from adapters.testing import check_adapter


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[] if kind is Part else pytest.mark.slow) for kind in RIGHT]
)
def test_a_correct_adapter_breaks_no_promise(kind: type) -> None:
    report = check_adapter(
        registry.serving(kind), [RIGHT[kind]()], skip={"threads_at_once": "slow"}
    )
    skipped = {result.promise: result.reason for result in report.results if result.reason}
    for name in ("factory_makes_a_fresh_object", "deepcopy_makes_a_second_object"):
        assert ("immutable" in skipped.get(name, "")) is (kind is Key)


@pytest.mark.slow
def test_subclasses_are_tried_where_they_are_served() -> None:
    report = check_adapter(Varied, [Varied("value")], skip={"threads_at_once": "slow"})
    results = {result.promise: result for result in report.results}
    assert results["subclasses_keep_their_class"].status == "passed"
    report = check_adapter(Key, [Key("value")], skip={"threads_at_once": "slow"})
    results = {result.promise: result for result in report.results}
    assert "serves no subclasses" in results["subclasses_keep_their_class"].reason


def slow(seconds: float, **options: Any) -> tuple[str, str]:
    case = Case(registry.lookup(Slow), ["only"], [Slow(seconds)], **options)
    return case.run(leaks.nothing_leaks)


def test_slow_rebuilds_are_made_as_often_as_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_LONGEST", 0.2)
    status, said = slow(0.002)
    assert (status, said.endswith(" rebuilds")) == ("passed", True)
    assert 10 <= int(said.split()[0]) <= 60
    status, said = slow(0.03)
    assert status == "skipped"
    assert "was rebuilt" in said
    assert "rebuilds=100" in said


def test_as_many_rebuilds_as_the_author_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_SECONDS", 0)
    monkeypatch.setattr(leaks, "_LONGEST", 0.01)
    assert slow(0.002, rebuilds=60) == ("passed", "60 rebuilds")


def test_slow_rebuilds_give_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(leaks, "progress", told.append)
    monkeypatch.setattr(leaks, "_INTERVAL", 0.01)
    leaks._round_trips(pickle.dumps(Slow(0.004)), 10)
    assert told
    assert all("of 10 in the search for leaks" in each for each in told)


def test_caches_that_fill_up_are_no_leaks_of_few_rebuilds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_SECONDS", 0)
    grown = iter(range(100))

    def measure(_: Case) -> dict[str, int]:
        times = next(grown)
        each = {leaks._HEAP: 8_000, leaks._BLOCKS: 60, leaks._RESIDENT: 200_000}
        return {name: number * times for name, number in each.items()}

    monkeypatch.setattr(leaks, "_measure", measure)
    assert slow(0.0, rebuilds=50)[0] == "passed"
