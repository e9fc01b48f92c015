"""Checks of the buffers that callers pass, and their memory as flat bytes without a copy."""

import sys
from typing import Any

# Formats of the struct module; no prefix, @ and = mean this machine's byte order.
_OWN_ORDER = "@=<" if sys.byteorder == "little" else "@=>"
_UINT64_FORMATS = ("Q", "L", "N")


def flat_bytes(source: Any, what: str) -> memoryview:
    """The bytes of a contiguous bytes-like object.

    Raises:
        TypeError: `source` is something else; the message begins with `what`.
    """
    try:
        # Before Python 3.12.7 a view of a view in a reference cycle, such as that of an exception
        # and its traceback, can crash the garbage collector (python/cpython#77894). So a view is
        # used as it is.
        view = source if type(source) is memoryview else memoryview(source)
    except TypeError:
        raise TypeError(f"{what} must be bytes-like, not {type(source).__qualname__}") from None
    if not view.c_contiguous:
        raise TypeError(f"{what} must be contiguous in memory")
    if view.nbytes == 0:  # memoryview refuses to cast a view with a 0 in its shape
        return memoryview(b"")
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


def is_constant(view: memoryview) -> bool:
    """Whether the memory is constant: that of bytes is, but not a read-only view of a bytearray."""
    return memoryview(view.obj).readonly


def uint64_bytes(source: Any, what: str) -> memoryview:
    """The bytes of a flat buffer of unsigned 64-bit integers in this machine's byte order.

    Plain bytes of a length divisible by 8 are accepted, too: a pipe delivers a buffer as bytes.

    Raises:
        TypeError: `source` is not such a buffer; the message begins with `what`.
    """
    flat = flat_bytes(source, what)
    view = memoryview(source)
    if _holds_uint64(view) or (view.ndim == 1 and view.format == "B" and len(flat) % 8 == 0):
        return flat
    raise _not_uint64(view, what)


def uint64_room(target: Any, what: str) -> memoryview:
    """A writable flat buffer of unsigned 64-bit integers, as a view of them.

    Raises:
        TypeError: `target` is no buffer, another one or read-only; the message begins with `what`.
    """
    flat = flat_bytes(target, what)
    view = memoryview(target)
    if not _holds_uint64(view):
        raise _not_uint64(view, what)
    if view.readonly:
        raise TypeError(f"{what} must be writable")
    return flat.cast("Q") if len(flat) else memoryview(bytearray()).cast("Q")


def _holds_uint64(view: memoryview) -> bool:
    kind = view.format.lstrip(_OWN_ORDER)
    return view.ndim == 1 and kind in _UINT64_FORMATS and view.itemsize == 8


def _not_uint64(view: memoryview, what: str) -> TypeError:
    return TypeError(
        f"{what} must be a flat buffer of unsigned 64-bit integers, such as array('Q'), not one of "
        f"{view.ndim} dimensions, {view.nbytes} bytes and format {view.format!r}"
    )
