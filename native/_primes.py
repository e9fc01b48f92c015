"""count_primes and primes: the primes of a window of which no bitmap is kept."""

from typing import Any, SupportsIndex

from native import _unkept
from native._buffers import uint64_room
from native._window import check_bounds
from native.sieve import Sieve, count, finished_sieves


def count_primes(first: SupportsIndex, last: SupportsIndex) -> int:
    """The number of primes in the window [first, last); no bitmap is kept.

    Memory: less than 1 MB while `last` is below 10**10; towards 2**52 some 100 MB, for the primes
    up to its square root and their multiples; beyond, as for a Sieve of 2**30 integers. Releases
    the GIL; Ctrl-C interrupts within about half a second.

    Args:
        first: the first integer of the window, at least 0.
        last: the integer behind its last, from `first` to 2**63.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: the bounds are negative, descend or exceed 2**63.
        MemoryError: malloc returned NULL.

    >>> count_primes(0, 10**6)
    78498
    """
    return count(*check_bounds(first, last))


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
        MemoryError: malloc returned NULL.

    >>> primes(10, 30)
    array('Q', [11, 13, 17, 19, 23, 29])
    """
    if out is None:
        with Sieve(first, last) as sieve:
            return sieve.primes()
    first, last = check_bounds(first, last)
    room = uint64_room(out, "out")
    done = _unkept.list_into(room, first, min(last, _unkept.LARGEST))
    for sieve in finished_sieves(max(first, _unkept.LARGEST), last):
        found = sieve.primes()
        if len(found) > len(room) - done:
            raise _unkept.too_short(len(room), first, last)
        room[done : done + len(found)] = memoryview(found)
        done += len(found)
    return room[:done]
