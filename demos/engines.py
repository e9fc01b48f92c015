"""The same program on any engine: what differs is one line, and what moves is the same.

A finished sieve is shared, and tasks ask it about numbers; a native.WordList is shared, and tasks
find palindromes in parts of it; and each task of a third kind sends back a sieve that it made. Each
engine is a local cluster with its own workers; processes are what it is compared with.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from itertools import pairwise
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

import adapters
import native.specs  # noqa: F401  registers Sieve and WordList
from demos import arguments, checks, clusters
from demos.ranges import Range, split
from demos.table import milliseconds, table
from demos.words import generate_words, shares
from native import Sieve, WordList

ASKED = 200  # numbers that a task asks the sieve about
STEPS = ("start", "ask the sieve", "find palindromes", "send sieves back")


def ask(sieve: adapters.Shared[Sieve], numbers: Sequence[int]) -> int:
    """How many of some numbers a shared sieve has as primes."""
    found = sieve.get()
    return sum(number in found for number in numbers)


def find(words: adapters.Shared[WordList], start: int, stop: int) -> list[str]:
    """The palindromes in a part of a shared list of words."""
    return words.get().palindromes(start, stop)


def make(first: int, last: int) -> Sieve:
    """A finished sieve, to be sent back."""
    return Sieve(first, last).finish()


class Program(NamedTuple):
    """What all engines do: the two objects that are shared, and the tasks."""

    sieve: Sieve
    words: WordList
    numbers: list[list[int]]
    parts: list[tuple[int, int]]
    ranges: list[Range]


def run(
    program: Program, engine: str, workers: int, context: BaseContext
) -> tuple[list[float], tuple[Any, ...]]:
    """The seconds of each of STEPS on an engine, and its three results."""
    times = [time.perf_counter()]

    def timed(results: Any) -> Any:
        times.append(time.perf_counter())
        return results

    with clusters.executor(engine, workers, context) as executor:
        timed(list(executor.map(abs, range(workers))))
        store = clusters.store(engine)
        with adapters.share(program.sieve, store) as sieve:
            primes = timed(sum(executor.map(ask, [sieve] * len(program.numbers), program.numbers)))
        with adapters.share(program.words, store) as words:
            lists = executor.map(find, *zip(*[(words, *part) for part in program.parts]))  # noqa: B905
            found = timed([word for each in lists for word in each])
        made = executor.map(make, *zip(*program.ranges))  # noqa: B905
        count = timed(sum(each.count() for each in made))
    return [end - begin for begin, end in pairwise(times)], (primes, found, count)


def prepare(limit: int, tasks: int, words: int) -> Program:
    """The program, with its objects constructed."""
    drawn = random.Random(0)
    return Program(
        Sieve(0, limit).finish(),
        WordList(generate_words(words)),
        [[drawn.randrange(limit) for _ in range(ASKED)] for _ in range(tasks)],
        shares(words, tasks),
        split(limit, tasks),
    )


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("engines", __doc__, processes=2)
    clusters.add_options(parser, default="processes", tasks=64)
    parser.add_argument(
        "--limit",
        type=arguments.number,
        default=10**9,
        metavar="N",
        help="sieve the integers below N (default: 1e9)",
    )
    options = parser.parse_args(argv)
    names = list(dict.fromkeys(["processes", *clusters.chosen(parser, options)]))
    if not 10 <= options.limit <= 10**11:
        parser.error("--limit is from 10 to 1e11")
    workers = options.processes or 2
    if options.engine == "mpi" and not clusters.under_mpi():
        return clusters.run_under_mpi("engines", argv, workers)

    start = time.perf_counter()
    program = prepare(options.limit, options.tasks, 200_000)
    took = milliseconds(time.perf_counter() - start)
    print(f"{program.sieve!r} and {program.words!r} made in {took};")
    print(f"3 x {options.tasks} tasks on {workers} workers\n", flush=True)
    rows, results, work = [], [], []
    for name in names:
        times, result = run(program, name, workers, arguments.context(options))
        results.append(result)
        work.append(sum(times[1:]))
        rows.append([name, *map(milliseconds, times), f"{work[-1] / work[0]:.2f}"])
    print(table(("engine", *STEPS, "without start, to processes"), rows), end="\n\n")
    return _report(program, results)


def _report(program: Program, results: list[tuple[Any, ...]]) -> int:
    numbers = [number for each in program.numbers for number in each]
    primes, found, count = results[0]
    published = checks.published_pi(program.sieve.last)
    right = (
        all(result == results[0] for result in results)
        and primes == sum(map(checks.is_prime, numbers))
        and found == program.words.palindromes()
        and count == (program.sieve.count() if published is None else published)
    )
    return checks.report(
        right,
        f"{primes:,} of {len(numbers):,} numbers are prime, {len(found):,} palindromes,"
        f" {count:,} primes",
    )
