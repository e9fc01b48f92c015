"""Handle: a Python object that owns an object of the C library through a cffi pointer.

Both types of `native` are handles, and that is why pickle refuses them: among the attributes of a
handle is the pointer, a cffi object, which has no reduction. (A pickled address would mean nothing
in another process.) To travel, they need an adapter: see `native.specs`.
"""

import copy
import operator
from functools import partial
from typing import TYPE_CHECKING

from native._native import ffi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Self

    from native._native import CData


class Handle:
    """Owner of one object of the C library.

    The C object is freed when the last reference to its pointer goes: references are held by the
    Python objects that use it, by calls in progress, and by views of its memory. So `close` never
    frees what another thread, a slice or a memoryview still reads, and a forked child frees only
    its own copy.
    """

    # A closed handle holds ffi.NULL, which is a cffi object, too: pickle refuses it all the same.
    _pointer: "CData" = ffi.NULL

    def _own(
        self,
        out: "CData",
        free: "Callable[[CData], None]",
        size: int,
        borrowed: "Iterable[CData]" = (),
    ) -> None:
        """Become the owner of what a C function stored in `out`.

        Args:
            out: the out parameter, which holds the pointer.
            free: the C function that frees the object.
            size: its approximate size in bytes, for the garbage collector.
            borrowed: memory that the C object reads and does not own, kept alive until it is freed.
        """
        pointer = ffi.gc(out[0], free, size)
        for memory in borrowed:
            pointer = ffi.gc(pointer, _keep_alive(memory))
        self._pointer = pointer

    def _open(self) -> "CData":
        """The pointer, to be referenced for as long as C works with it.

        Raises:
            ValueError: this handle is closed.
        """
        pointer = self._pointer
        if not pointer:
            raise ValueError(f"native.{type(self).__name__}: closed")
        return pointer

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return self._pointer == ffi.NULL

    def close(self) -> None:
        """Release the C memory; all but `closed` and repr raises ValueError from then on.

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
    """A read-only view of C memory, without a copy; the view keeps `owner` of the memory alive."""
    return memoryview(ffi.buffer(ffi.gc(pointer, _keep_alive(owner)), size)).toreadonly()


def _keep_alive(owner: "CData") -> "Callable[[CData], object]":
    """A destructor for ffi.gc that does nothing; until it runs, it references `owner`.

    A built-in function, since a KeyboardInterrupt in a destructor written in Python would be lost.
    """
    return partial(operator.is_, owner)
