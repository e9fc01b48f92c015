"""Symbols: what stands for the values of a payload in a run that makes none of them.

A constant (None, a bool, number or str) stands for itself; anything else is an object of a class
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters._payload import budget

if TYPE_CHECKING:
    from collections.abc import Callable

# Functions that make plain data, by the names that picklers write where a protocol has no opcode.
# The second pass of trusted loading calls these and the factories of adapters, and no others.
PLAIN: dict[str, Callable[..., Any]] = {
    # By method and not by name, which would import a codec.
    "_codecs.encode": lambda text, _encoding: text.encode("latin-1"),
    "builtins.bytearray": lambda value=b"", encoding=None: bytearray(
        value if encoding is None else value.encode("latin-1")
    ),
    "builtins.bytes": bytes,
    "builtins.complex": complex,
    "builtins.dict": dict,
    "builtins.frozenset": frozenset,
    "builtins.list": list,
    "builtins.memoryview": memoryview,
    "builtins.set": set,
    "builtins.tuple": tuple,
}
REBUILD, SPEC = "adapters.rebuild", "adapters.Spec"
KNOWN = {*PLAIN, REBUILD, SPEC}  # all that plain data and objects of adapters name


class BytesLike:
    """A bytes-like value of `size` bytes; `data` is None where they are not in the payload."""

    __slots__ = ("data", "kind", "size")

    def __init__(self, kind: type, data: bytes | None, size: int) -> None:
        self.kind, self.data, self.size = kind, data, size


class Container:
    """A container.

    Attributes:
        kind: list, tuple, dict, set, frozenset or Spec.
        items: Its items; of a dict, keys and values by turns.
        last: The number of bytes in the payload that make a tuple's last item.
        depth: Levels of containers and objects, itself included.
        total: Of one that cannot change any more: the values in it, each as often as it is met.
        hashable: Of one that cannot change any more: whether it may be a key.
        given: Whether a factory was given it.
    """

    __slots__ = ("depth", "given", "hashable", "items", "kind", "last", "total")

    def __init__(self, kind: type, items: list[Any], last: int = 0) -> None:
        self.kind, self.items, self.last = kind, items, last
        self.depth = self.total = 1
        self.hashable = self.given = False


class Global:
    """A global that the payload names, by `path`: module and name."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Opaque:
    """An object that only running the payload would make; `what` describes it."""

    __slots__ = ("depth", "what")

    def __init__(self, what: str, depth: int = 1) -> None:
        self.what, self.depth = what, depth


def adapter_parts(arguments: Any) -> tuple[str, int, Any] | None:
    """Name, version and provider from the arguments of `adapters.rebuild`.

    None if they are not what picklers write: four constants, the last one (the state) apart, where
    the provider may be a pair of strings, or of a string and bytes.
    """
    if type(arguments) is not Container or arguments.kind is not tuple or len(arguments.items) != 4:
        return None
    name, version, provider, _state = arguments.items
    if type(provider) is Container and provider.kind is tuple and len(provider.items) == 2:
        fingerprint, body = provider.items
        in_payload = type(body) is BytesLike and body.kind is bytes and body.data is not None
        valid = type(fingerprint) is str and (in_payload or type(body) is str)
    else:
        valid = type(provider) is str
    valid = valid and type(name) is str and type(version) is int
    return (name, version, provider) if valid else None


def shown(name: str) -> str:
    """A name from a payload, for people: shortened, and with control characters escaped."""
    name = name if len(name) <= budget.NAME else f"{name[: budget.NAME]}..."
    return name if name.isascii() and name.isprintable() else ascii(name)
