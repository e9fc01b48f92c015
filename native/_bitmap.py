"""The bitmap of a Sieve in C memory: when it is allocated, who may write to it, how it is restored.

csrc/sieve.h describes its layout.
"""

import operator
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from native._buffers import flat_bytes, is_constant
from native._handle import Handle, lend
from native._native import ffi, lib
from native._status import check
from native._window import LARGEST_LAST, check_bounds

if TYPE_CHECKING:
    from typing_extensions import Self

    from native._native import CData

FIRST_PROGRESS = 7
RESIDUES = bytes((1, 7, 11, 13, 17, 19, 23, 29))  # modulo 30; the bitmap has a line for each
_CONVERTED_AT_ONCE = 1 << 16  # bytes of a line


class BitmapHandle(Handle):
    """Handle of a sieve_t: a window, how far it is sieved, and its bitmap once there is one."""

    def _adopt(self, out: "CData", borrowed: "Iterable[CData]" = ()) -> None:
        self._own(out, lib.sieve_free, 0, borrowed)
        self._changer: dict[str, object] = {}
        self._found: int | None = None  # primes in the window, once they have been counted

    @classmethod
    def _owning(cls, out: "CData", borrowed: "Iterable[CData]" = ()) -> "Self":
        handle = cls.__new__(cls)
        handle._adopt(out, borrowed)
        return handle

    def _has_bitmap(self, pointer: "CData") -> bool:
        return bool(pointer.lines)

    def _make_bitmap(self, pointer: "CData") -> None:
        """Allocate the bitmap, if there is none."""
        if not self._has_bitmap(pointer):
            first, last = self.first, self.last
            check_memory(first, last)
            check(lib.sieve_make_bitmap(pointer), describe_bitmap(first, last))

    @contextmanager
    def _changing(self) -> "Iterator[CData]":
        """Exclusive access to the C object, to change it; gives the pointer to it.

        Raises RuntimeError where another thread has access, and does not wait: a thread that had it
        at a fork never releases it in the child. A dict entry instead of a lock, since
        KeyboardInterrupt can be raised between `acquire` and `try`; `setdefault` is one step.
        """
        pointer = self._open()
        me = object()
        try:
            if self._changer.setdefault("is", me) is not me:
                raise self._busy()
            yield pointer
        finally:
            if self._changer.get("is") is me:
                del self._changer["is"]

    def _busy(self) -> RuntimeError:
        return RuntimeError(
            f"{self}: another thread is changing it, or was when this process was forked"
        )

    @property
    def first(self) -> int:
        """The first integer of the window."""
        return self._open().first

    @property
    def last(self) -> int:
        """One past the last integer of the window (an exclusive end, as in `range`)."""
        return self._open().last

    @property
    def progress(self) -> int:
        """The least n such that the multiples of all primes below n are known to be crossed off.

        It starts at 7, since multiples of 2, 3 and 5 are not stored, and ends at `needed` or at 7,
        whichever is larger.
        """
        return self._open().progress

    @property
    def needed(self) -> int:
        """What `progress` must reach: isqrt(last - 1) + 1, or 0 for the empty window."""
        return self._open().needed

    @property
    def finished(self) -> bool:
        """Whether all composites of the window are crossed off."""
        pointer = self._open()
        return pointer.progress >= pointer.needed

    @property
    def bitmap(self) -> memoryview:
        """The C memory of the bitmap, read-only and without a copy; it outlives `close`.

        It has eight lines of the same length, one for each residue r = 1, 7, 11, 13, 17, 19, 23,
        29. Bit i % 8 of byte i // 8 of such a line stands for the number 30 * (first // 30 + i) + r
        and is set where that is crossed off; 1, and what is outside of the window, always is.

        Raises:
            MemoryError: it is allocated only now, and is larger than memory.
            RuntimeError: it is allocated only now, and another thread is changing this sieve.
        """
        pointer = self._open()
        if not self._has_bitmap(pointer):
            with self._changing():
                self._make_bitmap(pointer)
        return lend(pointer, pointer.lines, len(RESIDUES) * pointer.stride)


def restore(
    first: Any, last: Any, progress: Any, source: Any, odd: bool = False
) -> "tuple[CData, list[CData]]":
    """A new sieve_t from the parts of a state with a bitmap.

    A finished bitmap in constant memory is used where it is. `odd` is for layout 1.

    Returns:
        The pointer, in an out parameter, and the memory that is used where it is, if any.
    """
    first, last = check_bounds(first, last)
    check_memory(first, last)
    bitmap = flat_bytes(source, "the bitmap of a native.Sieve")
    size = lib.sieve_bitmap_size(first, last)
    expected = (last // 2 - first // 2 + 7) // 8 if odd else size
    if len(bitmap) != expected:
        raise ValueError(
            f"the bitmap of the window [{first}, {last}) has {expected} bytes, not {len(bitmap)}"
        )
    progress = operator.index(progress)
    if not 0 <= progress <= LARGEST_LAST:
        raise ValueError(f"the progress of a sieve cannot be {progress}")
    if odd:
        bitmap = memoryview(_from_odds(first, size, bitmap))
        progress = FIRST_PROGRESS if 3 <= progress < FIRST_PROGRESS else progress
    out = ffi.new("sieve_t **")
    memory = ffi.from_buffer("char[]", bitmap)
    if is_constant(bitmap):
        status = lib.sieve_borrow(first, last, progress, memory, size, out)
        if status == lib.NATIVE_OK:
            return out, [memory]
    status = lib.sieve_restore(first, last, progress, memory, size, out)
    ffi.release(memory)  # see flat_bytes: the traceback of an error would hold a view of a view
    if status == lib.NATIVE_BAD_VALUE:
        raise ValueError(f"the progress of a sieve of [{first}, {last}) cannot be {progress}")
    check(status, describe_bitmap(first, last))
    if odd and expected == 0:  # without an odd number, layout 1 is finished from the start
        lib.sieve_raise_progress(out[0], last)
    return out, []


def _from_odds(first: int, size: int, odds: memoryview) -> bytearray:
    """A bitmap of `size` bytes from one of layout 1.

    There, bit i % 8 of byte i // 8 stands for the odd number (first | 1) + 2 * i: in each line,
    every 15th of them.
    """
    bitmap = bytearray(size)
    stride = size // len(RESIDUES)
    before = (first | 1) % 30 // 2  # odd numbers between the first that a line could hold and it
    for begin in range(0, stride, _CONVERTED_AT_ONCE):
        length = min(_CONVERTED_AT_ONCE, stride - begin)
        at = 15 * begin - 2  # from 16 bits before on, as up to 14 numbers are before the first
        some = bytes(-min(at, 0)) + odds[max(at, 0) : at + 2 + 15 * length]
        bits = int.from_bytes(some, "little") >> (16 - before)
        digits = f"{bits:0{120 * length}b}"[-120 * length :]  # from the last number on
        for line, residue in enumerate(RESIDUES):
            of_line = int(digits[14 - residue // 2 :: 15], 2).to_bytes(length, "little")
            target = line * stride + begin
            bitmap[target : target + length] = of_line
    return bitmap


def check_memory(first: int, last: int) -> None:
    """Raise MemoryError where the bitmap of a window exceeds the memory of this machine."""
    memory = physical_memory()
    if memory is not None and lib.sieve_bitmap_size(first, last) > memory:
        raise MemoryError(f"{describe_bitmap(first, last)}; this machine has {memory} of memory")


def describe_bitmap(first: int, last: int) -> str:
    return f"the bitmap of [{first}, {last}) takes {lib.sieve_bitmap_size(first, last)} bytes"


def physical_memory() -> int | None:
    """Bytes of memory in this machine, or None where the system does not say."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return size if size > 0 else None
