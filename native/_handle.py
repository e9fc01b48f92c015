"""What both types need of the C library: who owns its memory, and its errors as exceptions."""

import copy
import operator
import os
from functools import partial
from typing import TYPE_CHECKING

from native._native import ffi, lib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Self

    from native._native import CData

_EXCEPTIONS: dict[int, tuple[type[Exception], str]] = {
    lib.NATIVE_NO_MEMORY: (MemoryError, "not enough memory"),
    lib.NATIVE_BAD_RANGE: (ValueError, "out of range"),
    lib.NATIVE_BAD_LENGTH: (ValueError, "a buffer of the wrong length"),
    lib.NATIVE_BAD_VALUE: (ValueError, "a number that cannot be"),
    lib.NATIVE_UNFINISHED: (RuntimeError, "not finished; call finish() first"),
    lib.NATIVE_BAD_OFFSETS: (ValueError, "offsets that descend or do not span the text"),
    lib.NATIVE_BAD_TEXT: (ValueError, "text that is not UTF-8"),
}


def check(status: int, subject: object) -> None:
    """Raise what a status code of the C library means; NATIVE_OK means nothing.

    Args:
        status: what the C function returned.
        subject: what it was about; its str() begins the message.
    """
    if status == lib.NATIVE_OK:
        return
    unknown = (SystemError, f"unknown status {status} of the C library")
    kind, message = _EXCEPTIONS.get(status, unknown)
    raise kind(f"{subject}: {message}")


class Owner:
    """A Python object that owns one object of the C library through a cffi pointer.

    The C object is freed when its last user lets go of the pointer: the Python objects that hold
    it, the calls that run with it, and the views of its memory. So `close` never frees what
    another thread, a slice or a memoryview still reads, and a forked child frees only its own copy.
    """

    # Of a closed object, too, this is a cffi object, which pickle refuses.
    _pointer: "CData" = ffi.NULL

    def _own(
        self,
        out: "CData",
        free: "Callable[[CData], None]",
        size: int,
        borrowed: "Iterable[CData]" = (),
    ) -> None:
        """Become the owner of what a C function put into `out`.

        Args:
            out: where the pointer is.
            free: the C function that gives the object back.
            size: about how many bytes it takes.
            borrowed: memory of others that it reads, to be kept until it is freed.
        """
        pointer = ffi.gc(out[0], free, size)
        for memory in borrowed:
            pointer = ffi.gc(pointer, _keeping(memory))
        self._pointer = pointer

    def _open(self) -> "CData":
        """The pointer; hold it for as long as C works with it."""
        pointer = self._pointer
        if pointer == ffi.NULL:
            raise ValueError(f"native.{type(self).__name__}: closed")
        return pointer

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return self._pointer == ffi.NULL

    def close(self) -> None:
        """Let go of the C memory; all but `closed` and repr raises ValueError from then on.

        Closing again does nothing.
        """
        self._pointer = ffi.NULL

    def _duplicate(self) -> "Self":
        """A second object with the same content, and with C memory of its own."""
        raise NotImplementedError

    def __copy__(self) -> "Self":
        duplicate = self._duplicate()
        for name, value in vars(self).items():
            vars(duplicate).setdefault(name, value)
        return duplicate

    def __deepcopy__(self, memo: dict[int, object]) -> "Self":
        duplicate = memo[id(self)] = self._duplicate()
        for name, value in vars(self).items():
            if name not in vars(duplicate):
                vars(duplicate)[name] = copy.deepcopy(value, memo)
        return duplicate

    def __enter__(self) -> "Self":
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lend(owner: "CData", pointer: "CData", size: int) -> memoryview:
    """Read-only bytes of C memory that belongs to `owner`, which the view keeps; no copy."""
    return memoryview(ffi.buffer(ffi.gc(pointer, _keeping(owner)), size)).toreadonly()


def _keeping(owner: "CData") -> "Callable[[CData], object]":
    """A destructor that does nothing but keep `owner` until then."""
    # Any callable that holds it would do; this one is C throughout, since Ctrl-C in a destructor
    # written in Python would be lost.
    return partial(operator.is_, owner)


def physical_memory() -> int | None:
    """Bytes of memory in this machine, or None where the system does not say."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return size if size > 0 else None
