"""Drafts of what saves and what loads."""

from __future__ import annotations

from typing import Any

import pytest

from adapters._suggest.draft import Draft
from adapters._suggest.makers import Maker
from adapters._suggest.matching import Table
from adapters._suggest.names import in_words, written
from adapters._suggest.pairs import by_pairs
from adapters._suggest.readings import Reading
from adapters._suggest.savers import DATA, FILE, STREAM, Saver
from adapters._suggest.signatures import MISSING, Parameter

DATA_PARAMETER = Parameter("data", True, "either", "", MISSING)
EMPTY = Maker("Ring", written("wild", "Ring"), "type", True, ((),), "Ring")


def maker(name: str, kind: str = "classmethod", *more: str) -> Maker:
    path = f"Ring.{name}" if kind == "classmethod" else name
    parameters = (DATA_PARAMETER, *(Parameter(each, True, "either", "", MISSING) for each in more))
    return Maker(name, written("wild", path), kind, True, (parameters,), "")


def saver(name: str, way: str = DATA) -> Saver:
    expression = {DATA: f"obj.{name}()", FILE: f"saved(obj.{name})"}.get(
        way, f"written(obj.{name})"
    )
    return Saver(name, expression, way, "bytes", True)


def pairs(savers: Any, makers: Any, constructor: Any = None, **options: Any) -> list[Draft]:
    table = Table(options.get("readings", ()))
    methods = frozenset(options.get("methods", ()))
    return by_pairs(savers, makers, constructor, methods, table, "Ring")


def test_the_likely_pair_is_first() -> None:
    makers = [maker("from_wkt"), maker("from_wkb"), maker("from_json")]
    assert in_words(pairs([saver("to_wkb")], makers)[0].make) == "wild.Ring.from_wkb({data})"


@pytest.mark.parametrize(
    ("way", "made"),
    [
        (DATA, "wild.Ring.load({data})"),
        (FILE, "loaded(wild.Ring.load, {data})"),
        (STREAM, "wild.Ring.load(io.BytesIO({data}))"),
    ],
)
def test_ways_of_data(way: str, made: str) -> None:
    (draft,) = pairs([saver("save", way)], [maker("load")])
    assert in_words(draft.make) == made
    assert [expression for _, expression in draft.values] == [saver("save", way).expression]


@pytest.mark.parametrize(
    ("kind", "strategy"),
    [("classmethod", "method and classmethod"), ("function", "method and module function")],
)
def test_strategies(kind: str, strategy: str) -> None:
    assert pairs([saver("dumps")], [maker("loads", kind)])[0].strategy == strategy


def test_names_that_do_not_go_together() -> None:
    assert pairs([saver("to_wkb")], [maker("connect", "function")]) == []


def test_a_loader_that_needs_more() -> None:
    loads = maker("from_bytes", "classmethod", "size")
    assert pairs([saver("to_bytes")], [loads]) == []
    (draft,) = pairs([saver("to_bytes")], [loads], readings=[Reading("size", "obj.size")])
    assert draft.values == (("data", "obj.to_bytes()"), ("size", "obj.size"))


def test_a_method_that_loads_into_an_empty_object() -> None:
    (draft,) = pairs([saver("state_dict")], [], EMPTY, methods=["load_state_dict", "size"])
    assert (in_words(draft.make), draft.then) == ("wild.Ring()", ("obj.load_state_dict({data})",))


def test_a_state_of_its_own() -> None:
    found = pairs([saver("__getstate__")], [], EMPTY, methods=["__setstate__"])
    assert {in_words(each.make) for each in found} == {
        "wild.Ring()",
        "wild.Ring.__new__(wild.Ring)",
    }
    assert {each.then for each in found} == {("obj.__setstate__({data})",)}
