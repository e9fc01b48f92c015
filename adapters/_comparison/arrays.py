"""What is seen of arrays and buffers: the elements, and how they lie in memory."""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from math import prod
from typing import TYPE_CHECKING, Any

from adapters._comparison.seen import Array

if TYPE_CHECKING:
    from collections.abc import Callable

_WHOLE = 16 << 20  # bytes: of more, a digest is kept
_STRUCT = 4096  # bytes: C objects of more are rare
_WORD = 8 if sys.maxsize > 1 << 32 else 4  # bytes
_FEW = 10_000  # elements that are kept as they are, where their bytes do not tell them
_FORMATS = frozenset("bBhHiIlLqQfd?")  # of elements that memoryview takes apart


class Arrays:
    """The arrays met in one object, and whose memory each shares.

    Args:
        in_memory: Whether a number is an address of this process.
    """

    def __init__(self, in_memory: Callable[[int], bool]) -> None:
        self._in_memory = in_memory
        # By the id of the object that owns the memory: (begin, end, number of the array).
        self._memory: dict[int, list[tuple[int, int, int]]] = {}
        self._number = 0

    def array(self, obj: Any, show: Callable[[Any], Any], *, owned: bool) -> Array | None:
        """What is seen of an array or a buffer; None if the object is none.

        A small buffer may be the struct of a C object: addresses in it are left out.

        Args:
            obj: Any object.
            show: What shows the elements of an array that has no bytes.
            owned: Whether the object holds it, and has not made it to be read.
        """
        kind = type(obj)
        if all(hasattr(kind, name) for name in ("dtype", "shape", "tolist")):
            return self._of_numbers(obj, show, owned)
        try:
            view = memoryview(obj)
        except (TypeError, ValueError, BufferError):
            return None
        with view:
            layout = f"format {view.format!r} and shape {view.shape}"
            order = _order(view.c_contiguous, view.f_contiguous) if owned else ""
            writable = not view.readonly if owned else None
            kept = _kept(self._without_addresses(view.tobytes()))
            shape = tuple(view.shape or ())
            return Array(layout, order, writable, None, *kept, view.format, shape, None)

    def _of_numbers(self, obj: Any, show: Callable[[Any], Any], owned: bool) -> Array:
        shape = tuple(map(int, obj.shape))
        layout = f"dtype {obj.dtype} and shape {shape}"
        flags: Any = getattr(obj, "flags", None) if owned else None
        order, writable, shares = "", None, None
        if hasattr(flags, "writeable") and shape:
            order = _order(flags.c_contiguous, flags.f_contiguous)
            writable = bool(flags.writeable)
            shares = self._shares(obj)
        if getattr(obj.dtype, "hasobject", False) or not hasattr(obj, "tobytes"):
            elements = show(obj.tolist())
            return Array(layout, order, writable, shares, None, "", shape, elements)
        kept = _kept(obj.tobytes())
        mark = obj.dtype.char if getattr(obj.dtype, "isnative", False) else ""
        told = mark in _FORMATS or prod(shape) > _FEW
        elements = None if told else show(obj.tolist())
        return Array(layout, order, writable, shares, *kept, mark, shape, elements)

    def _without_addresses(self, data: bytes) -> bytes:
        """The bytes of a small buffer, with nothing where words are addresses."""
        if len(data) > _STRUCT:
            return data
        words = [data[at : at + _WORD] for at in range(0, len(data), _WORD)]
        found = [self._in_memory(int.from_bytes(word, sys.byteorder)) for word in words]
        return b"".join(
            bytes(_WORD) if each and len(word) == _WORD else word
            for each, word in zip(found, words, strict=True)
        )

    def _shares(self, obj: Any) -> int | None:
        """The number of the first array met before that has some of the memory of this one."""
        self._number += 1
        owner, begin = obj, obj.__array_interface__["data"][0]
        while getattr(owner, "base", None) is not None:
            owner = owner.base
        steps = [(length - 1) * step for length, step in zip(obj.shape, obj.strides, strict=True)]
        begin, end = begin + sum(s for s in steps if s < 0), begin + sum(s for s in steps if s > 0)
        known = self._memory.setdefault(id(owner), [])
        first = (each for at, to, each in known if at <= end and begin <= to and obj.size)
        shares = next(first, None)
        known.append((begin, end, self._number))
        return shares


def _order(is_c: bool, is_fortran: bool) -> str:
    return "" if is_c == is_fortran else "C" if is_c else "F"


def _kept(data: bytes) -> tuple[bytes]:
    """The bytes, or what stands for very many."""
    return (data if len(data) <= _WHOLE else hashlib.blake2b(data).digest(),)


def elements(array: Array) -> Any:
    """The elements of an array as nested lists; None where its bytes do not tell."""
    if array.data is None or array.format not in _FORMATS:
        return array.elements
    mark: Any = array.format
    with suppress(TypeError, ValueError):
        view = memoryview(array.data)
        if 0 in array.shape or not array.shape:
            return view.cast(mark).tolist()
        return view.cast(mark, array.shape).tolist()
    return None


def in_words(array: Array, other: Array) -> tuple[str, str] | None:
    """How the layouts of two arrays differ: what the first has, and what the other has."""
    if array.layout != other.layout:
        return array.layout, other.layout
    if array.order and other.order and array.order != other.order:
        orders = {"C": "its axes in the order of C", "F": "its axes in the order of Fortran"}
        return orders[array.order], orders[other.order]
    if None in (array.writable, other.writable):
        return None
    if array.writable != other.writable:
        return _memory(array.writable), _memory(other.writable)
    if (array.shares is None) != (other.shares is None):
        return _shared(array.shares), _shared(other.shares)
    return None


def _memory(writable: bool | None) -> str:
    return "memory that can be written to" if writable else "memory that is read-only"


def _shared(shares: int | None) -> str:
    return "memory of its own" if shares is None else "memory that another part has, too"
