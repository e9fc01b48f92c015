"""Drafts that give a maker attributes, contents, a path, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from adapters._suggest import constructing
from adapters._suggest.draft import Draft, code
from adapters._suggest.makers import Maker
from adapters._suggest.matching import Table
from adapters._suggest.names import written
from adapters._suggest.readings import Reading
from adapters._suggest.signatures import MISSING, Parameter

SIZE, NAME = Reading("size", "obj.size"), Reading("name", "obj.name")
ITEMS = Reading("items", "list(obj)", kind="list")
PATH = Reading("path", "obj.path", kind="str", text="/tmp")
ALL: frozenset[str] = frozenset()


def parameter(text: str) -> Parameter:
    """A parameter as it is written: "size", "name=" with a default, "*rest"."""
    name = text.strip("=*")
    kind = text.count("*") * "*" or "either"
    return Parameter(name, text == name, kind, "", MISSING)


def maker(*signatures: str) -> Maker:
    found = tuple(tuple(map(parameter, text.split())) for text in signatures)
    return Maker("Ring", written("wild", "Ring"), "type", True, found, "Ring")


class Log:
    """Keeps how it was made, and what was done with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.done: list[Any] = [(args, kwargs)]

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args: self.done.append((name, *args))

    def __setitem__(self, key: Any, value: Any) -> None:
        self.done.append((key, value))


def done(draft: Draft, state: Any) -> list[Any]:
    """What the factory of a draft does."""
    text = (
        code(draft, written("wild", "Ring")).partition("def factory")[2].partition("adapters.")[0]
    )
    namespace: dict[str, Any] = {"Ring": Log}
    exec(f"def factory{text}", namespace)
    log: Log = namespace["factory"](state)
    return log.done


def test_attributes() -> None:
    drafts = list(constructing.by_attributes(maker("size name="), Table([SIZE, NAME])))
    assert [[key for key, _ in each.values] for each in drafts] == [["size", "name"], ["size"]]
    assert done(drafts[0], {"size": 3, "name": "a"}) == [((3,), {"name": "a"})]
    assert done(drafts[1], 3) == [((3,), {})]


def test_attributes_of_an_overload() -> None:
    drafts = list(constructing.by_attributes(maker("seed", "size"), Table([SIZE])))
    assert {each.values for each in drafts} == {(("size", "obj.size"),)}


def test_attributes_that_are_missing() -> None:
    assert list(constructing.by_attributes(maker("seed"), Table([SIZE]))) == []
    assert list(constructing.by_attributes(maker(), Table([SIZE]))) == []


@pytest.mark.parametrize(
    ("signatures", "count"), [([], 1), (["size="], 1), (["size"], 0), (["size", "size="], 1)]
)
def test_without_arguments(signatures: Sequence[str], count: int) -> None:
    drafts = list(constructing.by_default(maker(*signatures)))
    assert len(drafts) == count
    assert all(done(each, None) == [((), {})] for each in drafts)


def test_contents() -> None:
    drafts = list(constructing.by_content(maker("data name="), Table([NAME]), [ITEMS]))
    assert done(drafts[0], {"data": [1], "name": "a"}) == [(([1],), {"name": "a"})]


def test_contents_for_unknown_parameters() -> None:
    (draft,) = constructing.by_content(maker(), Table([NAME]), [ITEMS])
    assert draft.values == (("content", "list(obj)"),)
    assert done(draft, [1]) == [(([1],), {})]


def test_the_path_of_a_file() -> None:
    drafts = list(constructing.by_path(maker("filename mode="), Table([PATH]), [PATH]))
    assert drafts[0].strategy == "path and opener"
    assert done(drafts[0], "/tmp") == [(("/tmp",), {})]


def test_the_position_in_a_file() -> None:
    draft = next(constructing.by_path(maker("filename"), Table([PATH]), [PATH]))
    assert constructing.positioned(draft, frozenset(["tell"])) == draft
    found = constructing.positioned(draft, frozenset(["tell", "seek"]))
    values = dict.fromkeys([key for key, _ in found.values], 7) | {"position": 4}
    assert done(found, values)[1:] == [("seek", 4)]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("extend", [("extend", [5, 6])]),
        ("append", [("append", 5), ("append", 6)]),
        ("add", [("add", 5), ("add", 6)]),
    ],
)
def test_items_are_added(method: str, expected: list[Any]) -> None:
    (draft,) = constructing.by_items(maker(""), frozenset([method]), [ITEMS])
    assert done(draft, [5, 6])[1:] == expected


def test_items_of_a_mapping_are_set() -> None:
    pairs = Reading("items", "{key: obj[key] for key in obj.keys()}", kind="dict")
    (draft,) = constructing.by_items(maker(""), frozenset(["__setitem__"]), [pairs])
    assert done(draft, {"a": 1})[1:] == [("a", 1)]


def test_items_need_an_empty_object() -> None:
    assert list(constructing.by_items(maker("size"), frozenset(["add"]), [ITEMS])) == []


def test_the_arguments_in_a_repr() -> None:
    (draft,) = constructing.by_repr(maker(""), [Reading("repr", "repr(obj)"), ITEMS])
    assert done(draft, ([1], {"name": "a"})) == [((1,), {"name": "a"})]


def test_parameters_that_a_draft_gives_nothing() -> None:
    given = maker("size timeout= copy=").given
    (draft, _) = constructing.by_attributes(maker("size timeout="), Table([SIZE]))
    assert constructing.unread(given, draft) == ["timeout"]
    assert constructing.unread(maker("size", "seed").given, draft) == []
