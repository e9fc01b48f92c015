"""One trial: twins are made by a draft, and compared with the examples."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
import suggested_types as types
from exploring import WAIT, needs_fork

from adapters._suggest.draft import Draft
from adapters._suggest.explore import Exploration
from adapters._suggest.names import written
from adapters._suggest.trial import Outcome

pytestmark = needs_fork

TYPE = written("suggested_types", "Timer")
OS = written("suggested_types", "os")
TIMER = Draft(
    "constructor",
    (("seconds", "obj.seconds"), ("label", "obj.label")),
    f"{TYPE}({{seconds}}, {{label}})",
)


@pytest.fixture(scope="module")
def search() -> Exploration:
    """One example that was looked at."""
    found = Exploration((types.Timer(2.5),), time.monotonic() + WAIT, True)
    found.look()
    return found


def tried(draft: Draft, *objs: Any) -> Outcome:
    search = Exploration(objs, time.monotonic() + WAIT, True)
    search.look()
    return search.attempt(draft)


def test_twins_that_are_equal() -> None:
    outcome = tried(TIMER, types.Timer(2.5, "tea"), types.Timer(1.0))
    assert (outcome.error, outcome.differs, outcome.total) == ("", (), 0)
    assert outcome.readings == 4
    assert outcome.told
    assert outcome.kinds == ("float", "str")


def test_a_state_of_one_value() -> None:
    outcome = tried(
        TIMER._replace(values=TIMER.values[:1], make=f"{TYPE}({{seconds}})"),
        types.Timer(2.5),
    )
    assert (outcome.kinds, outcome.state) == (("float",), "2.5")


def test_twins_that_differ() -> None:
    outcome = tried(TIMER._replace(make=f"{TYPE}(1, {{label}})"), types.Timer(2.5))
    assert outcome.differs[0] == "twin.seconds is 1.0, was 2.5"
    assert outcome.error == ""


def test_the_second_example_may_differ() -> None:
    draft = TIMER._replace(make=f"{TYPE}(2.5, {{label}})")
    outcome = tried(draft, types.Timer(2.5), types.Timer(1.0))
    assert outcome.differs[0] == "twin.seconds is 2.5, was 1.0"


def test_a_state_that_tells_nothing() -> None:
    bag = written("suggested_types", "Bag")
    draft = Draft("items", (("items", "list(obj)"),), f"{bag}({{items}})")
    assert not tried(draft, types.Bag()).told
    assert tried(draft, types.Bag([1])).told


def test_what_a_twin_can_be_given_beside() -> None:
    options = types.Options()
    options.width = 72
    draft = Draft("default", (), f"{written('suggested_types', 'Options')}()")
    outcome = tried(draft, options)
    assert {each.name: each.differs for each in outcome.settings} == {"width": True, "title": False}
    assert outcome.differs == ("twin.width is 80, was 72",)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"make": f"{written('no_such_module', 'Timer')}()"}, "the code fails"),
        ({"make": f"{TYPE}()"}, "the factory fails"),
        ({"make": "{seconds}"}, "the factory makes a builtins.float"),
        ({"values": (("seconds", "obj.minutes"),)}, "serialize fails"),
        ({"values": (("seconds", "lambda: obj"),)}, "serialize fails"),
        ({"make": f"{OS}._exit(3)"}, "exit code 3"),
        ({"make": f"{OS}.abort()"}, "to rebuild"),
        ({"make": "exit(3)"}, "the factory fails"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_what_fails(search: Exploration, changes: dict[str, Any], error: str) -> None:
    assert error in search.attempt(TIMER._replace(**changes)).error


class Spoken(types.Native):
    """Says what no attribute tells."""

    def __init__(self, name: str, *, number: int = 0, text: str = "") -> None:
        types._keep(self, name=name, number=number, text=text)

    name = types._of("name")

    def __int__(self) -> int:
        return int(types._native[self].number)

    def __str__(self) -> str:
        return str(types._native[self].text)


def named(cls: str) -> Draft:
    make = f"{written(__name__, cls)}({{name}})"
    return Draft("constructor", (("name", "obj.name"),), make)


def test_what_an_object_is_as_a_text_or_a_number_is_compared() -> None:
    draft = Draft(
        "constructor", (("name", "obj.name"),), f"{written(__name__, 'Spoken')}({{name}})"
    )
    same = tried(draft, Spoken("a"))
    assert (same.differs, same.readings) == ((), 3)
    assert tried(draft, Spoken("a", number=7)).differs == ("int(twin) is 0, was 7",)
    assert tried(draft, Spoken("a", text="b")).differs == ("str(twin) is '', was 'b'",)


class Random(Spoken):
    """Says something else each time."""

    def __str__(self) -> str:
        return str(next(_counter))


_counter = itertools.count()


def test_what_changes_the_original() -> None:
    drain = written("suggested_types", "Drain")
    draft = Draft("data", (("data", "obj.dump()"),), f"{drain}({{data}})")
    assert "changes the original" in tried(draft, types.Drain([1, 2])).error


def test_what_is_another_text_each_time_is_not_compared() -> None:
    draft = Draft(
        "constructor", (("name", "obj.name"),), f"{written(__name__, 'Random')}({{name}})"
    )
    assert tried(draft, Random("a")).differs == ()
