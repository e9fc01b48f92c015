"""The sieve of Eratosthenes on one process: on a Python list, and in C memory.

Before it goes parallel, the article sieves on one process, with a list. The native sieve does the
same in C memory. Its result is a native object, which pickle refuses; with its adapter it comes
back from another process.

With --processes 1 (the default) one sieve runs after the other, so that neither slows the other
down; with 2 or more they run at the same time.

>>> prime_sieve(30)
[2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
"""

from __future__ import annotations

import operator
import time
from array import array
from collections.abc import Callable, Sequence
from math import isqrt
from typing import Any

import native.specs  # noqa: F401  registers Sieve
from demos._support import arguments, checks, clusters
from demos._support.progress import progress
from demos._support.table import milliseconds, table
from native import Sieve

MOST = 10**9  # items of the Python list, at 8 bytes each


def prime_sieve(n: int) -> list[int]:
    """The primes up to `n`, and `n` is one of the numbers, by the sieve of Eratosthenes."""
    n = operator.index(n)
    is_prime = [True] * (n + 1)
    is_prime[:2] = [False] * min(2, n + 1)
    for number in range(2, isqrt(max(n, 0)) + 1):
        if is_prime[number]:
            for multiple in range(number * number, n + 1, number):
                is_prime[multiple] = False
    return [number for number, prime in enumerate(is_prime) if prime]


def native_sieve(n: int) -> Sieve:
    """The same primes, by the sieve in C."""
    return Sieve(0, n + 1).finish()


def time_sieve(sieve: Callable[[int], Any], n: int) -> tuple[float, Any]:
    """The seconds that a sieve takes, and its primes; this runs in another process."""
    start = time.perf_counter()
    found = sieve(n)
    seconds = time.perf_counter() - start
    return seconds, array("Q", found) if isinstance(found, list) else found


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("prime_sieve", __doc__, processes=1)
    parser.add_argument(
        "--limit",
        type=arguments.integer,
        default=5_000_000,
        metavar="N",
        help="the primes below N (default: 5_000_000)",
    )
    options = parser.parse_args(argv)
    limit = options.limit
    if limit > MOST:
        parser.error(f"--limit {limit:,} is above {MOST:,}: the Python list takes 8 bytes a number")
    processes, context = min(options.processes, 2), arguments.context(options)
    with clusters.executor("processes", processes, context) as executor:
        tasks = [
            executor.submit(time_sieve, each, limit - 1) for each in (prime_sieve, native_sieve)
        ]
        with progress("sieving", len(tasks)) as update:
            for done, task in enumerate(tasks):
                update("in Python" if done == 0 else "in C", done)
                task.result()
    return _report(limit, *(task.result() for task in tasks))


def _report(limit: int, in_python: tuple[float, array[int]], in_c: tuple[float, Sieve]) -> int:
    start = time.perf_counter()
    native_primes = in_c[1].primes()
    listing = time.perf_counter() - start
    ways = [
        ("Python list", in_python[0], in_python[1]),
        ("native.Sieve", in_c[0], native_primes),
        ("native.Sieve, its primes listed", in_c[0] + listing, native_primes),
    ]
    rows = [
        (way, f"{len(primes):,}", milliseconds(each), f"{in_python[0] / max(each, 1e-9):,.1f}")
        for way, each, primes in ways
    ]
    print(f"the primes below {limit:,}\n")
    print(table(("sieve", "primes", "time", "times as fast"), rows))
    print()
    published = checks.published_pi(limit)
    agree = in_python[1] == native_primes and published in (None, len(native_primes))
    text = "both found the same primes"
    if published is not None:
        text += f", as many as pi({limit:,}) = {published:,} as published"
    return checks.report(agree, text)
