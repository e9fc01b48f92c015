"""What a twin can be given after it was made, and the drafts that do so."""

from __future__ import annotations

from typing import Any

import pytest
import suggested_types as types

from adapters._suggest.draft import Draft, code
from adapters._suggest.names import written
from adapters._suggest.settings import Setting, left_out, settings_of, with_settings
from adapters._suggest.survey import facts_of
from adapters._suggest.trial import Outcome

OPTIONS = written("suggested_types", "Options")
DEFAULT = Draft("default and settings", (), f"{OPTIONS}()")


class Panel:
    """Holds what it is given."""

    def __init__(self) -> None:
        self.color, self.size = "red", 3


class Mode(types.Native):
    """An enumeration of an extension: its members do not pickle."""

    LOW: Mode
    HIGH: Mode

    def __init__(self, number: int) -> None:
        types._keep(self, number=number)

    def __int__(self) -> int:
        return int(types._native[self].number)


Mode.LOW, Mode.HIGH = Mode(1), Mode(2)


class Switch(types.Native):
    """Takes a member of an enumeration."""

    def __init__(self) -> None:
        types._keep(self, mode=Mode.LOW)

    mode = types._of("mode", settable=True)


def settings(obj: Any, twin: Any, *places: str, draft: Draft = DEFAULT) -> dict[str, Setting]:
    """The settings by their keys."""
    found = settings_of(draft, facts_of((obj,), {}), obj, twin, set(places))
    return {each.key: each for each in found}


def setting(name: str, **fields: Any) -> Setting:
    made = Setting(name, name, f"obj.{name}", f"obj.{name} = {{{name}}}", False, False)
    return made._replace(**fields)


def chosen(*found: Setting, total: int = 1, draft: Draft = DEFAULT) -> list[list[str]]:
    """The keys of the state of each draft."""
    outcome = Outcome("", total=total, settings=found)
    return [[key for key, _ in each.values] for each in with_settings(draft, outcome)]


def options() -> types.Options:
    found = types.Options()
    found.width = 72
    return found


def test_attributes_that_can_be_set() -> None:
    twin = types.Options()
    found = settings(options(), twin, "width")
    assert {key: (each.statement, each.differs) for key, each in found.items()} == {
        "width": ("obj.width = {width}", True),
        "title": ("obj.title = {title}", False),
    }
    assert twin.width == 72


def test_a_method_that_sets() -> None:
    player, twin = types.Player(), types.Player()
    player.setVolume(9)
    found = settings(player, twin, "getVolume")["getVolume"]
    assert (found.expression, found.statement) == ("obj.getVolume()", "obj.setVolume({getVolume})")
    assert found.name == "volume"
    assert twin.getVolume() == 9


def test_what_is_given_already_is_no_setting() -> None:
    made = settings(options(), types.Options(), draft=DEFAULT._replace(names=("width",)))
    assert made.keys() == {"title"}


def test_what_cannot_be_set_is_no_setting() -> None:
    assert settings(types.Timer(2.5), types.Timer(1.0), "seconds") == {}


def test_keys_are_different_from_those_of_the_state() -> None:
    draft = DEFAULT._replace(values=(("width", "obj.other"),))
    assert settings(options(), types.Options(), draft=draft).keys() == {"width_", "title"}


def test_what_is_held_is_given_only_if_it_differs() -> None:
    assert settings(Panel(), Panel()) == {}
    found = settings(Panel(), Panel(), "size")
    assert found.keys() == {"size"}
    assert found["size"].held


def test_a_member_of_an_enumeration() -> None:
    switch, twin = Switch(), Switch()
    switch.mode = Mode.HIGH
    found = settings(switch, twin, "mode")
    assert found.keys() == {"mode"}
    mode = written(__name__, "Mode")
    assert found["mode"].statement == f"obj.mode = {mode}({{mode}})"
    assert int(twin.mode) == 2


def test_all_then_those_that_are_no_default_then_those_that_differ() -> None:
    width, title = setting("width", differs=True), setting("title")
    assert chosen(width, title) == [["width", "title"], ["settings"], ["width"]]
    assert chosen(width, setting("title", differs=True)) == [["width", "title"], ["settings"]]
    assert chosen(setting("width"), title, total=0) == [["width", "title"], ["settings"]]
    assert chosen(width, title, total=0) == [["width", "title"], ["settings"]]
    assert chosen(width) == [["width"]]
    assert chosen(title, setting("color", held=True)) == [["title"]]
    assert chosen() == []


@pytest.mark.parametrize("number", [0, 1, 2], ids=["all", "sparse", "differing"])
def test_each_of_them_makes_an_equal_object(number: int) -> None:
    obj = options()
    found = tuple(settings(obj, types.Options(), "width").values())
    drafts = with_settings(DEFAULT, Outcome("", total=1, settings=found))
    text = code(drafts[number], OPTIONS).rpartition("adapters.register(")[0]
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    state = namespace["serialize"](obj)
    made = namespace["factory"](state)
    assert (made.width, made.title) == (72, "")
    assert state == [{"width": 72, "title": ""}, {"width": 72}, 72][number]


def test_those_that_are_no_default_need_a_default_object_and_plain_attributes() -> None:
    width, title = setting("width"), setting("title")
    draft = DEFAULT._replace(values=(("size", "obj.size"),))
    assert chosen(width, title, draft=draft) == [["size", "width", "title"]]
    called = setting("title", statement="obj.setTitle({title})")
    assert chosen(width, called) == [["width", "title"]]


@pytest.mark.parametrize(
    ("total", "changes"), [(31, {}), (1, {"whole": "import wild\n"}), (1, {"settled": True})]
)
def test_drafts_that_are_worth_no_settings(total: int, changes: dict[str, Any]) -> None:
    draft = DEFAULT._replace(**changes)
    assert chosen(setting("width", differs=True), total=total, draft=draft) == []


def test_a_doubt_for_what_is_left_out() -> None:
    names = ["width", "title", "color", "size"]
    found = tuple(map(setting, names))
    assert left_out(DEFAULT, Outcome("", settings=found[:1])) == [
        "width can be set, and is not kept"
    ]
    assert left_out(DEFAULT, Outcome("", settings=found)) == [
        "width, title, color and 1 more can be set, and are not kept"
    ]


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (DEFAULT._replace(names=("width",)), {}),
        (DEFAULT._replace(rank=-1), {}),
        (DEFAULT._replace(whole="import wild\n"), {}),
        (DEFAULT, {"held": True}),
        (DEFAULT, {"differs": True}),
    ],
    ids=["given", "pair", "whole", "held", "differs"],
)
def test_what_is_no_doubt(draft: Draft, fields: dict[str, Any]) -> None:
    assert left_out(draft, Outcome("", settings=(setting("width", **fields),))) == []
