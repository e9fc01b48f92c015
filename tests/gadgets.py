"""A native type for the tests, and its adapters, as a library would have them.

`Gadget` owns C memory through cffi, and pickle refuses it.
"""

from __future__ import annotations

from typing import Any

import cffi

import adapters

ffi = cffi.FFI()
ffi.cdef(
    "typedef struct { int size; int teeth; } gear_t; struct node { int value; };"
    "enum tone { LOW, HIGH };"
)


class Gadget:
    """Holds one object (its state) behind a C pointer; counts how many were made."""

    made = 0

    def __init__(self, state: object = None) -> None:
        type(self).made += 1
        self.state = state
        self.memory = ffi.new("int *", 42)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.state == self.state

    __hash__ = object.__hash__


class SmallGadget(Gadget):
    """A subclass that exists at registration."""


class Tool(Gadget):
    """Its adapter says that it keeps subclasses."""


class Hammer(Tool):
    """A subclass that exists at registration."""


class Saw(Tool):
    """A subclass that pickles in its own way."""

    def __reduce__(self) -> tuple[object, ...]:
        return Saw, ("its own way",)


def state_of(gadget: Gadget) -> object:
    return gadget.state


def state_and_class(tool: Tool) -> tuple[type[Tool], object]:
    return type(tool), tool.state


def rebuild_tool(state: tuple[type[Tool], object]) -> Tool:
    return state[0](state[1])


def refuse(anything: object) -> None:
    raise ValueError("no such thing")


class Refused(Gadget):
    """Its serializer raises."""


class Unbuildable(Gadget):
    """Its factory raises."""


def comparable(obj: Any) -> Any:
    """The same for what was sent and what arrived, in which bytearrays have become memoryviews."""
    if isinstance(obj, Gadget):
        return "gadget", comparable(obj.state)
    if isinstance(obj, ffi.CData):
        return ffi.typeof(obj), ffi.buffer(obj)[:]
    if isinstance(obj, dict):
        return {key: comparable(value) for key, value in obj.items()}
    if type(obj) in (list, tuple):
        return type(obj)(map(comparable, obj))
    return bytes(obj) if isinstance(obj, (bytearray, memoryview)) else obj


adapters.register(Gadget, state_of, Gadget)
adapters.register(Tool, state_and_class, rebuild_tool, name="tools.Tool", subclasses=True)
adapters.register(Refused, refuse, Refused)
adapters.register(Unbuildable, state_of, refuse)
adapters.register_struct(ffi.typeof("gear_t *"))
