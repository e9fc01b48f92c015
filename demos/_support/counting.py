"""Ranges that are only counted, in parallel: they need no primes of each other, and keep none."""

from __future__ import annotations

from collections.abc import Iterable
from multiprocessing.context import BaseContext

import native.specs  # noqa: F401  registers Sieve
from demos._support.ranges import validated
from demos._support.worker_process import WorkerConnection
from demos._support.workers import Callback, WorkerGroup
from native import Sieve


def count(first: int, last: int, conn: WorkerConnection) -> None:
    """What the process of the range [first, last) does on its pipe."""
    window = Sieve(first, last)
    window.count()
    conn.send(window)


def count_sieves(
    ranges: Iterable[tuple[int, int]],
    context: BaseContext | None = None,
    callback: Callback | None = None,
) -> list[Sieve]:
    """Count ranges, each in a process of its own; the Sieves come back without bitmaps.

    Args:
        ranges: Pairs (first, last), each without `last`, in any order and with any gaps.
        context: The multiprocessing context that starts the processes; None for the default.
        callback: Called with the index of a range and each Stage that its process enters.

    Returns:
        The Sieves in ascending order.

    Raises:
        TypeError: a range is no pair of integers.
        ValueError: it does not ascend from 0 on to 2**63 at most, or two ranges overlap.
        WorkerError: a process ended before its work was done.
    """
    parts = validated(ranges)
    with WorkerGroup(context, callback) as group:
        conns = [group.start(f"the process of the range {part}", count, *part) for part in parts]
        return [conn.recv() for conn in conns]
