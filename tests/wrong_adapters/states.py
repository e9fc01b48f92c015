"""Adapters whose examples or states are wrong, which shows without a rebuild."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import adapters
from wrong_adapters.base import WRONG, Thing, Wrong, ffi, value_of, wrong


# It is in a registry of its own.
class Unknown(Thing):
    pass


WRONG["Unknown"] = Wrong(
    "examples_are_served",
    adapters.Registry().register(Unknown, value_of, Unknown),
    [Unknown()],
    "adapters.registry",
)


class Pointing(Thing):
    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.memory = ffi.new("char[]", b"text")
        self.note = ffi.new("note_t *", {"size": 4, "text": self.memory})


def address_of_memory(thing: Pointing) -> int:
    return int(ffi.cast("uintptr_t", thing.memory))


def raw_note(thing: Pointing) -> bytes:
    return bytes(ffi.buffer(thing.note))


def own_id(thing: Thing) -> dict[str, int]:
    return {"key": id(thing)}


def pointer(thing: Pointing) -> Any:
    return ("text", [thing.memory])


def ctypes_pointer(thing: Thing) -> Any:
    return ctypes.c_void_p(1)


for _name, _serialize_it, _says in (
    ("AddressOfMemory", address_of_memory, "the address of the C memory of .memory"),
    ("RawStruct", raw_note, "the address of"),
    ("OwnId", own_id, "state['key'] holds 0x"),
    ("Pointer", pointer, "state[1][0] is C data of type 'char[]'"),
    ("CtypesPointer", ctypes_pointer, "a pointer of ctypes"),
):
    wrong(
        _name,
        "state_holds_no_address",
        _says,
        _serialize_it,
        cls=type(_name, (Pointing,), {"__module__": __name__}),
    )


def with_lock(thing: Thing) -> Any:
    return {"value": thing.value, "parts": [threading.Lock()]}


wrong("Locked", "state_pickles", "state['parts'][0] is a _thread.lock", with_lock)


def count_up(thing: Thing) -> Any:
    thing.value += 1
    return thing.value


wrong("Counting", "serializer_changes_nothing", "a second, different state", count_up, values=[1])


class Peeked(Thing):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Peeked) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def peek(thing: Thing) -> Any:
    thing.peeked = True  # type: ignore[attr-defined]
    return thing.value


def peeked(state: Any) -> Any:
    thing = Peeked(state)
    peek(thing)
    return thing


wrong("Peeked", "serializer_changes_nothing", "no longer equals", peek, peeked, cls=Peeked)
WRONG["Peeked"].examples[:] = [Peeked]
