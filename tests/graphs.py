"""Native types whose objects refer back to each other, or have Python parts; and their adapters."""

from __future__ import annotations

from typing import Any

import cffi

import adapters

ffi = cffi.FFI()


class Joint:
    """Stands for a node of a C++ scene tree: it knows its parent and its parts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parent: Joint | None = None
        self.parts: list[Any] = []
        self.memory = ffi.new("int *", 42)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Joint):
            return False
        knows = all(part.parent is each for each in (self, other) for part in each.parts)
        return knows and self.name == other.name and self.parts == other.parts

    __hash__ = object.__hash__

    def add(self, *parts: Joint) -> Joint:
        for part in parts:
            part.parent = self
            self.parts.append(part)
        return self


def links_of(joint: Joint) -> Any:
    return joint.parent, joint.parts


def link(joint: Joint, links: Any) -> None:
    joint.parent, joint.parts = links


class Motor:
    """Stands for a type of pybind11 or SWIG, which can be made empty; its power is native."""

    __slots__ = ("__weakref__", "memory", "power")

    def __init__(self, power: int) -> None:
        self.power = power
        self.memory = ffi.new("int *", power)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and (self.power, self.look()) == (
            other.power,
            other.look(),
        )

    __hash__ = object.__hash__

    def look(self) -> Any:
        return getattr(self, "__dict__", None), getattr(self, "color", None)


class Painted(Motor):
    """A Python class with attributes."""

    def __init__(self, power: int, **attributes: Any) -> None:
        super().__init__(power)
        self.__dict__.update(attributes)


class Slotted(Motor):
    """A Python class with slots, one of them private, and one that is never set."""

    __slots__ = ("__hidden", "color", "never")

    def __init__(self, power: int, color: Any) -> None:
        super().__init__(power)
        self.color = color
        self.__hidden = "hidden"

    def hidden(self) -> str:
        return self.__hidden


class Both(Slotted):
    """A Python class with slots and attributes."""


class Stated(Motor):
    """A Python class that says what its Python part is."""

    def __init__(self, power: int, cache: Any = None) -> None:
        super().__init__(power)
        self.cache = cache

    def __getstate__(self) -> Any:
        return "without the cache"

    def __setstate__(self, state: Any) -> None:
        self.cache = [state]


class SwigPyObject:
    """Stands for SWIG's pointer to the native part."""

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle 'SwigPyObject' object")


def power_of(motor: Motor) -> int:
    return motor.power


def init(motor: Motor, power: int) -> None:
    Motor.__init__(motor, power)


# The slots of Motor stand for native memory, which Python does not see.
Motor.__slotnames__ = Painted.__slotnames__ = Stated.__slotnames__ = []  # type: ignore[attr-defined]
Slotted.__slotnames__ = Both.__slotnames__ = ["_Slotted__hidden", "color", "never"]  # type: ignore[attr-defined]


def name_of(joint: Joint) -> str:
    return joint.name


adapters.register(Joint, name_of, Joint, links=links_of, link=link)
adapters.register(Motor, power_of, init=init, subclasses=True)
