"""Counting and listing the primes of a window below 2**52 without keeping a bitmap."""

from array import array

from native._context import context
from native._native import ffi, lib
from native._status import check
from native._window import intervals

# Beyond it, the list of sieving primes would be long.
LARGEST = 2**52
# A C call cannot be interrupted: so many integers go into one. Fewer where the primes need fresh
# memory, which holds those of one call.
_COUNTED_PER_CALL = 1 << 31
_LISTED_PER_CALL = 1 << 28
_LISTED_AFRESH_PER_CALL = 1 << 23


def count(first: int, last: int) -> int:
    """The number of primes in [first, last), for `last` up to LARGEST.

    Raises:
        MemoryError: malloc returned NULL.
    """
    total = 0
    out = ffi.new("uint64_t *")
    for begin, end in intervals(first, last, _COUNTED_PER_CALL):
        if status := lib.primes_count(context(), begin, end, out):
            check(status, f"counting [{begin}, {end})")
        total += int(out[0])
    return total


def list_into(room: memoryview, first: int, last: int) -> int:
    """Write the primes of [first, last) to uint64 memory; return how many there are.

    Raises:
        ValueError: there is not room for all of them; `room` then holds the first ones.
        MemoryError: malloc returned NULL.
    """
    done = 0
    for begin, end in intervals(first, last, _LISTED_PER_CALL):
        done += _list(room[done:], begin, end)
    return done


def listed(first: int, last: int) -> "array[int]":
    """The primes of [first, last) as array('Q').

    Raises:
        MemoryError: malloc returned NULL.
    """
    numbers = array("Q")
    # Primes among any n integers: fewer than 2 * n / log n (Montgomery and Vaughan, 1973).
    length = min(last - first, _LISTED_AFRESH_PER_CALL)
    room = memoryview(array("Q", [0]) * (length // 4 + 8))
    for begin, end in intervals(first, last, _LISTED_AFRESH_PER_CALL):
        numbers.frombytes(room[: _list(room, begin, end)].cast("B"))
    return numbers


def too_short(room: int, first: int, last: int) -> ValueError:
    return ValueError(
        f"out is too short: there were {room} places left for the primes of [{first}, {last});"
        " count_primes() tells how many it takes"
    )


def _list(room: memoryview, first: int, last: int) -> int:
    written = ffi.new("size_t *")
    target = ffi.from_buffer("uint64_t[]", room)
    status = lib.primes_list(context(), first, last, target, len(room), written)
    if status == lib.NATIVE_BAD_LENGTH:
        raise too_short(len(room), first, last)
    check(status, f"listing [{first}, {last})")
    return int(written[0])
