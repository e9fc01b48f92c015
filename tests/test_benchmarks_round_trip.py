"""The rows of round trips: what is measured, and by whom. Making them checks what arrives."""

from __future__ import annotations

import copyreg
import pickle
import pickletools
from typing import Any

import pytest

pytest.importorskip("benchmarks", reason="not part of what is installed")

import adapters
from benchmarks import __main__ as command
from benchmarks import _small_structs, round_trip
from benchmarks._measure import Row
from benchmarks._small_types import Adapted, ByCopyreg, ByHand

KINDS = list(round_trip.kinds())


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.name: row for row in round_trip.rows()}


def objects(way: round_trip.Way, kind: round_trip.Kind, count: int) -> list[Any]:
    return [way.make(kind.state(number, way.make)) for number in range(count)]


def test_the_topic_is_one_of_the_command() -> None:
    assert round_trip in command.TOPICS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_has_a_row_for_one_object_and_for_a_thousand(
    rows: dict[str, Row], kind: round_trip.Kind
) -> None:
    for count in (1, 1000):
        row = rows[f"round trip, {count}: {kind.name}"]
        assert row.bound == 1.10
        assert set(row.others) == {"copyreg", "cloudpickle"} - (
            {"copyreg"} if kind.name == "a C struct" else set()
        )


def test_names_fit_their_column(rows: dict[str, Row]) -> None:
    assert max(map(len, rows)) <= command._WIDTH


@pytest.mark.parametrize("step", ["dumps", "loads"])
def test_the_two_halves_have_rows_of_their_own(rows: dict[str, Row], step: str) -> None:
    names = [name for name in rows if name.startswith(step)]
    assert names == [f"{step}, 1000: {name}" for name in round_trip.APART]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_only_ours_goes_through_an_adapter(kind: round_trip.Kind) -> None:
    ways = {"ours": kind.ours, "peer": kind.peer, **kind.others}
    uses = {name: b"adapters" in way.dumps(objects(way, kind, 2)) for name, way in ways.items()}
    assert uses.pop("ours")
    assert not any(uses.values())


def test_payloads_of_the_peers_name_functions_of_a_module_without_a_dot() -> None:
    for kind in KINDS:
        for way in (kind.peer, *kind.others.values()):
            payload = way.dumps(way.make(kind.state(0, way.make)))
            names = {arg for _, arg, _ in pickletools.genops(payload) if isinstance(arg, str)}
            assert "benchmarks" in names
            assert not any(name.startswith("benchmarks.") for name in names)


def test_the_peers_have_no_adapter() -> None:
    for peer in (ByHand(1), ByCopyreg(1)):
        with pytest.raises(adapters.UnknownAdapterError):
            adapters.registry.find(peer)
    assert ByHand not in copyreg.dispatch_table
    assert adapters.registry.find(Adapted(1)).target is Adapted


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_object_has_a_state_of_its_own(kind: round_trip.Kind) -> None:
    many = objects(kind.ours, kind, 1000)
    states = list(map(kind.ours.state_of, many))
    if kind.name not in round_trip.STATES:
        assert len(set(states)) == 1000
        return
    assert len({pickle.dumps(state) for state in states}) == 1000
    assert len(set(map(id, states))) == 1000


def test_a_row_is_of_as_many_objects_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def operation(step: str, way: object, objects: list[Any]) -> Any:
        made.append((step, len(objects)))
        return lambda: None

    monkeypatch.setattr(round_trip, "_operation", operation)
    for count in round_trip.COUNTS:
        round_trip._row("dumps", KINDS[0], count)
    assert made == [("dumps", 1)] * 4 + [("dumps", 1000)] * 4


def test_the_hand_written_reducer_asks_for_the_c_type() -> None:
    node = _small_structs.make_node({"number": 1, "weight": 2.5, "rank": 3})
    assert _small_structs.by_hand_dumps(node) != _small_structs.adapted_dumps(node)
    with pytest.raises(TypeError, match="cannot pickle"):
        _small_structs.by_hand_dumps(_small_structs.ffi.new("int *", 1))


def test_what_is_lost_on_the_way_is_an_error() -> None:
    lossy = round_trip.Way(ByHand, lambda obj: pickle.dumps([ByHand(0) for _ in obj]))
    with pytest.raises(AssertionError):
        round_trip._operation("round trip", lossy, [ByHand(0), ByHand(1)])
    other = round_trip.Way(ByHand, lambda obj: pickle.dumps([Adapted(each.held) for each in obj]))
    with pytest.raises(AssertionError):
        round_trip._operation("round trip", other, [ByHand(0), ByHand(1)])
