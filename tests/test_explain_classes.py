"""Expressions of classes: what is printed evaluates to the class."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from findings import Plain, Session, only

import adapters
from adapters import explain
from adapters._explain.classes import class_expression, is_foreign


class Locked(Session):
    """Does not pickle."""


def hidden(module: str, name: str = "Hidden") -> Any:
    return type(name, (Refusing,), {"__module__": module, "__qualname__": name})


class Refusing:
    __slots__ = ()

    def __reduce__(self) -> Any:
        raise TypeError("no")


def evaluated(advice: str, **names: Any) -> Any:
    expression = advice.partition("adapters.register(")[2].partition(", serialize")[0]
    return eval(expression, {**sys.modules, "adapters": adapters, **names})


def test_a_class_that_no_module_holds_is_the_type_of_the_part() -> None:
    for module in ("builtins", "no_such_module", "threading", __name__):
        cls = hidden(module)
        obj = {"a": [Plain(part=cls())]}
        found = only(explain(obj))
        assert "adapters.register(type(obj['a'][0].part), serialize" in found.advice
        assert evaluated(found.advice, obj=obj) is cls


def test_a_class_that_states_a_wrong_module_is_named_by_one_that_holds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cls = hidden("holding", "Stated")
    holding = ModuleType("holding")
    vars(holding).update(_private=cls, Public=cls)
    monkeypatch.setitem(sys.modules, "holding", holding)
    found = only(explain([cls()]))
    assert "adapters.register(holding.Public, serialize" in found.advice
    vars(holding)["Stated"] = cls
    assert "adapters.register(holding.Stated, serialize" in only(explain([cls()])).advice
    vars(holding)["Stated"] = Plain  # the name was given to another class since
    assert "adapters.register(holding.Public, serialize" in only(explain([cls()])).advice


def test_a_module_with_the_name_of_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    package, module = ModuleType("package"), ModuleType("package.open")
    vars(package)["open"] = open  # hides the module
    cls = hidden("package.open", "Collection")
    vars(module)["Collection"] = cls
    monkeypatch.setitem(sys.modules, "package", package)
    monkeypatch.setitem(sys.modules, "package.open", module)
    assert "adapters.register(type(obj[0]), serialize" in only(explain([cls()])).advice
    vars(package)["Collection"] = cls
    assert "adapters.register(package.Collection, serialize" in only(explain([cls()])).advice


def test_a_class_of_the_main_script_is_named_as_its_code_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main = vars(sys.modules["__main__"])
    for path in ("Outer", "Outer.Hidden"):
        outer = hidden("__main__", "Outer")
        cls = hidden("__main__") if "." in path else outer
        cls.__qualname__ = path
        outer.Hidden = cls
        monkeypatch.setitem(main, "Outer", outer)
        advice = only(explain([cls()])).advice
        assert f"adapters.register({path}, serialize" in advice
        assert eval(path, main) is cls
    local = hidden("__main__", "Local")
    local.__qualname__ = "make.<locals>.Local"
    obj = [local()]
    advice = only(explain(obj)).advice
    assert evaluated(advice, obj=obj) is local


def test_expressions_and_whose_code_a_class_is() -> None:
    assert class_expression(Locked, "obj") == "test_explain_classes.Locked"
    assert class_expression(dict, "obj") == "dict"
    assert not is_foreign(Locked)
    assert is_foreign(dict)
    assert is_foreign(pytest.MonkeyPatch)
    assert is_foreign(__import__("xmlrpc.client").client.Fault)
