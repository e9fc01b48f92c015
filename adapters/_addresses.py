"""Addresses of this process: which numbers are addresses, and which objects are pointers."""

from __future__ import annotations

import sys
from bisect import bisect
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from adapters._wire.buffers import is_buffer
from adapters._wire.ctype import ctype_of, is_address
from adapters._wire.served import adapter_for

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST = 1 << 32  # numbers below are more often numbers than addresses
_SEARCHED = 4096  # bytes of a buffer, items of a ctypes array: of larger buffers nothing is read
_WORD = 8 if sys.maxsize > 1 << 32 else 4  # bytes


class MappedMemory:
    """The memory that this process has mapped; empty where the system does not say.

    `number in MappedMemory()` says whether a number of 2**32 or more is an address in it.
    """

    def __init__(self) -> None:
        self._bounds: list[int] = []  # beginnings and ends in turn, ascending
        with suppress(OSError, ValueError), open("/proc/self/maps", encoding="latin-1") as file:
            for line in file:
                begin, end = line.split(" ", 1)[0].split("-")
                # The kernel's pages have the same addresses in all processes.
                if not line.rstrip().endswith(("[vsyscall]", "[vvar]")):
                    self._bounds += int(begin, 16), int(end, 16)

    def __contains__(self, number: int) -> bool:
        return number >= _LEAST and bisect(self._bounds, number) % 2 == 1


def is_ctypes_pointer(kind: type) -> bool:
    """Whether the objects of a type are pointers of ctypes."""
    ctypes: Any = sys.modules.get("_ctypes")
    if ctypes is None:
        return False
    if issubclass(kind, ctypes._SimpleCData):
        return getattr(kind, "_type_", "") in ("P", "z", "Z")  # void *, char *, wchar_t *
    return issubclass(kind, (ctypes._Pointer, ctypes.CFuncPtr))


def pointer_in_words(obj: object) -> str:
    """What kind of pointer an object is, "" if it is none or if an adapter serves it."""
    ctype = ctype_of(obj)
    if ctype is not None and is_address(ctype) and adapter_for(obj) is None:
        return f"C data of type {ctype.cname!r}"
    return "a pointer of ctypes" if is_ctypes_pointer(type(obj)) else ""


def numbers_in(value: Any, path: str = "") -> Iterator[tuple[str, int]]:
    """The integers of which an object consists, each with the path of the field that holds it.

    An int, the words of a buffer of at most 4 KiB, the numbers of ctypes, and the fields of its
    structs, unions and arrays (the first 4096 items).
    """
    ctypes: Any = sys.modules.get("_ctypes")
    if type(value) is int:
        yield path, value
    elif is_buffer(value):
        view = memoryview(value)
        if view.c_contiguous and view.nbytes <= _SEARCHED:
            data = view.tobytes()
            for at in range(0, len(data) - _WORD + 1, _WORD):
                yield path, int.from_bytes(data[at : at + _WORD], sys.byteorder)
    elif ctypes is None:
        return
    elif isinstance(value, ctypes._SimpleCData):
        yield from numbers_in(value.value, path)
    elif isinstance(value, (ctypes.Structure, ctypes.Union)):
        for base in type(value).__mro__:
            for field in vars(base).get("_fields_", ()):
                yield from numbers_in(getattr(value, field[0]), f"{path}.{field[0]}")
    elif isinstance(value, ctypes.Array):
        for place, item in enumerate(value[:_SEARCHED]):
            yield from numbers_in(item, f"{path}[{place}]")
