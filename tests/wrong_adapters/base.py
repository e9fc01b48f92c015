"""What wrong adapters are made of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import cffi

import adapters

ffi = cffi.FFI()
ffi.cdef("typedef struct { int size; char *text; } note_t;")


class Thing:
    """Holds a value; each wrong adapter has a subclass of its own."""

    def __init__(self, value: Any = 0) -> None:
        self.value = value


class Wrong(NamedTuple):
    promise: str
    adapter: adapters.Adapter
    examples: list[Any]
    says: str  # in the message to the author
    options: dict[str, Any] = {}  # noqa: RUF012  read only


WRONG: dict[str, Wrong] = {}
_types: dict[str, Callable[[Any], Any]] = {}


def value_of(thing: Any) -> Any:
    return thing.value


def new(name: str, value: Any) -> Any:
    """An object of the type that `wrong` has made for an adapter."""
    return _types[name](value)


def wrong(
    name: str,
    promise: str,
    says: str,
    serialize: Any = value_of,
    factory: Any = None,
    *,
    values: Any = ("one", "two"),
    cls: Any = None,
    version: int = 1,
    upgrades: Any = None,
    **options: Any,
) -> None:
    """Register an adapter for a type of its own, and note which promise it breaks."""
    cls = cls or type(name, (Thing,), {"__module__": __name__})
    setattr(sys.modules[cls.__module__], name, cls)
    _types[name] = cls
    adapter = adapters.register(
        cls, serialize, factory or cls, name=f"wrong.{name}", version=version, upgrades=upgrades
    )
    WRONG[name] = Wrong(promise, adapter, [cls(value) for value in values], says, options)
