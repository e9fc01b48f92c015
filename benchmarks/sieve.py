"""The sieve against libprimesieve, numpy's odd sieve and the article's list, on one thread each."""

from __future__ import annotations

import importlib
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from math import isqrt
from typing import Any

import native
from benchmarks import _primesieve
from benchmarks._measure import Gap, Row, Sample, agreeing, once, repeated
from demos.prime_sieve import python_sieve

# (what, first, length, at most)
COUNTS = [
    ("1e6", 0, 10**6, 0.77),
    ("1e7", 0, 10**7, 0.65),
    ("1e8", 0, 10**8, 0.60),
    ("1e9", 0, 10**9, 0.70),
    ("1e10", 0, 10**10, 0.60),
    ("[1e12, +1e9]", 10**12, 10**9, 0.62),
    ("[1e15, +1e8]", 10**15, 10**8, 0.85),
    ("[1e15, +1e9]", 10**15, 10**9, 1.0),
]
LISTS = [("1e8", 10**8, 5_761_455, 0.6), ("1e9", 10**9, 50_847_534, 0.6)]
NOISE = 1.05  # of two medians on a shared machine


def rows() -> Iterator[Row | Gap]:
    """Rows with the peer, or gaps where it is not installed."""
    peer = _primesieve.find()
    for what, first, length, most in COUNTS:
        name = f"count {what}"
        if peer is None:
            yield _missing(name)
            continue
        ours, theirs = agreeing(
            partial(native.count_primes, first, first + length),
            partial(peer.count_primes, first, first + length),
        )
        yield _row(name, ours, theirs, peer.version, most, short=length < 10**8)
    for what, last, count, most in LISTS:
        name = f"list {what}, warm buffer"
        if peer is None:
            yield _missing(name)
            continue
        room = array("Q", [1]) * count
        ours, theirs = agreeing(
            partial(_listed, last, room),
            partial(peer.generate, 0, last),
        )
        yield _row(name, ours, theirs, f"{peer.version}, generate", most)
    try:
        numpy = importlib.import_module("numpy")
    except ImportError:
        yield Gap("count 1e7, numpy", "numpy is not installed; see the extra [bench]")
    else:
        ours, theirs = agreeing(
            lambda: native.count_primes(0, 10**7), lambda: numpy_sieve(numpy, 10**7)
        )
        yield _row("count 1e7, numpy", ours, theirs, f"odd sieve, numpy {numpy.__version__}", 1.0)
    ours, theirs = agreeing(lambda: native.count_primes(0, 10**7), lambda: len(python_sieve(10**7)))
    yield _row("count 1e7, article", ours, theirs, "the article's sieve on a list", 1.0)


def numpy_sieve(numpy: Any, limit: int) -> int:
    """How many primes there are below `limit`, by the usual sieve of odd flags; limit > 2."""
    odd = numpy.ones(limit // 2, dtype=bool)
    odd[0] = False
    for i in range(3, isqrt(limit - 1) + 1, 2):
        if odd[i // 2]:
            odd[i * i // 2 :: i] = False
    return int(odd.sum()) + 1


def _listed(last: int, room: array[int]) -> int:
    return len(native.primes(0, last, room))


def _row(name: str, ours: Any, theirs: Any, peer: str, most: float, *, short: bool = False) -> Row:
    sample: Callable[[Any], Sample] = repeated if short else once
    rounds = 101 if short else 7
    return Row(name, sample(ours), sample(theirs), peer, round(most * NOISE, 3), rounds)


def _missing(name: str) -> Gap:
    return Gap(name, "libprimesieve is not installed; see the extra [bench]")
