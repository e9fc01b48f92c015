"""The primes of a window that nobody keeps: counted or listed a stretch at a time."""

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex

from native._buffers import uint64_room
from native._context import kernel
from native._handle import check
from native._native import ffi, lib
from native._window import check_bounds

if TYPE_CHECKING:
    from native.sieve import Sieve

# A C call cannot be interrupted: each gets a stretch of so many integers.
_STRETCH = 1 << 31
_LISTED = 1 << 28
_FRESH = 1 << 23
# Beyond this the base primes would be a long list: there, sieves make them a part at a time.
_LARGEST = 2**52


def count_primes(first: SupportsIndex, last: SupportsIndex) -> int:
    """The number of primes in the window [first, last), of which nothing is kept.

    Memory: less than 1 MB while `last` is below 10**10; towards 2**52 some 100 MB, for the primes
    up to its square root and what they strike; beyond, as for a Sieve of 2**30 integers. Releases
    the GIL; Ctrl-C interrupts within about half a second.

    Args:
        first: the first integer of the window, at least 0.
        last: the integer behind its last, from `first` to 2**63.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: the bounds are negative, descend or exceed 2**63.
        MemoryError: the C heap refused.

    >>> count_primes(0, 10**6)
    78498
    """
    first, last = check_bounds(first, last)
    total = 0
    out = ffi.new("uint64_t *")
    for begin, end in _stretches(first, min(last, _LARGEST), _STRETCH):
        check(lib.primes_count(kernel(), begin, end, out), f"counting [{begin}, {end})")
        total += int(out[0])
    for part in _kept(max(first, _LARGEST), last):
        total += part.count()
    return total


def primes(first: SupportsIndex, last: SupportsIndex, out: Any = None) -> Any:
    """The primes of the window [first, last), ascending, 8 bytes each, filled by C.

    Args:
        first: the first integer of the window, at least 0.
        last: the integer behind its last, from `first` to 2**63.
        out: where to write them: a writable flat buffer of unsigned 64-bit integers, such as
            array('Q') or a numpy array of uint64; fresh memory if not given. Memory that has been
            written before is much faster than fresh memory.

    Returns:
        A fresh array('Q'), or the part of `out` that was filled, as a memoryview.

    Raises:
        TypeError: a bound is not an integer, or `out` is another buffer, or none.
        ValueError: the bounds are negative, descend or exceed 2**63, or `out` is too short; it then
            holds the first of the primes.
        MemoryError: the C heap refused.

    >>> primes(10, 30)
    array('Q', [11, 13, 17, 19, 23, 29])
    """
    first, last = check_bounds(first, last)
    if out is not None:
        room = uint64_room(out, "out")
        done = 0
        for begin, end in _stretches(first, min(last, _LARGEST), _LISTED):
            done += _list(begin, end, room[done:])
        for part in _kept(max(first, _LARGEST), last):
            found = part.primes()
            if len(found) > len(room) - done:
                raise _too_short(len(room), first, last)
            room[done : done + len(found)] = memoryview(found)
            done += len(found)
        return room[:done]
    numbers = array("Q")
    # Primes among any n integers: fewer than 2 * n / log n (Montgomery and Vaughan, 1973).
    chunk = memoryview(array("Q", [0]) * (min(last - first, _FRESH) // 4 + 8))
    for begin, end in _stretches(first, min(last, _LARGEST), _FRESH):
        numbers.frombytes(chunk[: _list(begin, end, chunk)].cast("B"))
    for part in _kept(max(first, _LARGEST), last):
        numbers += part.primes()
    return numbers


def _list(first: int, last: int, room: memoryview) -> int:
    written = ffi.new("size_t *")
    target = ffi.from_buffer("uint64_t[]", room)
    status = lib.primes_list(kernel(), first, last, target, len(room), written)
    if status == lib.NATIVE_BAD_LENGTH:
        raise _too_short(len(room), first, last)
    check(status, f"listing [{first}, {last})")
    return int(written[0])


def _too_short(length: int, first: int, last: int) -> ValueError:
    return ValueError(
        f"out is too short: there were {length} places left for the primes of [{first}, {last});"
        " count_primes() tells how many it takes"
    )


def _stretches(first: int, last: int, length: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, last, length):
        yield begin, min(begin + length, last)


def _kept(first: int, last: int) -> "Iterator[Sieve]":
    """Finished sieves of parts of a window, one at a time."""
    from native.sieve import Sieve

    for begin, end in _stretches(first, last, 1 << 30):
        with Sieve(begin, end) as part:
            yield part.finish()
