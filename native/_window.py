"""Windows of the integers: their bounds, the memory they take, and striking in short C calls."""

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, SupportsIndex

from native._kernel import kernel
from native._memory import check, physical_memory
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
