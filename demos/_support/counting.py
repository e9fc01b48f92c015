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

    Arguments, the order of the Sieves and errors are those of `pipe_sieve.collect_sieves`.
    """
    parts = validated(ranges)
    with WorkerGroup(context, callback) as group:
        conns = [group.start(f"the process of the range {part}", count, *part) for part in parts]
        return [conn.recv() for conn in conns]
