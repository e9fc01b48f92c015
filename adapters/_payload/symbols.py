"""Symbols: what stands for the values of a payload in a run that makes none of them.

A constant (None, a bool, number or str) stands for itself; anything else is an object of a class
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._payload import budget

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from adapters._wire.provider import Provider

    AdapterKey: TypeAlias = tuple[str, int, Provider]

# Functions that make plain data, by the names that picklers write where a protocol has no opcode,
# and the types that they make. The second pass of trusted loading calls these types and the
# factories of adapters, and nothing else.
_TYPES = (bytearray, bytes, complex, dict, frozenset, list, memoryview, set, tuple)
PLAIN: dict[str, Any] = {f"builtins.{kind.__name__}": kind for kind in _TYPES}
PLAIN["_codecs.encode"] = bytes
REBUILD, COMPLETE, SPEC = "adapters.rebuild", "adapters.complete", "adapters.Spec"
KNOWN = {*PLAIN, REBUILD, COMPLETE, SPEC}  # all that plain data and objects of adapters name


class BytesLike:
    """A bytes-like value of `size` bytes; `data` is None where they are not in the payload."""

    __slots__ = ("data", "hashable", "kind", "size")

    def __init__(self, kind: type, data: bytes | None, size: int) -> None:
        self.kind, self.data, self.size = kind, data, size
        self.hashable = kind is not bytearray


class Container:
    """A container.

    Attributes:
        kind: list, tuple, dict, set, frozenset or Spec.
        items: Its items; of a dict, keys and values by turns.
        starts: Of a tuple, where in the payload its items begin, and where the last one ends.
        depth: Levels of containers and objects, itself included.
        total: Of one that cannot change any more: the values in it, each as often as it is met.
        hashable: Of one that cannot change any more: whether it may be a key.
        given: Whether code of an adapter was given it, so that it must not grow any more.
    """

    __slots__ = ("depth", "given", "hashable", "items", "kind", "starts", "total")

    def __init__(self, kind: type, items: list[Any], starts: Sequence[int] = ()) -> None:
        self.kind, self.items, self.starts = kind, items, starts
        self.depth = self.total = 1
        self.hashable = self.given = False


class Made:
    """An object that an adapter makes.

    Attributes:
        key: The adapter's name, the version of the state, and the provider.
        depth: Levels of containers and objects, itself included.
        given: Whether a factory was given it.
        complete: Whether the payload has given it its attributes and links.
        attributes: Its attributes, None if it has none yet.
    """

    __slots__ = ("attributes", "complete", "depth", "given", "key")

    def __init__(self, key: AdapterKey, depth: int) -> None:
        self.key, self.depth = key, depth
        self.given = self.complete = False
        self.attributes: Container | None = None


class Global(NamedTuple):
    """A global that the payload names, by `path`: module and name."""

    path: str


class Opaque(NamedTuple):
    """An object that only running the payload would make; `what` describes it."""

    what: str
    depth: int = 1


def shown(name: str) -> str:
    """A name from a payload as messages show it: shortened, with control characters escaped."""
    name = name if len(name) <= budget.NAME else f"{name[: budget.NAME]}..."
    return name if name.isascii() and name.isprintable() else ascii(name)
