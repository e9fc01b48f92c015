"""The sequential sieve, in Python and native, side by side, each in a process of its own.

The article begins with the sieve of Eratosthenes on a Python list. The native sieve does the same
in C memory. Its result is a native object, which pickle refuses; with its adapter it goes to the
parent.

With --processes 1 (the default) one runs after the other, so that neither slows the other down.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from math import isqrt
from multiprocessing.connection import Connection
from typing import Any

import native.specs  # noqa: F401  registers Sieve
from adapters import receive, send
from demos._support import arguments, checks
from demos._support.progress import progress
from demos._support.table import milliseconds, table
from demos._support.workers import WorkerGroup
from native import Sieve

MOST = 10**9  # items of the Python list, at 8 bytes each


def python_sieve(limit: int) -> list[int]:
    """The primes below `limit`, by the sieve of Eratosthenes on a list."""
    flags = [True] * limit
    flags[:2] = [False] * min(2, limit)
    for number in range(2, isqrt(max(limit - 1, 0)) + 1):
        if flags[number]:
            for multiple in range(number * number, limit, number):
                flags[multiple] = False
    return [number for number, prime in enumerate(flags) if prime]


def native_sieve(limit: int) -> Sieve:
    """The primes below `limit`, by the sieve in C."""
    return Sieve(0, limit).finish()


def time_sieve(connection: Connection, sieve: Callable[[int], Any], limit: int) -> None:
    """Wait for a message, sieve, and send the seconds that it took and the primes."""
    receive(connection)
    start = time.perf_counter()
    found = sieve(limit)
    seconds = time.perf_counter() - start
    send(connection, (seconds, array("Q", found) if isinstance(found, list) else found))


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
    limit, sieves = options.limit, (python_sieve, native_sieve)
    if limit > MOST:
        parser.error(f"--limit {limit:,} is above {MOST:,}: the Python list takes 8 bytes a number")
    with WorkerGroup(arguments.context(options)) as group:
        workers = [
            group.start(f"the process of {s.__name__}", time_sieve, s, limit) for s in sieves
        ]
        at_once = len(workers) if options.processes > 1 else 1
        results: list[Any] = []
        with progress("sieving", len(workers)) as update:
            while len(results) < len(workers):
                started = workers[len(results) :][:at_once]
                update(" and ".join(worker.label for worker in started), len(results))
                for worker in started:
                    worker.send(str)
                results += group.gather(started)
    (python_seconds, python_primes), (native_seconds, window) = results
    native_primes = window.primes()
    rows = [
        ("Python list", f"{len(python_primes):,}", milliseconds(python_seconds), "1.0"),
        (
            "native.Sieve",
            f"{len(native_primes):,}",
            milliseconds(native_seconds),
            f"{python_seconds / max(native_seconds, 1e-9):,.1f}",
        ),
    ]
    print(f"the primes below {limit:,}, in one process each\n")
    print(table(("sieve", "primes", "time", "times as fast"), rows))
    print()
    published = checks.published_pi(limit)
    agree = python_primes == native_primes and published in (None, len(native_primes))
    text = "both found the same primes"
    if published is not None:
        text += f", as many as pi({limit:,}) = {published:,} as published"
    return checks.report(agree, text)
