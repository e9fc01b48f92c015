"""What pickles and may be wrong all the same, for `explain`: addresses, open files, copies.

Only types that are known to be dangerous are looked at, and each costs one look into a dict.
"""

from __future__ import annotations

import io
import sys
from bisect import bisect
from typing import TYPE_CHECKING, Any

from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # The kind of the finding, what is wrong and what to do; or None.
    Doubt = tuple[str, str, str] | None

_LARGE = 1 << 16  # bytes: below, nobody minds a copy
_LOWEST = 1 << 32  # numbers below are more often numbers than addresses
_ITEMS = 4096  # of an array of ctypes


class Doubts:
    """Looks at parts; remembers types, and where this process has memory."""

    def __init__(self) -> None:
        self._looks: dict[type, Callable[[Any], Doubt] | None] = {}
        self._memory: list[int] | None = None

    def about(self, part: Any) -> Doubt:
        """What is doubtful about a part whatever it pickles to, and what to do; None if nothing."""
        kind = type(part)
        try:
            look = self._looks[kind]
        except KeyError:
            look = self._looks[kind] = self._look_for(kind)
        if look is None:
            return None
        try:
            return look(part)
        except FAILURES:
            return None

    def doubtful(self, part: Any) -> bool:
        """Whether there is something to say about a part, or its size has to be compared."""
        return self.about(part) is not None

    def copies(self, part: Any, size: int) -> Doubt:
        """Whether a part that takes `size` bytes in the message is more than it seems.

        A view may take its base along; one that repeats its memory is written out in full.
        """
        held = _bytes_of(part)
        if held is None or size < _LARGE:
            return None
        if size > 2 * held + 4096:
            return (
                "copy",
                f"{size:,} bytes for the {held:,} that it shows: it carries what it is a view of",
                "send a copy of the part that is needed",
            )
        stored = _stored(part)
        if stored is not None and size > 2 * stored + 4096:
            return (
                "copy",
                f"{size:,} bytes for {stored:,} in memory: it repeats them, and each goes",
                "send what it repeats, and repeat it there",
            )
        return None

    def _look_for(self, kind: type) -> Callable[[Any], Doubt] | None:
        module = getattr(kind, "__module__", "")
        if issubclass(kind, io.IOBase) and not issubclass(kind, (io.BytesIO, io.StringIO)):
            return _open_file
        socket: Any = sys.modules.get("_socket")
        if socket is not None and issubclass(kind, socket.socket):
            return _open_socket
        if kind.__name__ == "PyCapsule":
            return _capsule
        ctypes: Any = sys.modules.get("_ctypes")
        if ctypes is not None:
            if issubclass(kind, (ctypes._Pointer, ctypes.CFuncPtr)):
                return _pointer
            if issubclass(kind, (ctypes.Structure, ctypes.Union, ctypes._SimpleCData)):
                return self._addresses_in
            if issubclass(kind, ctypes.Array):
                return self._addresses_in
        if module != "builtins" and hasattr(kind, "nbytes"):
            return _perhaps_a_view
        return None

    def _addresses_in(self, part: Any) -> Doubt:
        for field, value in _numbers_in(part, ""):
            if value >= _LOWEST and self._is_address(value):
                where = f"its {field.lstrip('.')} is" if field else "it is"
                return (
                    "address",
                    f"{where} {value:#x}, which is an address in this process",
                    "leave the address out; send what it points at",
                )
        return None

    def _is_address(self, value: int) -> bool:
        if self._memory is None:
            self._memory = _mapped()
        return bisect(self._memory, value) % 2 == 1


def _mapped() -> list[int]:
    """Where this process has memory, as beginnings and ends in turn; nothing if nobody tells."""
    bounds: list[int] = []
    try:
        with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
            for line in maps:
                start, _, end = line.split(" ", 1)[0].partition("-")
                bounds += int(start, 16), int(end, 16)
    except (OSError, ValueError):
        return []
    return bounds


def _numbers_in(value: Any, path: str) -> Iterator[tuple[str, int]]:
    """The integers in an object of ctypes, each with the path of its field."""
    ctypes: Any = sys.modules["_ctypes"]
    if type(value) is int:
        yield path, value
    elif isinstance(value, ctypes._SimpleCData):
        yield from _numbers_in(value.value, path)
    elif isinstance(value, (ctypes.Structure, ctypes.Union)):
        for base in type(value).__mro__:
            for field in vars(base).get("_fields_", ()):
                yield from _numbers_in(getattr(value, field[0]), f"{path}.{field[0]}")
    elif isinstance(value, ctypes.Array):
        for place, item in enumerate(value[:_ITEMS]):
            yield from _numbers_in(item, f"{path}[{place}]")


def _open_file(part: Any) -> Doubt:
    if part.closed:
        return None
    return (
        "file",
        "it is an open file; what arrives is another one, or a copy of its contents",
        "send its path, and open it there",
    )


def _open_socket(part: Any) -> Doubt:
    return "file", "it is an open connection", "send the address, and connect there"


def _capsule(part: Any) -> Doubt:
    return (
        "address",
        "it is a capsule, which holds an address; its reducer may have written that",
        "register an adapter for the type that owns it",
    )


def _pointer(part: Any) -> Doubt:
    return (
        "address",
        "it is a pointer; an address means nothing in another process",
        "register an adapter for the type that owns it",
    )


def _perhaps_a_view(part: Any) -> Doubt:
    """Something to compare sizes of: what shows little may be the view of much."""
    stored = _stored(part)
    held = _bytes_of(part)
    if held is None or (stored is None and getattr(part, "base", None) is None and held < _LARGE):
        return None
    return "copy", "", ""


def _bytes_of(part: Any) -> int | None:
    held = getattr(part, "nbytes", None)
    mixed = getattr(getattr(part, "dtype", None), "hasobject", False)
    return held if type(held) is int and not mixed else None


def _stored(part: Any) -> int | None:
    """The memory of an array some of whose steps are 0: it repeats what it has."""
    strides, shape = getattr(part, "strides", None), getattr(part, "shape", None)
    if type(strides) is not tuple or type(shape) is not tuple or 0 not in strides:
        return None
    size = int(part.itemsize)
    for step, length in zip(strides, shape, strict=True):
        size *= length if step else 1
    return size
