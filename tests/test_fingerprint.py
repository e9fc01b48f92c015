"""Fingerprints: the same registration has the same one, another one has another."""

from __future__ import annotations

import datetime
import functools
import operator
import unittest.mock
from typing import Any

import pytest
from gadgets import Gadget

import adapters


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
