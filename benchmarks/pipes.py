"""The pipe sieve on two processes against itself on one: both cores have to be free."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks._measure import Row, once
from demos.pipe_sieve import collect_primes
from demos.ranges import split

NOISE = 1.25  # of two processes on two cores that others may use, too

# (limit, whether the windows are kept and come back, at most)
SIEVES = [
    ("1e9", False, 0.70),
    ("1e10", False, 0.62),
    ("1e9", True, 0.70),
    ("1e10", True, 0.62),
]


def rows() -> Iterator[Row]:
    """One row a limit, counted and kept."""
    for limit, keep, most in SIEVES:
        yield Row(
            f"pipe sieve {limit}, {'kept' if keep else 'counted'}",
            once(partial(_sieve, int(float(limit)), keep, 2)),
            once(partial(_sieve, int(float(limit)), keep, 1)),
            "the same with one process in place of two",
            round(most * NOISE, 3),
            7,
        )


def _sieve(limit: int, keep: bool, processes: int) -> int:
    return sum(each.count() for each in collect_primes(split(limit, processes), keep=keep))
