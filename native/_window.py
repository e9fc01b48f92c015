"""Windows of the integers: their bounds and memory, their bitmaps, striking in short C calls."""

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex

from native._buffers import flat_bytes, is_constant
from native._context import kernel
from native._handle import check, physical_memory
from native._native import ffi, lib

if TYPE_CHECKING:
    from native._native import CData

LARGEST_LAST = 2**63
# A C call cannot be interrupted: each takes so much of a line, and so many numbers, at once.
_SLICE_BYTES = 1 << 20
_BATCH = 1 << 20


def check_bounds(first: SupportsIndex, last: SupportsIndex) -> tuple[int, int]:
    """The bounds as int, once they are known to be good."""
    first, last = operator.index(first), operator.index(last)
    if not 0 <= first <= last <= LARGEST_LAST:
        raise ValueError(f"a window must have 0 <= first <= last <= 2**63, not [{first}, {last})")
    return first, last


def check_memory(first: int, last: int) -> None:
    """Raise MemoryError where the bitmap of a window exceeds the memory of this machine."""
    memory = physical_memory()
    if memory is not None and lib.sieve_bitmap_size(first, last) > memory:
        raise MemoryError(f"{describe_bitmap(first, last)}; this machine has {memory} of memory")


def describe_bitmap(first: int, last: int) -> str:
    return f"the bitmap of [{first}, {last}) takes {lib.sieve_bitmap_size(first, last)} bytes"


def restore(
    first: Any, last: Any, progress: Any, source: Any, odd: bool = False
) -> "tuple[CData, list[CData]]":
    """A pointer to a fresh sieve_t, from the parts of a state with a bitmap.

    A finished bitmap that nobody can write to is used where it is. `odd` is for layout 1.

    Returns:
        The pointer, in an out parameter, and the memory that is used where it is, if any.
    """
    first, last = check_bounds(first, last)
    check_memory(first, last)
    bitmap = flat_bytes(source, "the bitmap of a native.Sieve")
    odds = last // 2 - first // 2
    size = (odds + 7) // 8 if odd else lib.sieve_bitmap_size(first, last)
    if len(bitmap) != size:
        raise ValueError(
            f"the bitmap of the window [{first}, {last}) has {size} bytes, not {len(bitmap)}"
        )
    progress = operator.index(progress)
    if not 0 <= progress <= LARGEST_LAST:
        raise ValueError(f"the progress of a sieve cannot be {progress}")
    out = ffi.new("sieve_t **")
    memory = ffi.from_buffer("char[]", bitmap)
    if is_constant(bitmap) and not odd:
        status = lib.sieve_borrow(first, last, progress, memory, size, out)
        if status == lib.NATIVE_OK:
            return out, [memory]
    make = lib.sieve_restore_odd if odd else lib.sieve_restore
    status = make(first, last, progress, memory, size, out)
    ffi.release(memory)  # see flat_bytes: an error's traceback would hold a view of a view
    if status == lib.NATIVE_BAD_VALUE:
        raise ValueError(f"the progress of a sieve of [{first}, {last}) cannot be {progress}")
    check(status, describe_bitmap(first, last))
    return out, []


def fill(pointer: "CData") -> None:
    """Finish a sieve whose base primes are few enough to be held."""
    for begin, end in _slices(pointer):
        check(lib.sieve_fill(kernel(), pointer, begin, end), "native.Sieve")
    lib.sieve_reach(pointer, LARGEST_LAST)


def strike(pointer: "CData", numbers: memoryview, below: int) -> None:
    """Strike with uint64 numbers, given as bytes; then all multiples below `below` are struck."""
    for batch_begin in range(0, len(numbers), 8 * _BATCH):
        batch = ffi.from_buffer("char[]", numbers[batch_begin : batch_begin + 8 * _BATCH])
        count = min(_BATCH, (len(numbers) - batch_begin) // 8)
        for begin, end in _slices(pointer):
            status = lib.sieve_cross_off(kernel(), pointer, batch, count, begin, end)
            check(status, "native.Sieve")
    lib.sieve_reach(pointer, min(below, LARGEST_LAST))


def _slices(pointer: "CData") -> Iterator[tuple[int, int]]:
    line = lib.sieve_size(pointer) // 8
    for begin in range(0, line, _SLICE_BYTES):
        yield begin, min(begin + _SLICE_BYTES, line)
