"""Objects that pickle, and that no other process rebuilds."""

from __future__ import annotations

import enum
import functools
import os
import time
from typing import Any


class KeywordError(Exception):
    def __init__(self, message: str, *, key: int) -> None:
        super().__init__(message)
        self.key = key


class MendedError(KeywordError):
    """As the advice says."""

    def __reduce__(self) -> Any:
        return functools.partial(MendedError, key=self.key), self.args


class Mode:
    """Is equal to nothing but itself."""


class ByIdentity(enum.Enum):
    A = Mode()


class ByName(enum.Enum):
    """As the advice says."""

    A = Mode()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return getattr, (type(self), self.name)


class Options:
    """Reads attributes from one that a rebuilt object does not have yet."""

    def __init__(self, **options: Any) -> None:
        self.__dict__["options"] = options

    def __getattr__(self, name: str) -> Any:
        try:
            return self.options[name]
        except KeyError:
            raise AttributeError(name) from None


class NeedsArgument:
    def __new__(cls, argument: Any) -> Any:
        self = super().__new__(cls)
        self.argument = argument
        return self


class Fragile:
    """Fails where its state is set, and refers to what holds it."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def __setstate__(self, state: Any) -> None:
        raise ArithmeticError("not here")


class Fatal(Fragile):
    def __setstate__(self, state: Any) -> None:
        os._exit(3)


class Slow(Fragile):
    def __setstate__(self, state: Any) -> None:
        time.sleep(100)


class WrongReducer:
    def __reduce__(self) -> Any:
        return int, ("x",)


class Logged(dict):  # type: ignore[type-arg]
    """Reads an attribute as items are set, which come first."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    def __setitem__(self, key: Any, value: Any) -> None:
        self.log.append(key)
        super().__setitem__(key, value)


class Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        object.__setattr__(self, "value", value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name} is constant")


class Node:
    """Is hashed by an attribute, and is in a set of what it refers to."""

    def __init__(self, name: str, parent: Any = None) -> None:
        self.parent, self.children, self.name = parent, set[Any](), name
        if parent is not None:
            parent.children.add(self)

    def __hash__(self) -> int:
        return hash(self.name)


class Sized(Options):
    """A subclass of what is to be mended."""


class Lookup:
    """Is known in this process alone."""

    known: dict[int, Any] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.known[id(self)] = self

    def __reduce__(self) -> Any:
        return Lookup.known.__getitem__, (id(self),)
