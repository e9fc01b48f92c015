"""check_adapter compares what can be seen from outside, whatever the serializer sees."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import pytest
from forgetful import (
    Deadly,
    Later,
    Lost,
    Native,
    NoItems,
    NoScale,
    NotStrict,
    Numbered,
    Opaque,
    Session,
    Whole,
    Wider,
)

from adapters._conformance import originals
from adapters._conformance.promises import PROMISES
from adapters.testing import Conformance, ConformanceError, Report, check_adapter

CHEAP = ("nothing_leaks", "threads_at_once", "wrong_states_are_refused")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


def check(adapter: Any, examples: Any, **options: Any) -> Report:
    skip = dict.fromkeys(CHEAP, "not now")
    return check_adapter(adapter, examples, skip=skip, **options)


def no_scale() -> NoScale:
    return NoScale("a", 2.5, [1], True)


def no_items() -> NoItems:
    return NoItems("a", 2.5, [1], True)


def not_strict() -> NotStrict:
    return NotStrict("a", 2.5, [1], True)


def numbered() -> Numbered:
    return Numbered("a", 2.5)


def wider() -> Wider:
    return Wider("a", note="b")


FORGETFUL = [
    (no_scale, "twin.getScale() is 1.0, was 2.5"),
    (no_items, "len(twin) is 0, was 1; list(twin) has length 0, had length 1"),
    (not_strict, "twin.settings['strict'] is False, was True"),
    (numbered, "twin.getScale() is 1.0, was 2.5"),
    (wider, "twin.note is '', was 'b'"),
]


@pytest.mark.parametrize(
    ("make", "says"),
    [FORGETFUL[0], *(pytest.param(*each, marks=pytest.mark.slow) for each in FORGETFUL[1:])],
)
def test_what_an_adapter_forgets_is_named(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(ConformanceError) as raised:
        check(type(make()), [make])
    (failure,) = raised.value.report.failures
    assert failure.promise == "round_trip_in_process"
    wanted = f"example 0: what pickle carried is not equal to the original: {says}"
    assert failure.reason == wanted


@needs_fork
def test_examples_that_are_objects_are_compared_too() -> None:
    with pytest.raises(ConformanceError, match=r"twin.getScale\(\) is 1.0, was 2.5"):
        check(NoScale, [no_scale()])


@pytest.mark.slow
def test_what_differs_by_nature_is_no_difference() -> None:
    examples = {"made": lambda: Session("a")}
    report = check(Session, examples)
    assert "2 differ by nature (twin.get_age(), twin.number)" in report.compared


@pytest.mark.slow
def test_equal_and_ignore_are_the_authors_words() -> None:
    assert check(NoScale, [no_scale], equal=lambda one, other: True).compared == "by equal="
    assert check(NoScale, [no_scale], ignore=["getScale"]).ok
    with pytest.raises(ConformanceError, match=r"getScale"):
        check(NoScale, [no_scale], ignore=["name"])
    with pytest.raises(TypeError, match=r"ignore is 'name': give names in a list, \['name'\]"):
        check(NoScale, [no_scale], ignore="name")


@pytest.mark.slow
def test_the_report_says_what_was_compared() -> None:
    report = check(Whole, [lambda: Whole("a")])
    assert report.compared == "5 attributes and contents"
    assert report.as_dict()["compared"] == report.compared
    assert str(report).endswith("\n  compared 5 attributes and contents")
    assert "nothing of the examples can be read from outside" in check(Opaque, [opaque]).compared


def opaque() -> Opaque:
    return Opaque(1)


@needs_fork
def test_nothing_is_rebuilt_in_the_process_of_the_author() -> None:
    Native.made_by.clear()
    example = Whole("a")
    before = len(Native._contents)
    assert check(Whole, [example]).ok
    assert len(Native._contents) == before
    assert Native.made_by == {os.getpid()}


@needs_fork
@pytest.mark.slow
def test_getters_that_end_a_process_are_named_and_left_out(monkeypatch: Any) -> None:
    monkeypatch.setattr(originals, "SILENCE", 1.0)
    for example in (lambda: Deadly(3), Deadly(3)):
        report = check_adapter(Deadly, [example], rebuilds=50)
        assert "3 cannot be read" in report.compared
        for name in ("crashing", "failing", "hanging"):
            assert f"forgetful.Deadly.{name}" in report.compared


@pytest.mark.slow
def test_without_fork_objects_are_compared_by_their_states(monkeypatch: Any) -> None:
    monkeypatch.setattr(originals, "_start_methods", lambda: ["spawn"])
    skip = {each.name: "not now" for each in PROMISES if "fork" in each.name}
    skip |= dict.fromkeys(CHEAP, "not now")
    report = check_adapter(Whole, [Whole("a")], skip=skip)
    why = "this platform has no fork: give functions that make the examples"
    assert report.compared == f"by their states alone: {why}"
    assert "attributes" in check_adapter(Whole, [lambda: Whole("a")], skip=skip).compared


@pytest.mark.slow
def test_a_function_may_make_an_object_of_a_later_subclass() -> None:
    with pytest.raises(ConformanceError, match=r"twin is <forgetful.Lost>, was <forgetful.Later>"):
        check(Lost, [lambda: Later("a", 2.5)])


HELD = NoScale("a", 2.5)


@needs_fork
def test_a_function_that_holds_its_example_is_read_in_a_forked_child() -> None:
    with pytest.raises(ConformanceError, match=r"twin.getScale\(\) is 1.0, was 2.5"):
        check(NoScale, [lambda: HELD])


@needs_fork
@pytest.mark.slow
def test_a_function_may_make_another_object_each_time() -> None:
    assert check(Whole, [lambda: Whole("a", next(NUMBERS))]).ok


NUMBERS = itertools.count(os.getpid() + 0.5)


def asserts(one: Any, other: Any) -> bool:
    assert one.getScale() == other.getScale(), "another scale"
    return True


@needs_fork
def test_an_equal_that_raises_is_a_difference() -> None:
    with pytest.raises(ConformanceError, match="raises AssertionError: another scale"):
        check(NoScale, [no_scale()], equal=asserts)


def refuse() -> Any:
    if multiprocessing.parent_process():
        raise ConnectionError("there is one connection")
    return Whole("a")


@needs_fork
@pytest.mark.slow
def test_examples_that_no_child_can_make_are_read_in_a_forked_one() -> None:
    assert "attributes" in check(Whole, [refuse]).compared


@pytest.mark.slow
class TestForgetful(Conformance):
    adapter = NoScale
    ignore = ("getScale",)
    examples = [no_scale]  # noqa: RUF012
    golden = None
    skip = dict.fromkeys(CHEAP, "not now")
