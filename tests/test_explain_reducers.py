"""Parts that pickle in another way than it seems."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from multiprocessing.reduction import ForkingPickler
from types import ModuleType
from typing import Any

import pytest
from findings import Plain, only
from gadgets import Gadget, Saw, state_of

import adapters
from adapters import explain

CELL = """
import threading
class Cell:
    def __init__(self, n, *parts):
        self.n, self.parts = n, parts
"""


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module whose source runs again, as the cell of a notebook does."""
    module = ModuleType("cells")
    monkeypatch.setitem(sys.modules, "cells", module)
    exec(CELL, vars(module))
    yield module
    for adapter in list(adapters.registry):
        if adapter.name == "cells.Cell":
            adapters.unregister(adapter.target)


def state_of_cell(cell: Any) -> Any:
    return cell.n


def make_cell(n: Any) -> Any:
    return sys.modules["cells"].Cell(n)


def test_an_object_of_a_class_that_was_defined_again(cells: Any) -> None:
    pickles, fails = cells.Cell(1), cells.Cell(1, threading.Lock())
    assert not explain([pickles])
    exec(CELL, vars(cells))
    found = only(explain([pickles]))
    assert (found.path, found.kind) == ("obj[0]", "reducer")
    assert found.error == (
        "its class is an older cells.Cell: the name was defined again, and is another class now"
    )
    adapters.register(cells.Cell, state_of_cell, make_cell)
    found = only(explain([pickles]))
    assert "its class is an older cells.Cell: <Adapter 'cells.Cell'" in found.error
    assert "serves the newer one of this name" in found.error
    found = only(explain([fails]))
    assert (found.path, found.kind) == ("obj[0].parts[0]", "error")
    assert found.advice.startswith("the class of obj[0] is an older cells.Cell: <Adapter")
    assert found.advice.endswith("make the object again, of the newer class")
    assert not explain([cells.Cell(1)])


def test_a_subclass_that_pickles_in_its_own_way() -> None:
    found = only(explain([Plain(saw=Saw(1))]))
    assert (found.path, found.kind) == ("obj[0].saw", "reducer")
    assert found.error == (
        "pickle uses gadgets.Saw.__reduce__, so that"
        f" {adapters.registry['tools.Tool']!r}, of a base, is not used"
    )
    assert "register an adapter for this class" in found.advice
    adapters.register(Saw, state_of, Saw)
    try:
        assert not explain([Saw(1)])
    finally:
        adapters.unregister(Saw)
    assert not explain([Gadget(1)])


class Tensor:
    """Its library knows how multiprocessing can send it."""

    def __init__(self, n: int, *parts: Any) -> None:
        self.n, self.parts = n, parts


class Storage(Tensor):
    def __reduce__(self) -> Any:
        return Storage, (self.n,)


def reduce_tensor(tensor: Any) -> Any:
    return type(tensor), (tensor.n,)


def test_a_type_that_only_multiprocessing_can_send(monkeypatch: pytest.MonkeyPatch) -> None:
    for cls in (Tensor, Storage):
        monkeypatch.setitem(ForkingPickler._extra_reducers, cls, reduce_tensor)  # type: ignore[attr-defined]
    way = "an adapters.Executor over a ProcessPoolExecutor, which use test_explain_reducers.reduce"
    found = only(explain([Tensor(1)]))
    assert (found.path, found.kind) == ("obj[0]", "reducer")
    assert "pickle and adapters.dumps send its attributes instead" in found.error
    assert way in found.advice
    found = only(explain([Tensor(1, threading.Lock())]))
    assert (found.path, found.kind) == ("obj[0].parts[0]", "error")
    assert way in found.advice
    assert not explain([Storage(1)])  # which pickles by itself
    adapters.register(Tensor, lambda tensor: tensor.n, Tensor)
    try:
        assert not explain([Tensor(1, threading.Lock())])
    finally:
        adapters.unregister(Tensor)
