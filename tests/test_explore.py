"""The exploration of a type's API: what is found, and what is not; without the kit."""

from __future__ import annotations

import decimal
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import suggested_types as types
from exploring import WAIT, Explored, needs_fork, twin

import adapters
from adapters._suggest.draft import Draft
from adapters._suggest.explore import Exploration, _completed
from adapters._suggest.matching import Table
from adapters._suggest.names import written
from adapters._suggest.readings import Reading

pytestmark = needs_fork


def test_a_constructor_whose_parameters_can_be_read() -> None:
    timer = types.Timer(2.5, "tea")
    found = Explored(timer)
    assert "constructor" in found.strategies
    made = found.twin(timer)
    assert (type(made), made.seconds, made.label) == (types.Timer, 2.5, "tea")
    draft, outcome = found.right[0]
    assert 0 < outcome.serialize_seconds < 1
    assert 0 < outcome.rebuild_seconds < 1
    assert 0 < outcome.state_size < 1000
    for wrong, why in (
        (draft._replace(make="object()"), "object"),
        (draft._replace(make="(lambda state: None)("), "code fails"),
        (draft._replace(make=f"{written('suggested_types', 'os')}._exit(7)"), "7"),
    ):
        assert why in found.search.attempt(wrong).error


def test_what_can_be_set_is_given_to_an_empty_object() -> None:
    options = types.Options()
    options.width, options.title = 72, "notes"
    found = Explored(options)
    assert (options.width, options.title) == (72, "notes")
    made = found.twin(options)
    assert (made.width, made.title) == (72, "notes")
    assert not found.search.is_default


@pytest.mark.slow
def test_bytes_and_back() -> None:
    route = types.Route().go(1, 2).go(3, -4)
    found = Explored(route)
    assert "method and classmethod" in found.strategies
    assert found.twin(route).to_bytes() == route.to_bytes() == b"[[1, 2], [3, -4]]"


def test_a_file_that_is_saved_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = list(adapters.registry), dict(os.environ)
    index = types.Index().add("to").add("be")
    found = Explored(index)
    assert "method and classmethod" in found.strategies
    assert (list(adapters.registry), dict(os.environ)) == before
    assert list(tmp_path.iterdir()) == []
    text = found.text(found.right[0])
    assert text.startswith("import ")
    assert text.rstrip().endswith("adapters.register(Index, serialize=serialize, factory=factory)")
    assert twin(text, index).count == 2


class Deadly(types.Fatal):
    """A getter and what saves it end the process."""

    def save(self, path: str) -> None:
        os._exit(4)


def test_what_ends_the_process_is_left_out() -> None:
    found = Explored(Deadly(2.5, "tea"))
    assert "constructor" in found.strategies
    assert [name.rpartition(".")[2] for name in found.facts.looks[0].portrait.unread] == [
        "checksum"
    ]


@pytest.mark.slow
def test_what_does_not_end_is_left_out() -> None:
    assert "constructor" in Explored(types.Endless(2.5, "tea")).strategies


@pytest.mark.slow
def test_an_example_that_is_equal_to_a_default_one() -> None:
    assert Explored(types.Options()).search.is_default


@pytest.mark.slow
def test_methods_that_set_and_get() -> None:
    player = types.Player()
    player.setVolume(9)
    assert Explored(player).twin(player).getVolume() == 9


@pytest.mark.slow
def test_a_method_and_a_function_of_the_module() -> None:
    tree = types.loads_tree("[1, [2, 3]]")
    found = Explored(tree)
    assert found.strategies == {"method and module function"}
    assert found.twin(tree).dumps() == "[1, [2, 3]]"


@pytest.mark.slow
def test_an_open_file_with_its_position(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one two three")
    log = types.Log(str(path))
    log.read(4)
    found = Explored(log)
    assert found.strategies == {"path and opener"}
    assert log.tell() == 4
    assert found.twin(log).read(3) == b"two"


@pytest.mark.slow
def test_items_and_a_constructor() -> None:
    bag = types.Bag([3, 1, 2])
    found = Explored(bag)
    assert "items and constructor" in found.strategies
    assert list(found.twin(bag)) == [3, 1, 2]


@pytest.mark.slow
def test_a_part_of_a_file_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "book"
    path.write_text(json.dumps({"first": [1], "second": [2, 3]}), encoding="utf-8")
    sheet = types.Book(str(path))["second"]
    found = Explored(sheet)
    assert found.strategies == {"parent and key"}
    assert found.twin(sheet).rows == [2, 3]


@pytest.mark.slow
def test_a_parameter_that_nothing_reads_is_a_doubt() -> None:
    found = Explored(types.Session("a", connect_timeout=60.0))
    assert not found.right
    assert any("connect_timeout" in doubt for doubt in found.doubted[0].draft.doubts)


@pytest.mark.slow
def test_a_setting_that_nothing_reads_is_a_doubt() -> None:
    found = Explored(types.Radio("news"))
    assert not found.right
    assert any("set_mode" in doubt for doubt in found.doubted[0].draft.doubts)


@pytest.mark.slow
def test_a_serializer_that_changes_the_original_is_none() -> None:
    drain = types.Drain([1, 2])
    found = Explored(drain)
    assert not found.right + found.doubted
    assert len(drain) == 2


@pytest.mark.slow
def test_what_empties_it_when_it_is_read_leaves_a_doubt() -> None:
    assert not Explored(types.Getter([1, 2])).right


@pytest.mark.slow
def test_what_fits_one_example_by_chance_does_not_fit_two() -> None:
    assert Explored(types.Ring(5)).right
    found = Explored(types.Ring(5), types.Ring(20))
    assert not found.right + found.doubted
    assert found.near[0].outcome.differs == ("twin.room is 20, was 40",)


@pytest.mark.slow
def test_nothing_to_find() -> None:
    found = Explored(types.Sealed(3))
    assert not found.right + found.doubted + found.near


@pytest.mark.slow
def test_a_near_miss_says_what_differs() -> None:
    gauge = types.Gauge(3)
    gauge.level = 9
    gauge.level = 4
    found = Explored(gauge)
    assert not found.right + found.doubted
    assert [each.outcome.differs for each in found.near] == [("twin.peak is 4, was 9",)]


class Littering(types.Timer):
    """Writes a file where it is."""

    def dump(self) -> bytes:
        Path("litter").write_text("here", encoding="utf-8")
        return b"data"


@pytest.mark.slow
def test_what_is_written_lies_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Explored(Littering(1.0))
    assert list(tmp_path.iterdir()) == []


class Hidden(types.Native):
    """Nothing tells what it takes but the errors of its constructor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._fill(*args, **kwargs)

    def _fill(self, seconds: float, *, label: str) -> None:
        types._keep(self, seconds=seconds, label=label, ticks=10 * seconds)

    seconds, label, ticks = types._of("seconds"), types._of("label"), types._of("ticks")


@pytest.mark.slow
def test_errors_tell_what_a_constructor_takes() -> None:
    hidden = Hidden(2.5, label="tea")
    found = Explored(hidden)
    tried = found.doubted[0]
    assert dict(tried.draft.values).keys() == {"seconds", "label"}
    assert found.twin(hidden, tried).ticks == 25


READINGS = Table([Reading("seconds", "obj.seconds"), Reading("label", "obj.get_label()")])
EMPTY = Draft("default and settings", (), "Timer()", rank=3)


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        ("missing 1 required positional argument: 'seconds'", "{seconds}"),
        ("missing 2 required positional arguments: 'label' and 'seconds'", "{label}, {seconds}"),
        ("missing 1 required keyword-only argument: 'label'", "label={label}"),
        ("function missing required argument 'seconds' (pos 1)", "{seconds}"),
    ],
)
def test_arguments_that_are_missing_are_given(error: str, arguments: str) -> None:
    draft = _completed(EMPTY, f"the factory fails: TypeError: Timer.__init__() {error}", READINGS)
    assert draft is not None
    assert draft.make == f"Timer({arguments})"
    assert all(f"{{{key}}}" in arguments for key, _ in draft.values)
    assert set(draft.names) == {key for key, _ in draft.values}
    assert draft.strategy == "constructor"


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (EMPTY, "missing 1 required positional argument: 'seed'"),
        (EMPTY, "missing required argument (pos 1)"),
        (EMPTY, "seconds must be positive"),
        (EMPTY, "unexpected keyword argument 'seconds'"),
        (EMPTY._replace(make="Timer(1)"), "missing 1 required positional argument: 'seconds'"),
        (
            EMPTY._replace(values=(("seconds", "obj.other"),)),
            "missing 1 required positional argument: 'seconds'",
        ),
    ],
)
def test_errors_that_tell_nothing(draft: Draft, error: str) -> None:
    assert _completed(draft, error, READINGS) is None


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("seconds", "Timer(label={label}, mode=Mode({mode}))"),
        ("label", "Timer(seconds={seconds}, mode=Mode({mode}))"),
        ("mode", "Timer(seconds={seconds}, label={label})"),
    ],
)
@pytest.mark.parametrize(
    "error", ["got an unexpected keyword argument '{}'", "'{}' is an invalid keyword argument"]
)
def test_a_keyword_that_is_not_taken_is_left_out(name: str, left: str, error: str) -> None:
    keys = ["seconds", "label", "mode"]
    values = tuple((key, f"obj.{key}") for key in keys)
    make = "Timer(seconds={seconds}, label={label}, mode=Mode({mode}))"
    draft = _completed(
        Draft("constructor", values, make, names=tuple(keys)), error.format(name), READINGS
    )
    assert draft is not None
    assert draft.make == left
    assert name not in dict(draft.values)
    assert name not in draft.names


class Knob(types.Native):
    """Has something that is set beside its parameters."""

    def __init__(self, label: str) -> None:
        types._keep(self, label=label, gain=1)

    label, gain = types._of("label"), types._of("gain", settable=True)


@pytest.mark.slow
def test_what_can_be_set_and_is_as_it_was_made_is_kept() -> None:
    knob = Knob("a")
    found = Explored(knob)
    assert any("gain" in dict(each.draft.values) for each in found.right)
    doubts = {doubt for each in found.doubted for doubt in each.draft.doubts}
    assert doubts == {"gain can be set, and is not kept"}


_kept: dict[str, Kept] = {}


class Kept:
    """Its pickle is right in this process only."""

    def __init__(self, name: str) -> None:
        self.name = name
        _kept[name] = self

    def __reduce__(self) -> Any:
        return _kept_of, (self.name,)


def _kept_of(name: str) -> Kept:
    return _kept[name]


@pytest.mark.parametrize(
    ("make", "pickles"),
    [
        (lambda: Kept("a"), False),
        pytest.param(lambda: decimal.Context(prec=9), True, marks=pytest.mark.slow),
    ],
    ids=["here", "all"],
)
def test_what_pickles_for_another_process(make: Callable[[], Any], pickles: bool) -> None:
    facts = Exploration((make(),), time.monotonic() + WAIT, True).look()
    assert bool(facts.payload) == pickles
