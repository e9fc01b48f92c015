"""Symbols for what a payload would make, and the names that it may use.

Constants are themselves; all else is one of the classes here.
"""

from __future__ import annotations

from typing import Any

# What plain data is written with, besides opcodes of its own.
PLAIN = frozenset(
    (
        "_codecs.encode",
        "builtins.bytearray",
        "builtins.bytes",
        "builtins.complex",
        "builtins.dict",
        "builtins.frozenset",
        "builtins.list",
        "builtins.memoryview",
        "builtins.set",
        "builtins.tuple",
    )
)
VALUE = 32  # bytes of memory that a value takes, with the slot that refers to it; rounded up
REBUILD, SPEC = "adapters.rebuild", "adapters.Spec"

_SHOWN = 120  # characters of a name


class Bytes:
    """A bytes-like value of `size` bytes; `data` is None where they are not in the payload."""

    __slots__ = ("data", "kind", "size")

    def __init__(self, kind: type, data: bytes | None, size: int) -> None:
        self.kind, self.data, self.size = kind, data, size


class Many:
    """A container: its items or, of a dict, keys and values by turns.

    `tree` is the number of values in it, each as often as it is met, of what cannot change any
    more; `depth` is how deep they are nested; `seen` says that a factory has been given it.
    """

    __slots__ = ("depth", "hashable", "items", "kind", "last", "seen", "tree")

    def __init__(self, kind: type, items: list[Any], last: int = 0) -> None:
        self.kind, self.items, self.last = kind, items, last
        self.depth = self.tree = 1
        self.hashable = self.seen = False


class Global:
    """A global that the payload names."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    @property
    def path(self) -> str:
        """Module and name."""
        return f"{self.module}.{self.name}"


class Made:
    """An object that only running the payload would make; `what` says so."""

    __slots__ = ("depth", "what")

    def __init__(self, what: str, depth: int = 1) -> None:
        self.what, self.depth = what, depth


def adapter_parts(arguments: Any) -> tuple[str, int, Any] | None:
    """Name, version and provider from the arguments of a rebuild, None where they are others."""
    if type(arguments) is not Many or arguments.kind is not tuple or len(arguments.items) != 4:
        return None
    name, version, provider, _state = arguments.items
    if type(name) is not str or type(version) is not int:
        return None
    if type(provider) is Many and provider.kind is tuple and len(provider.items) == 2:
        fingerprint, body = provider.items
        constant = type(body) is str or (type(body) is Bytes and body.kind is bytes)
        known = constant and (type(body) is str or body.data is not None)
        return (name, version, provider) if known and type(fingerprint) is str else None
    return (name, version, provider) if type(provider) is str else None


def shown(name: str) -> str:
    """A name from a payload, for people: nothing that a terminal would obey, and not too long."""
    name = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."
    return name if name.isascii() and name.isprintable() else ascii(name)
