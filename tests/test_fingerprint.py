"""Fingerprints: the same registration has the same one, another one has another."""

from __future__ import annotations

import datetime
import functools
import operator
import os
import threading
import unittest.mock
from typing import Any

import pytest
from gadgets import Gadget, ffi

import adapters
from adapters._importable.fingerprint import fingerprint


class Scale:
    __slots__ = ("factor",)

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, obj: Any) -> Any:
        return obj


def returning(value: Any) -> Any:
    return lambda obj: value


def test_closures_over_different_values_are_different(registry: adapters.Registry) -> None:
    def scaled(factor: int) -> Any:
        return lambda obj: obj.state * factor

    registry.register(Gadget, scaled(2), Gadget)
    registry.register(Gadget, scaled(2), Gadget)
    with pytest.raises(adapters.ConflictError):
        registry.register(Gadget, scaled(3), Gadget)


def test_methods_of_different_objects_are_different(registry: adapters.Registry) -> None:
    class Options:
        def __init__(self, **options: Any) -> None:
            self.options = options

        def serialize(self, obj: Any) -> Any:
            return self.options

    registry.register(Gadget, Options(a=[1]).serialize, Gadget)
    registry.register(Gadget, Options(a=[1]).serialize, Gadget)
    with pytest.raises(adapters.ConflictError):
        registry.register(Gadget, Options(a=[2]).serialize, Gadget)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (operator.attrgetter("a"), operator.attrgetter("b")),
        (returning({1, 2}), returning({1, 3})),
        (returning({"a": [1]}), returning({"a": [2]})),
        (Scale(1), Scale(2)),
        ({1: 1}.__getitem__, {1: 2}.__getitem__),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (returning(1), returning(1.0)),
        (datetime.date(2020, 1, 1).replace, datetime.date(2020, 1, 2).replace),
    ],
)
def test_functions_over_different_values_are_different(
    registry: adapters.Registry, one: Any, other: Any
) -> None:
    registry.register(Gadget, one, Gadget)
    registry.register(Gadget, one, Gadget)
    with pytest.raises(adapters.ConflictError):
        registry.register(Gadget, other, Gadget)


def test_a_function_that_answers_to_anything_can_be_registered(
    registry: adapters.Registry,
) -> None:
    for _ in range(2):
        registry.register(Gadget, unittest.mock.MagicMock(), Gadget)
        registry.unregister(Gadget)
    ring: list[Any] = []
    ring.append(ring)
    registry.register(Gadget, returning(ring), Gadget)
    registry.register(Gadget, returning(ring), Gadget)


def digest(*values: Any) -> str:
    return fingerprint("name", 1, False, values)


def script_class(module: str, name: str = "Session") -> type:
    """A class of the main script, by one of the two names of its module."""
    return type(name, (), {"__module__": module})


def script_function(source: str, module: str = "__main__") -> Any:
    names: dict[str, Any] = {"__name__": module}
    exec(f"def serialize(obj): return {source}", names)
    return names["serialize"]


def test_a_child_that_runs_the_script_again_has_the_same() -> None:
    parent, child = script_class("__main__"), script_class("__mp_main__")
    assert digest(parent) == digest(child)
    assert digest(script_function("obj")) == digest(script_function("obj", "__mp_main__"))


def test_functions_of_a_script_are_told_apart_by_their_code() -> None:
    assert digest(script_function("obj.a")) != digest(script_function("obj.b"))
    assert digest(script_function("obj.a", "lib")) == digest(script_function("obj.b", "lib"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (script_class("__main__"), script_class("library")),
        (script_class("library"), script_class("library", "Connection")),
        (script_function("obj", "library"), script_function("obj", "other_library")),
        (os.path.join, os.path.split),
        (ffi.typeof("gear_t *"), ffi.typeof("gear_t")),
        (threading.Lock(), threading.RLock()),
        (None, "None"),
        ([1, 2], (1, 2, 3)),
    ],
    ids=str,
)
def test_values_of_each_kind_are_told_apart(one: Any, other: Any) -> None:
    assert digest(one) == digest(one)
    assert digest(one) != digest(other)


def test_name_version_and_subclasses_count() -> None:
    found = {
        fingerprint(name, version, subclasses, ())
        for name in ("a", "b")
        for version in (1, 2)
        for subclasses in (False, True)
    }
    assert len(found) == 8
    assert {len(each) for each in found} == {24}


def test_a_large_value_is_described_in_part() -> None:
    calls = []

    class Part:
        def __reduce_ex__(self, protocol: Any) -> str:
            calls.append(protocol)
            return "Part"

    digest([Part() for _ in range(5000)])
    assert 900 < len(calls) <= 1001
