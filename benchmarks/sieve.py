"""The sieve against libprimesieve, an odd sieve in numpy and a Python list; on one thread each."""

from __future__ import annotations

import importlib
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from math import isqrt
from typing import Any

import native
from benchmarks import _primesieve
from benchmarks._measure import Gap, Row, Sample, cpu_time, cross_checked, wall_time
from demos.prime_sieve import prime_sieve

# (name, first, length, bound); the bounds are for libprimesieve 12
COUNTS = [
    ("1e6", 0, 10**6, 0.95),
    ("1e7", 0, 10**7, 0.90),
    ("1e8", 0, 10**8, 0.78),
    ("1e9", 0, 10**9, 0.65),
    ("1e10", 0, 10**10, 0.65),
    ("[1e12, +1e9]", 10**12, 10**9, 0.68),
    ("[1e15, +1e8]", 10**15, 10**8, 0.82),
    ("[1e15, +1e9]", 10**15, 10**9, 0.80),
    ("[1e18, +1e8]", 10**18, 10**8, 0.95),
    ("[2**63 - 1e8, 2**63)", 2**63 - 10**8, 10**8, 0.95),
]
# (name, last, number of primes, bound)
LISTS = [("1e8", 10**8, 5_761_455, 0.6), ("1e9", 10**9, 50_847_534, 0.6)]
NOISE = 1.05  # tolerance of the bounds on a shared machine


def rows() -> Iterator[Row | Gap]:
    """A row for each count and list; a gap where the peer is not installed."""
    peer = _primesieve.find()
    for label, first, length, bound in COUNTS:
        name = f"count {label}"
        if peer is None:
            yield _missing(name)
            continue
        ours, theirs = cross_checked(
            partial(native.count_primes, first, first + length),
            partial(peer.count_primes, first, first + length),
        )
        yield _row(name, ours, theirs, peer.version, bound, short=length < 10**8)
    for label, last, count, bound in LISTS:
        name = f"list {label}, warm buffer"
        if peer is None:
            yield _missing(name)
            continue
        buffer = array("Q", [1]) * count
        ours, theirs = cross_checked(
            partial(_list_primes, last, buffer),
            partial(peer.generate, 0, last),
        )
        yield _row(name, ours, theirs, f"{peer.version}, generate", bound)
    try:
        numpy = importlib.import_module("numpy")
    except ImportError:
        yield Gap("count 1e7, numpy", "numpy is not installed; see the extra [bench]")
    else:
        ours, theirs = cross_checked(
            lambda: native.count_primes(0, 10**7), lambda: numpy_sieve(numpy, 10**7)
        )
        yield _row("count 1e7, numpy", ours, theirs, f"odd sieve, numpy {numpy.__version__}", 1.0)
    ours, theirs = cross_checked(
        lambda: native.count_primes(0, 10**7), lambda: len(prime_sieve(10**7))
    )
    yield _row("count 1e7, article", ours, theirs, "the article's sieve on a list", 1.0)


def numpy_sieve(numpy: Any, limit: int) -> int:
    """The number of primes below `limit`, for limit > 2, by a sieve with a flag per odd number."""
    odd = numpy.ones(limit // 2, dtype=bool)
    odd[0] = False
    for i in range(3, isqrt(limit - 1) + 1, 2):
        if odd[i // 2]:
            odd[i * i // 2 :: i] = False
    return int(odd.sum()) + 1


def _list_primes(last: int, buffer: array[int]) -> int:
    return len(native.primes(0, last, buffer))


def _row(name: str, ours: Any, theirs: Any, peer: str, bound: float, *, short: bool = False) -> Row:
    sample: Callable[[Any], Sample] = cpu_time if short else wall_time
    rounds = 101 if short else 7
    return Row(name, sample(ours), sample(theirs), peer, round(bound * NOISE, 3), rounds)


def _missing(name: str) -> Gap:
    return Gap(name, f"libprimesieve is not installed; {_primesieve.VARIABLE} may name a library")
