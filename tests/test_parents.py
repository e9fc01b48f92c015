"""Drafts for parts of other objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import suggested_types as types

from adapters._comparison.reading import Reader
from adapters._suggest.draft import Draft
from adapters._suggest.names import rendered
from adapters._suggest.parents import by_parent
from adapters._suggest.readings import readings_of


class Town:
    """What streets are parts of; it pickles."""

    def __init__(self, *names: str) -> None:
        self._streets = {name: Street(self, name) for name in names}
        self.asked: list[str] = []

    def street(self, name: str) -> Street:
        return self._streets[name]

    def delete_street(self, name: str) -> Street:
        self.asked.append(name)
        return self._streets.pop(name)

    def street_length(self, name: str) -> int:
        return len(name)


class Street:
    """A part of a town."""

    def __init__(self, town: Town, name: str) -> None:
        self._town, self._name = town, name

    @property
    def town(self) -> Town:
        return self._town

    @property
    def name(self) -> str:
        return self._name


def drafts(obj: Any) -> list[Draft]:
    return by_parent(obj, readings_of(obj, Reader({}, ()), ()), ())


def made(draft: Draft, obj: Any) -> Any:
    """What a draft makes of the values of an object."""
    values = {key: eval(expression, {"obj": obj}) for key, expression in draft.values}
    make, needs = rendered(draft.make)
    assert needs.keys() <= {"Book"}
    for key in values:
        make = make.replace(f"{{{key}}}", f"values[{key!r}]")
    return eval(make, {"values": values, "Book": types.Book})


def test_a_parent_that_travels() -> None:
    town = Town("first", "second")
    found = drafts(town.street("second"))
    assert found
    assert all(made(each, town.street("second")) is town.street("second") for each in found)
    assert any(".street(" in each.make for each in found)


def test_what_acts_is_not_called() -> None:
    town = Town("first", "second")
    assert not any("delete" in each.make for each in drafts(town.street("first")))
    assert town.asked == []


def test_a_parent_that_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "book"
    path.write_text(json.dumps({"first": [1], "second": [2, 3]}), encoding="utf-8")
    sheet = types.Book(str(path))["second"]
    draft = drafts(sheet)[0]
    assert draft.values == (("path", "obj.book.path"), ("key", "obj.name"))
    assert made(draft, sheet).rows == [2, 3]
    assert draft.strategy == "parent and key"


@pytest.mark.parametrize("obj", [types.Timer(1.0), types.Options(), Town("first")], ids=repr)
def test_what_is_no_part(obj: Any) -> None:
    assert drafts(obj) == []
