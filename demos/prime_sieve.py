"""The sequential sieve, in Python and native, side by side, each in a process of its own.

With --processes 1 (the default) they run one after the other, so that neither disturbs the other.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from math import isqrt
from multiprocessing.connection import Connection
from typing import Any

import native.specs  # noqa: F401  registers Sieve
from demos import arguments, checks
from demos.progress import progress
from demos.table import milliseconds, table
from demos.workers import Crew
from native import Sieve

MOST = 10**9  # numbers in the Python list, at 8 bytes each


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
    """The same, in C."""
    return Sieve(0, limit).finish()


def time_it(connection: Connection, sieve: Callable[[int], Any], limit: int) -> None:
    """What each process does: wait for the word to start, sieve, send how long it took and what."""
    connection.recv()
    start = time.perf_counter()
    found = sieve(limit)
    took = time.perf_counter() - start
    connection.send((took, array("Q", found) if isinstance(found, list) else found))


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("prime_sieve", __doc__, processes=1)
    parser.add_argument(
        "--limit",
        type=arguments.number,
        default=5_000_000,
        metavar="N",
        help="the primes below N (default: 5_000_000)",
    )
    options = parser.parse_args(argv)
    limit, sieves = options.limit, (python_sieve, native_sieve)
    if limit > MOST:
        parser.error(f"--limit {limit:,} is above {MOST:,}: the Python list takes 8 bytes a number")
    with Crew(arguments.context(options)) as crew:
        members = [crew.start(f"the process of {s.__name__}", time_it, s, limit) for s in sieves]
        at_once = len(members) if (options.processes or 1) > 1 else 1
        results: list[Any] = []
        with progress("sieving", len(members)) as update:
            while len(results) < len(members):
                now = members[len(results) :][:at_once]
                update(" and ".join(member.label for member in now), len(results))
                for member in now:
                    member.send(str)
                results += crew.gather(now)
    (python_took, python_primes), (native_took, window) = results
    native_primes = window.primes()
    rows = [
        ("Python list", f"{len(python_primes):,}", milliseconds(python_took), "1.0"),
        (
            "native.Sieve",
            f"{len(native_primes):,}",
            milliseconds(native_took),
            f"{python_took / max(native_took, 1e-9):,.1f}",
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
