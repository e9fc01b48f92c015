"""What makes objects of a type: the type itself, class methods, functions around it."""

from __future__ import annotations

from typing import Any

import suggested_types as types

from adapters._suggest.makers import (
    Maker,
    class_methods_of,
    constructor_of,
    functions_for,
    savers_for,
)
from adapters._suggest.names import written


class Ring:
    """Has all kinds of class methods."""

    def __init__(self, size: int, name: str = "") -> None:
        """Sized and named."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Ring:
        return cls(len(data))

    @staticmethod
    def parse(text: str) -> Ring:
        return Ring(len(text))

    @classmethod
    def _from_hidden(cls, data: bytes) -> Ring:
        return cls(len(data))

    @classmethod
    def default_size(cls) -> int:
        return 3

    @classmethod
    def delete_from(cls, path: str) -> None:
        """Acts."""

    def load(self, path: str) -> None:
        """A method of an object."""


class Any_(Ring):  # noqa: N801  a class that takes anything
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Says nothing."""


def load_everything(path: str) -> list[Ring]:
    return []


def make_ring(size: int) -> Ring:
    return Ring(size)


def dump_ring(ring: Ring) -> bytes:
    return b""


def count(ring: Ring) -> int:
    return 0


def names(makers: list[Maker]) -> set[str]:
    return {each.name for each in makers}


def test_the_constructor() -> None:
    maker = constructor_of(Ring)
    assert maker is not None
    assert maker.expression == written(__name__, "Ring")
    assert [[(each.name, each.required) for each in one] for one in maker.given] == [
        [("size", True), ("name", False)]
    ]


def test_a_constructor_that_says_nothing() -> None:
    maker = constructor_of(Any_)
    assert maker is not None
    assert maker.given == ()


def test_a_type_without_a_name_has_no_makers() -> None:
    local = type("Local", (Ring,), {})
    assert constructor_of(local) is None
    assert class_methods_of(local) == []


def test_class_methods() -> None:
    assert names(class_methods_of(Ring)) == {"from_bytes", "parse"}
    assert names(class_methods_of(Any_)) == {"from_bytes", "parse"}
    assert {each.expression for each in class_methods_of(Any_)} == {
        written(__name__, "Any_.from_bytes"),
        written(__name__, "Any_.parse"),
    }


def test_functions() -> None:
    found = names(functions_for(Ring))
    assert {"make_ring", "load_everything"} <= found
    assert found.isdisjoint({"count", "dump_ring", "Ring"})
    assert functions_for(Ring)[0].name == "make_ring"


def test_functions_that_save() -> None:
    found = dict(savers_for(Ring))
    assert found["dump_ring"] == written(__name__, "dump_ring")
    assert "count" not in found


def test_of_the_stand_ins() -> None:
    assert "loads_tree" in names(functions_for(types.Tree))
    assert names(class_methods_of(types.Route)) == {"from_bytes"}
