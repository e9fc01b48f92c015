"""The sieve of Eratosthenes in parallel: one process and one pipe for each range of integers.

In the article, the parent starts a process for each range, and sends 2, 3, 5 and 7 to all of them.
A process crosses off the multiples of the primes that it receives. Then it sends the primes of its
range to the parent, which sends them on to the ranges above. Its loop is over a zip of pipes and
ranges, which in Python 3 the first prime uses up: 15, 21, 25 and others stay in the list of primes.
And each prime is a message of its own.

Here primes travel in batches. What a process gets and sends back is a native object, its
native.Sieve; pickle refuses that, and its adapter takes it through the pipe.

>>> collect_primes(ranges=((10, 30), (30, 50)))
[2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47]
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.context import BaseContext
from typing import Any

import native
import native.specs  # registers native.Sieve
from demos._support import charts, counting, sieve_options, sieve_report
from demos._support.ranges import Range, root, validated
from demos._support.workers import Callback, WorkerGroup

BATCH = 1 << 13  # primes in one message: 64 KiB, which is as much as a pipe holds
FIRST_PRIMES = 1 << 20  # the parent finds the primes below this, and below all ranges
MOST = 10**10  # the primes below it, as a list, take 18 GB


def sieve(first: int, last: int, conn: Any) -> None:
    """What the process of the range [first, last) does on its pipe.

    It receives its Sieve, and arrays of primes up to a number. It sends arrays of those of its own
    primes that other ranges need, up to None, and at the end the finished Sieve.
    """
    window, needed = conn.recv()  # its native.Sieve; the ranges need the primes below `needed`
    while isinstance(received := conn.recv(), array):  # primes of the ranges below this one
        window.cross_off(received)
    window.cross_off(array("Q"), below=received)  # a number: all primes below it have come
    if first < needed:  # send its primes now, as the ranges above wait for them
        for batch in batches(native.primes(first, min(last, needed))):
            conn.send(batch)
        conn.send(None)  # these were all
    conn.send(window.finish())


def batches(primes: Iterable[int]) -> Iterator[array[int]]:
    """Primes as arrays of unsigned 64-bit integers, of at most BATCH each."""
    found = primes if isinstance(primes, array) else array("Q", primes)
    for start in range(0, len(found), BATCH):
        yield found[start : start + BATCH]


def send_primes(
    primes: Iterable[int], conns: Iterable[Any], limits: Iterable[tuple[int, int]]
) -> None:
    """Send primes to the processes of the ranges in which they have multiples to cross off.

    The first multiple to cross off is the square of the prime.

    Args:
        primes: The primes, as they are or in an array of unsigned 64-bit integers.
        conns: The pipe of each process: whatever has `send`.
        limits: The range (first, last) of each process.

    Raises:
        ValueError: there are more pipes than ranges, or fewer.
    """
    downstream = list(zip(conns, limits, strict=True))  # to be walked through for each batch
    for batch in batches(primes):
        least = min(batch)
        for conn, (_, last) in downstream:
            if least * least < last:
                conn.send(batch)


def collect_primes(ranges: Iterable[tuple[int, int]]) -> list[int]:
    """The list of all primes below the last end of the ranges, each sieved by a process of its own.

    Primes that are in none of the ranges, such as 2, 3, 5 and 7 in the example, are found here.

    Raises:
        ValueError: there are too many for a list; and all that `collect_sieves` raises.
    """
    parts = validated(ranges)
    if (last := max((part.last for part in parts), default=0)) > MOST:
        raise ValueError(
            f"the primes below {last:,} are too many for a list, which goes to {MOST:,};"
            " collect_sieves(ranges) gives a native.Sieve of each range"
        )
    found: list[int] = []
    end = 0
    for window in collect_sieves(parts):
        found += native.primes(end, max(end, window.first))
        found += window.primes()
        end = max(end, window.last)  # an empty range may lie inside of another
    return found


def collect_sieves(
    ranges: Iterable[tuple[int, int]],
    context: BaseContext | None = None,
    callback: Callback | None = None,
) -> list[native.Sieve]:
    """Sieve ranges in parallel, each in a process of its own.

    Args:
        ranges: Pairs (first, last), each without `last`, in any order and with any gaps.
        context: The multiprocessing context that starts the processes; None for the default.
        callback: Called with the index of a range and each Stage that its process enters.

    Returns:
        The finished Sieves in ascending order.

    Raises:
        TypeError: a range is no pair of integers.
        ValueError: it does not ascend from 0 on to 2**63 at most, or two ranges overlap.
        WorkerError: a process ended before its work was done.
    """
    parts = validated(ranges)
    with WorkerGroup(context, callback) as group:
        conns = [group.start(f"the process of the range {part}", sieve, *part) for part in parts]
        exchange_primes(conns, parts)
        return [conn.recv() for conn in conns]


def exchange_primes(conns: Sequence[Any], ranges: Sequence[Range]) -> None:
    """Give each process its Sieve, and send the primes of each to those of the ranges above.

    This runs in the parent. The first primes are its own.
    """
    needed = root(ranges)
    for conn, part in zip(conns, ranges, strict=True):
        conn.send((native.Sieve(*part), needed))
    known = min([FIRST_PRIMES, *(part.first for part in ranges)])
    send_primes(native.primes(0, known), conns, ranges)
    for index, (conn, part) in enumerate(zip(conns, ranges, strict=True), start=1):
        conn.send(known)  # its process has been sent all primes below this number
        while part.first < needed and (batch := conn.recv()):
            send_primes(batch, conns[index:], ranges[index:])
        if part.first <= known:  # there is no gap below it
            known = max(known, part.last)


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    options = sieve_options.parse(argv, __doc__)
    collect = counting.count_sieves if options.count_only else collect_sieves
    with sieve_report.followed(options.ranges) as (timelines, callback):
        start = time.perf_counter()
        sieves = collect(options.ranges, options.context, callback)
        seconds = time.perf_counter() - start
    sieve_report.show(sieves, timelines, seconds, options.context.get_start_method())
    if options.plot is not None:
        charts.gantt(options.plot, [str(part) for part in options.ranges], timelines)
        print(f"what each process did when: {options.plot}")
    return sieve_report.check(sieves)
