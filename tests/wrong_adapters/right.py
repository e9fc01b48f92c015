"""Adapters that are not wrong, though they may look so: immutable objects, parts of a parent."""

from __future__ import annotations

import atexit
import os
import signal
import time
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any
from uuid import UUID

import adapters
from wrong_adapters.base import Thing, value_of


class Located(Thing):
    """Its state holds immutable Python objects, which keep lists and dicts of their own."""

    def __init__(self, value: Any) -> None:
        path, uuid, network = value
        str(path / "x"), hash(path), path.parts, path.suffix  # which it caches
        if not isinstance(path, Path):
            raise TypeError("the first is a path")
        super().__init__((path, uuid, network))


PLACES = (Path("x/y"), UUID(int=3), IPv4Network("10.0.0.0/8"))
adapters.register(Located, value_of, Located)

_keys: dict[str, Key] = {}


class Key:
    """Immutable: copies are itself, and there is one of each value."""

    __slots__ = ("_value",)
    _value: str

    def __new__(cls, value: str) -> Key:
        if not isinstance(value, str):
            raise TypeError("the value of a key is a str")
        if value not in _keys:
            _keys[value] = object.__new__(cls)
            object.__setattr__(_keys[value], "_value", value)
        return _keys[value]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a key is immutable")

    def __copy__(self) -> Key:
        return self

    def __deepcopy__(self, memo: object) -> Key:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle a key")


def value_of_key(key: Key) -> str:
    return key._value


adapters.register(Key, value_of_key, Key)


class Parent(Thing):
    """Has parts, each of which it makes once."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, str):
            raise TypeError("the name of a parent is a str")
        super().__init__(value)
        self.parts = {name: Part(self, name) for name in "ab"}


class Part:
    def __init__(self, parent: Parent, name: str) -> None:
        self.parent, self.name = parent, name


def state_of_part(part: Part) -> Any:
    return part.parent, part.name


def find_part(state: Any) -> Part:
    parent, name = state
    if not isinstance(parent, Parent):
        raise TypeError("the first part of the state is a Parent")
    return parent.parts[name]


adapters.register(Parent, value_of, Parent)
adapters.register(Part, state_of_part, find_part)


class Branch(Thing):
    """Copies of it are made by its own method, and are other than the adapter's, as of lxml."""

    def __init__(self, value: Any, rooted: bool = False) -> None:
        if not isinstance(value, str):
            raise TypeError("the value is a str")
        super().__init__(value)
        self.rooted = rooted

    def __deepcopy__(self, memo: object) -> Branch:
        return Branch(self.value, rooted=True)


def state_of_branch(branch: Branch) -> Any:
    return (branch.value, branch.rooted)


def make_branch(state: Any) -> Branch:
    value, rooted = state
    if not isinstance(rooted, bool):
        raise TypeError("the second is a bool")
    return Branch(value, rooted)


adapters.register(Branch, state_of_branch, make_branch)


class Varied(Thing):
    """Its adapter serves subclasses, and keeps their class."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, str):
            raise TypeError("the value is a str")
        super().__init__(value)


def class_and_value(varied: Varied) -> Any:
    return type(varied), varied.value


def of_class(state: Any) -> Varied:
    cls, value = state
    if not isinstance(cls, type) or not issubclass(cls, Varied):
        raise TypeError("the state begins with a class")
    return cls(value)


adapters.register(Varied, class_and_value, of_class, subclasses=True)


class Fragile(Thing):
    """As a type of an extension that crashes where an object of a subclass is made."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, str):
            raise TypeError("the value is a str")
        super().__init__(value)
        if type(self) is not Fragile:
            atexit.register(os.kill, os.getpid(), signal.SIGTERM)
            raise TypeError("cannot be made")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "__class__":
            raise TypeError("no other class")
        super().__setattr__(name, value)


def rebuild_fragile(state: Any) -> Fragile:
    return Fragile(state)


adapters.register(Fragile, value_of, rebuild_fragile, subclasses=True)


class Later(Varied):
    """Made after the registration of its base."""


class Slow(Thing):
    """Takes as many seconds as its value says."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, float) or not 0 <= value < 10:
            raise ValueError("seconds are a float from 0 to 10")
        time.sleep(value)
        super().__init__(value)


adapters.register(Slow, value_of, Slow)


class ByAddress(Thing):
    """Its `==` compares which object it is, as that of handles of C libraries does."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, str):
            raise TypeError("the value is a str")
        super().__init__(value)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


class Vague(ByAddress):
    """Its `==` has no truth value, as that of arrays."""

    def __eq__(self, other: object) -> Any:
        return VagueTruth()

    __hash__ = None  # type: ignore[assignment]


class VagueTruth:
    def __bool__(self) -> bool:
        raise ValueError("the truth value is ambiguous")


adapters.register(ByAddress, value_of, ByAddress)
adapters.register(Vague, value_of, Vague)


RIGHT: dict[type, Callable[[], Any]] = {
    Located: lambda: Located(PLACES),
    Key: lambda: Key("value"),
    Varied: lambda: Varied("value"),
    Fragile: lambda: Fragile("value"),
    Later: lambda: Later("value"),
    Branch: lambda: Branch("leaf"),
    Part: lambda: Parent("name").parts["b"],
    ByAddress: lambda: ByAddress("value"),
    Vague: lambda: Vague("value"),
}
