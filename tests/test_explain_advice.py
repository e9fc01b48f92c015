"""What to do about a part that does not pickle."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from findings import (
    OTHER,
    Session,
    only,
)
from gadgets import Gadget, Refused

from adapters import _nesting, explain


def test_it_names_the_adapter_and_what_to_do() -> None:
    late = type("Late", (Gadget,), {})
    found = only(explain([Refused(1)]))
    assert found.adapter == "gadgets.Refused"
    assert "ValueError: no such thing" in found.error
    assert "serializer" in found.advice
    found = only(explain(late(1)))
    assert found.adapter == "subclasses=True"
    assert "subclasses=True" in found.advice
    found = only(explain(OTHER.new("plain_t *")))
    assert found.type == "C type 'plain_t *'"
    assert found.adapter == "register_struct"
    assert found.advice == "call adapters.register_struct(ffi.typeof('plain_t *'))"
    found = only(explain(OTHER.new("series_t *")))
    assert found.adapter is None
    assert "lengths={'data': ...}" in found.advice
    with closing(sqlite3.connect(":memory:")) as connection:
        found = only(explain(connection.execute("SELECT 1")))
    assert found.adapter is None
    assert found.advice == (
        "adapters.libraries.sqlite3 leaves it out: how far it has been read cannot be seen; send"
        " the rows"
    )
    found = only(explain([Session(x=1)]))
    assert "findings.Session" in found.advice


def test_a_refusal_of_a_library_is_no_fault_of_its_serializer() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TEMP TABLE words (word)")
        found = only(explain([connection]))
    assert "drop them" in found.error
    assert found.adapter == "adapters.libraries.sqlite3.Connection"
    assert found.advice == (
        "adapters.libraries.sqlite3 refuses it: do what the message says, or register your own"
    )


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


class Silent(type):
    """A metaclass that answers nothing."""

    def __getattribute__(cls, name: str) -> Any:
        raise Panic(name)


class Unhashable(type):
    """A metaclass whose classes cannot be looked up."""

    def __hash__(cls) -> int:
        raise Panic


@pytest.mark.parametrize(("metaclass", "path"), [(Silent, "obj[1]"), (Unhashable, "obj")])
def test_a_metaclass_that_raises_leaves_a_finding(metaclass: Any, path: str) -> None:
    obj = metaclass("Hidden", (), {"__slots__": ()})
    found = only(explain([1, object.__new__(obj)]))
    assert found.path == path
    assert "Panic" in found.error
    assert found.adapter is None


def test_nesting_too_deep_has_the_advice_of_dumps() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    found = only(explain(deep))
    assert found.advice.startswith(_nesting.advice())
    while deep:  # freed level by level, not by recursion
        deep = deep.pop()


def test_a_key_that_python_does_not_print_has_a_path_all_the_same() -> None:
    found = only(explain({10**5000: threading.Lock()}))
    assert found.path == "list(obj.values())[0]"
    assert found.exact
