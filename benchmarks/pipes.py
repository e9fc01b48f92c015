"""The pipe sieve with two processes against one, and against the article's; takes two cores."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks._article_sieve import article_pipe_sieve
from benchmarks._measure import Row, cross_checked, wall_time
from demos._support.counting import count_sieves
from demos._support.ranges import split
from demos.pipe_sieve import collect_sieves

NOISE = 1.25  # tolerance of the bounds: other programs may use one of the two cores

# (limit, whether the windows are kept and come back, bound)
SIEVES = [
    ("1e9", False, 0.70),
    ("1e10", False, 0.62),
    ("1e9", True, 0.70),
    ("1e10", True, 0.62),
]


def rows() -> Iterator[Row]:
    """A row for each limit, counted and kept, and one against the article's sieve."""
    for limit, keep, bound in SIEVES:
        ours, theirs = cross_checked(
            partial(_sieve, int(float(limit)), keep, 2), partial(_sieve, int(float(limit)), keep, 1)
        )
        yield Row(
            f"pipe sieve {limit}, {'kept' if keep else 'counted'}",
            wall_time(ours),
            wall_time(theirs),
            "the same with one process in place of two",
            round(bound * NOISE, 3),
            7,
        )
    ours, theirs = cross_checked(
        partial(_sieve, 10**7, True, 2), partial(article_pipe_sieve, 10**7)
    )
    yield Row(
        "pipe sieve 1e7, kept, article",
        wall_time(ours),
        wall_time(theirs),
        "the article's, two processes, a message for each prime",
        1.0,
        7,
    )


def _sieve(limit: int, keep: bool, processes: int) -> int:
    collect = collect_sieves if keep else count_sieves
    return sum(each.count() for each in collect(split(limit, processes)))
