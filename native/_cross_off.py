"""Crossing off in the bitmap of a sieve_t, in C calls that are short enough to be interrupted."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from native._context import context
from native._native import ffi, lib
from native._status import check
from native._window import LARGEST_LAST, intervals

if TYPE_CHECKING:
    from native._native import CData

# A C call cannot be interrupted, so each one gets at most so much: bytes of a line, and numbers.
_LINE_BYTES_PER_CALL = 1 << 20
_NUMBERS_PER_CALL = 1 << 20
# The primes below this are listed in C. Further ones have few multiples: they are generated from so
# many integers a call, for so many bytes of a line.
_LISTED_BELOW = 1 << 26
_INTEGERS_PER_CALL = 1 << 25
_FAR_LINE_BYTES_PER_CALL = 1 << 23


def cross_off_all(pointer: "CData") -> None:
    """Cross off the multiples of all primes from `progress` to `needed`."""
    below = min(pointer.needed, _LISTED_BELOW)
    if pointer.progress < below:
        for begin, end in _line_intervals(pointer, _LINE_BYTES_PER_CALL):
            status = lib.sieve_cross_off_below(context(), pointer, below, begin, end)
            check(status, "native.Sieve")
        lib.sieve_raise_progress(pointer, below)
    for first, last in intervals(pointer.progress, pointer.needed, _INTEGERS_PER_CALL):
        for begin, end in _line_intervals(pointer, _FAR_LINE_BYTES_PER_CALL):
            status = lib.sieve_cross_off_primes(context(), pointer, first, last, begin, end)
            check(status, "native.Sieve")
        lib.sieve_raise_progress(pointer, last)


def cross_off_multiples(pointer: "CData", numbers: memoryview, below: int) -> None:
    """Cross off the multiples of uint64 numbers, given as bytes; raise `progress` to `below`."""
    for begin, end in intervals(0, len(numbers), 8 * _NUMBERS_PER_CALL):
        some = ffi.from_buffer("char[]", numbers[begin:end])
        count = (end - begin) // 8
        for line_begin, line_end in _line_intervals(pointer, _LINE_BYTES_PER_CALL):
            status = lib.sieve_cross_off(context(), pointer, some, count, line_begin, line_end)
            check(status, "native.Sieve")
    lib.sieve_raise_progress(pointer, min(below, LARGEST_LAST))


def _line_intervals(pointer: "CData", length: int) -> Iterator[tuple[int, int]]:
    return intervals(0, pointer.stride, length)
