"""What another process can import, and from which module."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any

import children
import cloudpickle
import pytest
from processes import in_a_child, run

import adapters
from adapters._importable.importable import is_importable, is_sent_by_value


def test_a_class_that_some_module_happens_to_hold_goes_by_value(native: Any) -> None:
    import builtins

    builtins._ = native  # type: ignore[attr-defined]
    try:
        adapters.register(native, lambda obj: obj.state, native)
        assert in_a_child(children.describe, native("sent"))[:2] == ("Native", "sent")
    finally:
        del builtins._  # type: ignore[attr-defined]


class Outer:
    class Inner:
        def method(self) -> None:
            """Importable through the class."""


def made_here() -> Any:
    class Local:
        pass

    return Local


def renamed(value: Any, **attributes: str) -> Any:
    for name, text in attributes.items():
        setattr(value, name, text)
    return value


@pytest.mark.parametrize(
    ("value", "importable"),
    [
        (Outer, True),
        (Outer.Inner, True),
        (Outer.Inner.method, True),
        (pickle.dumps, True),
        (made_here(), False),
        (lambda: None, False),
        (renamed(made_here(), __module__="__main__"), False),
        (renamed(made_here(), __module__="no_such_module"), False),
        (renamed(made_here(), __module__=None), False),
        (renamed(made_here(), __qualname__="Outer"), False),
        (renamed(made_here(), __qualname__="no.such.name"), False),
    ],
)
def test_importable_is_what_its_module_holds_under_its_name(value: Any, importable: bool) -> None:
    assert is_importable(value) is importable


def test_a_module_that_raises_has_nothing_to_import(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise RuntimeError(name)

    module = types.ModuleType("raising")
    module.__getattr__ = refuse  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "raising", module)
    assert not is_importable(renamed(made_here(), __module__="raising", __qualname__="Missing"))


@pytest.fixture
def by_value() -> Iterator[Any]:
    """A package that cloudpickle was told to send by value."""
    import xml.dom

    cloudpickle.register_pickle_by_value(xml.dom)
    yield xml.dom
    cloudpickle.unregister_pickle_by_value(xml.dom)


def test_what_is_registered_by_value_is_not_imported(by_value: Any) -> None:
    from xml.dom import minidom
    from xml.etree import ElementTree

    assert not is_importable(by_value.Node)
    assert not is_importable(minidom.parse)
    assert is_importable(ElementTree.ElementTree)
    assert [is_sent_by_value(f"xml.{name}") for name in ("dom.minidom", "domino", "dom")] == [
        True,
        False,
        True,
    ]


def test_types_of_extensions_are_imported_all_the_same() -> None:
    import decimal

    cloudpickle.register_pickle_by_value(decimal)
    try:
        assert is_importable(decimal.Context)
        assert pickle.loads(adapters.dumps([decimal.Decimal, lambda: 1]))[0] is decimal.Decimal
    finally:
        cloudpickle.unregister_pickle_by_value(decimal)


def test_types_of_extensions_that_are_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("only_here")
    module.Flags = type(sys.flags)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "only_here", module)
    cloudpickle.register_pickle_by_value(module)
    try:
        assert b"only_here:Flags" in adapters.dumps(type(sys.flags))
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def test_the_check_does_not_import_cloudpickle() -> None:
    program = """
import json, sys
import adapters
adapters.dumps([json.JSONDecoder, json.dumps])
print("cloudpickle" in sys.modules)
"""
    assert run("-c", program) == "False\n"
