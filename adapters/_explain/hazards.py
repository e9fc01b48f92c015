"""Hazards: parts that pickle and may be wrong all the same (addresses, open files, copies).

Only types that are known to be hazardous are looked at; for all others it costs one look-up.
"""

from __future__ import annotations

import io
import sys
from itertools import islice
from math import prod
from typing import Any, NamedTuple

from adapters._addresses import MappedMemory, is_ctypes_pointer, numbers_in
from adapters._explain.parts import LEAVES
from adapters._explain.reducers import pickled_otherwise
from adapters._wire.buffers import CONTAINERS, is_buffer
from adapters._wire.served import adapter_for
from adapters.errors import suppress_failures

_STATES = 10_000  # parts of a state that are looked at
LARGE = 1 << 16  # bytes: a smaller part, or copy, costs little


class Hazard(NamedTuple):
    """What may be wrong about a part, what to do, and the kind of the finding."""

    problem: str
    advice: str
    kind: str


# What to do; `advice` says the same of such parts if they do not pickle.
OWNER = "register an adapter for the type that owns it"
LINKS = "pass what refers back through register(..., links=, link=), which come after the factory"
LIBRARY = "call adapters.register({0}, lambda library: library._name, {0})"
CONNECT = "send the address, and connect there"
OPEN = "send its path, and open it there"

_POINTER = Hazard("it is a pointer; an address means nothing in another process", OWNER, "address")
_LIBRARY = Hazard(
    "it is a library that ctypes has loaded, with handles of this process", LIBRARY, "address"
)
_CAPSULE = Hazard(
    "it is a capsule, which holds an address; its reducer may have written that", OWNER, "address"
)
_CONNECTION = Hazard("it is an open connection", CONNECT, "file")
_FILE = Hazard(
    "it is an open file; what arrives is another one, or a copy of its contents", OPEN, "file"
)


class Hazards:
    """Finds the hazards of parts; remembers the types without any, and the mapped memory."""

    def __init__(self) -> None:
        self._harmless: set[type] = set()
        self._otherwise: dict[type, tuple[str, str] | None] = {}  # what `pickled_otherwise` says
        self._memory: MappedMemory | None = None

    def of(self, part: Any) -> Hazard | None:
        """The hazard of a part, None if there is none.

        One without a problem is undecided: `copy_hazard` decides by the size, and the walk about
        one of kind "state" by what is above the part.
        """
        kind = type(part)
        if kind not in self._harmless:
            with suppress_failures():
                return self._hazard(part, kind)
        return None

    def _hazard(self, part: Any, kind: type) -> Hazard | None:
        if kind not in self._otherwise:
            self._otherwise[kind] = pickled_otherwise(part)
        if otherwise := self._otherwise[kind]:
            return Hazard(*otherwise, "reducer")
        adapter = adapter_for(part)
        if adapter is not None:
            return Hazard("", "", "state") if _holds_objects(adapter.serialize(part)) else None
        ctypes: Any = sys.modules.get("_ctypes")
        if issubclass(kind, io.IOBase) and not issubclass(kind, (io.BytesIO, io.StringIO)):
            return None if part.closed else _FILE
        if issubclass(kind, getattr(sys.modules.get("_socket"), "socket", ())):
            return _CONNECTION
        if kind.__name__ == "PyCapsule":
            return _CAPSULE
        if is_ctypes_pointer(kind):
            return _POINTER
        if issubclass(kind, getattr(sys.modules.get("ctypes"), "CDLL", ())):
            return _LIBRARY
        if ctypes is not None and issubclass(
            kind, (ctypes.Structure, ctypes.Union, ctypes.Array, ctypes._SimpleCData)
        ):
            return self._address_in(part)
        if getattr(kind, "__module__", "") != "builtins" and hasattr(kind, "nbytes"):
            return _perhaps_a_copy(part)
        self._harmless.add(kind)
        return None

    def _address_in(self, part: Any) -> Hazard | None:
        for field, number in numbers_in(part):
            self._memory = self._memory or MappedMemory()
            if number in self._memory:
                holder = f"its {field.lstrip('.')}" if field else "it"
                problem = f"{holder} is {number:#x}, which is an address in this process"
                return Hazard(problem, "leave it out; send what it points at", "address")
        return None


def copy_hazard(part: Any, size: int) -> Hazard | None:
    """The hazard of a part that takes `size` bytes in the message, far more than it shows.

    A view may carry its base along; a view that repeats its memory is written out in full.
    """
    held = _nbytes(part)
    if held is None or size < LARGE:
        return None
    if size > 2 * held + 4096:
        problem = f"{size:,} bytes for the {held:,} that it shows: it carries what it is a view of"
        return Hazard(problem, "send a copy of the part that is needed", "copy")
    stored = _stored(part)
    if stored is not None and size > 2 * stored + 4096:
        problem = f"{size:,} bytes for {stored:,} in memory: it repeats them, and each goes"
        return Hazard(problem, "send what it repeats, and repeat it there", "copy")
    return None


def state_hazard(holder: str) -> Hazard:
    """The hazard of a native object whose state refers to what holds it, at the path `holder`."""
    problem = (
        f"its state refers to {holder}, which holds it: the factory gets that one before it has its"
        " attributes or items"
    )
    return Hazard(problem, LINKS, "state")


def _holds_objects(state: Any) -> bool:
    """Whether a state holds anything that may refer to other objects."""
    todo = [state]
    for part in islice(todo, _STATES):  # the list grows meanwhile
        kind = type(part)
        if kind is dict:
            todo += [*part, *part.values()]
        elif kind in CONTAINERS:
            if not LEAVES.issuperset(map(type, part)):
                todo += part
        elif kind not in LEAVES and not is_buffer(part):
            return True
    return False


def _perhaps_a_copy(part: Any) -> Hazard | None:
    held = _nbytes(part)
    is_view = getattr(part, "base", None) is not None or _stored(part) is not None
    return Hazard("", "", "copy") if held is not None and (is_view or held >= LARGE) else None


def _nbytes(part: Any) -> int | None:
    held = getattr(part, "nbytes", None)
    mixed = getattr(getattr(part, "dtype", None), "hasobject", False)
    return held if type(held) is int and not mixed else None


def _stored(part: Any) -> int | None:
    """The memory of an array with steps (strides) of 0, which repeats what it has; else None."""
    strides, shape = getattr(part, "strides", None), getattr(part, "shape", None)
    if type(strides) is not tuple or type(shape) is not tuple or 0 not in strides:
        return None
    repeated = zip(strides, shape, strict=True)
    return int(part.itemsize * prod(length for step, length in repeated if step))
