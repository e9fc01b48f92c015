"""Symbols: what stands for the values of a payload in a run that makes none of them.

A constant (None, a bool, number or str) stands for itself; anything else is an object of a class
here.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._payload import budget

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from adapters._payload.tables import DictTable
    from adapters._wire.provider import Provider

    AdapterKey: TypeAlias = tuple[str, int, Provider]

# Functions that make plain data, by the names that picklers write where a protocol has no opcode,
# and the types that they make. The second pass of trusted loading calls these types and the
# factories of adapters, and nothing else.
_TYPES = (bytearray, bytes, complex, dict, frozenset, list, memoryview, set, tuple)
PLAIN: dict[str, Any] = {f"builtins.{kind.__name__}": kind for kind in _TYPES}
PLAIN["_codecs.encode"] = bytes
FROZENDICT = "builtins.frozendict"  # which came with Python 3.15
if hasattr(builtins, "frozendict"):
    PLAIN[FROZENDICT] = builtins.frozendict
REBUILD, COMPLETE, SPEC = "adapters.rebuild", "adapters.complete", "adapters.Spec"
KNOWN = {*PLAIN, REBUILD, COMPLETE, SPEC}  # all that plain data and objects of adapters name

# What `given` of a container says: which code was given it, so that it must not grow any more.
NOT_GIVEN, AS_ATTRIBUTES, TO_LINK, TO_FACTORY = range(4)


class BytesLike:
    """A bytes-like value of `size` bytes; `data` is None where they are not in the payload."""

    __slots__ = ("data", "kind", "size")

    def __init__(self, kind: type, data: bytes | None, size: int) -> None:
        self.kind, self.data, self.size = kind, data, size


class Container:
    """A list, dict or set; what the classes below it stand for cannot grow.

    Attributes:
        kind: list, tuple, dict, set, frozenset, frozendict, Spec, or object for an object of an
            adapter.
        items: Its items; of a dict or frozendict, keys and values by turns.
        depth: Levels of containers and objects, itself included.
        inside: Whether it was put into another one.
        given: Which code was given it.
        copied: Of one that was given, the bytes that a copy of it takes.
        table: Of a large dict or set, the places of its keys.
    """

    __slots__ = ("copied", "depth", "given", "inside", "items", "kind", "table")

    def __init__(self, kind: type, items: list[Any]) -> None:
        self.kind, self.items = kind, items
        self.depth = 1
        self.inside = self.given = self.copied = 0
        self.table: DictTable | None = None


class Closed(Container):
    """A tuple, frozenset, frozendict or spec.

    Attributes:
        starts: Of a short tuple, where in the payload its items begin, and where the last one ends.
        time: The time that its hash takes.
        hashable: Whether it has one.
        hash: The hash of one that was a key, None where only the value itself will tell.
        known: Whether the hash follows from the payload.
    """

    __slots__ = ("hash", "hashable", "known", "starts", "time")

    def __init__(self, kind: type, items: list[Any], starts: Sequence[int] = ()) -> None:
        super().__init__(kind, items)
        self.starts = starts
        self.time = 1
        self.hashable = self.known = True
        self.hash: int | None = None


class Made(Container):
    """An object that an adapter makes; `items` are its state, its attributes and its links.

    Attributes:
        key: The adapter's name, the version of the state, and the provider.
    """

    __slots__ = ("key",)

    def __init__(self, key: AdapterKey, state: Any, depth: int) -> None:
        super().__init__(object, [state])
        self.key, self.depth = key, depth

    @property
    def complete(self) -> bool:
        """Whether the payload has given it its attributes and links."""
        return len(self.items) == 3


CONTAINERS = frozenset((Container, Closed, Made))


class Global(NamedTuple):
    """A global that the payload names, by `path`: module and name."""

    path: str


class Opaque(NamedTuple):
    """An object that only running the payload would make; `what` describes it."""

    what: str


def is_usual(path: str, how: str) -> bool:
    """Whether picklers call a function of `KNOWN` by this opcode."""
    return how == "REDUCE" or (how == "NEWOBJ" and path == FROZENDICT)


def shown(name: str) -> str:
    """A name from a payload as messages show it: shortened, with control characters escaped."""
    name = name if len(name) <= budget.NAME else f"{name[: budget.NAME]}..."
    return name if name.isascii() and name.isprintable() else ascii(name)
