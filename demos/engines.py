"""The same program on each engine: processes, loky, Dask, Ray or MPI.

The article splits its work over the processes of one machine. Moved to another engine, such a
program usually has to be written again, since each engine passes objects in its own way. With
adapters.Executor only the line that makes the executor differs.

A finished sieve is shared, and tasks ask it about numbers. A native.WordList, of numbers in decimal
digits, is shared, and tasks find palindromes in parts of it. Each task of a third kind sends back a
sieve. Each engine runs on a local cluster of its own; the last column is the time relative to
processes.
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
from demos._support import arguments, checks, clusters
from demos._support.ranges import Range, split
from demos._support.table import milliseconds, table
from demos._support.words import chunk_bounds
from native import Sieve, WordList

QUERIES = 200  # numbers that one task looks up in the sieve
WORDS = 200_000
STEPS = ("start", "ask the sieve", "find palindromes", "send sieves back")


def count_primes_among(sieve: adapters.Shared[Sieve], numbers: Sequence[int]) -> int:
    """How many of the numbers are primes of a shared sieve."""
    primes = sieve.get()
    return sum(number in primes for number in numbers)


def find_palindromes(words: adapters.Shared[WordList], start: int, stop: int) -> list[str]:
    """The palindromes in a part of a shared list of words."""
    return words.get().palindromes(start, stop)


def finished_sieve(first: int, last: int) -> Sieve:
    """A sieve that the task sends back."""
    return Sieve(first, last).finish()


class Program(NamedTuple):
    """The two objects to share, and the arguments of the three kinds of tasks."""

    sieve: Sieve
    words: WordList
    numbers: list[list[int]]
    chunks: list[tuple[int, int]]
    ranges: list[Range]


def run(
    program: Program, engine: str, workers: int, context: BaseContext
) -> tuple[list[float], tuple[Any, ...]]:
    """Run the program on an engine.

    Returns:
        The seconds of each of STEPS, and the results of the three kinds of tasks: how many of the
        numbers are prime, the palindromes, how many primes the sieves have that came back.
    """
    times = [time.perf_counter()]

    def timed(results: Any) -> Any:
        times.append(time.perf_counter())
        return results

    with clusters.executor(engine, workers, context) as executor:
        timed(list(executor.map(abs, range(workers))))
        store = clusters.store(engine)
        with adapters.share(program.sieve, store) as sieve:
            handles = [sieve] * len(program.numbers)
            primes = timed(sum(executor.map(count_primes_among, handles, program.numbers)))
        with adapters.share(program.words, store) as words:
            calls = [(words, start, stop) for start, stop in program.chunks]
            lists = executor.map(find_palindromes, *zip(*calls, strict=True))
            found = timed([word for each in lists for word in each])
        sieves = executor.map(finished_sieve, *zip(*program.ranges, strict=True))
        count = timed(sum(each.count() for each in sieves))
    return [end - begin for begin, end in pairwise(times)], (primes, found, count)


def prepare(limit: int, tasks: int, words: int) -> Program:
    """Construct the objects and the arguments of `tasks` tasks of each kind."""
    generator = random.Random(0)
    return Program(
        Sieve(0, limit).finish(),
        WordList(map(str, range(words))),
        [[generator.randrange(limit) for _ in range(QUERIES)] for _ in range(tasks)],
        chunk_bounds(words, tasks),
        split(limit, tasks),
    )


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("engines", __doc__, processes=2)
    arguments.add_engine_options(parser, engine="processes", tasks=64)
    parser.add_argument(
        "--limit",
        type=arguments.integer_in(10, 10**11),
        default=10**9,
        metavar="N",
        help="sieve the integers below N (default: 1e9)",
    )
    options, selected = arguments.parse_with_engines(parser, argv)
    if clusters.needs_mpiexec(selected):
        return clusters.run_under_mpiexec("engines", argv, options.processes)

    start = time.perf_counter()
    program = prepare(options.limit, options.tasks, WORDS)
    took = milliseconds(time.perf_counter() - start)
    print(f"{program.sieve!r} and {program.words!r} made in {took};")
    print(f"3 x {options.tasks} tasks on {options.processes} workers\n", flush=True)
    context = arguments.context(options)
    rows, results, totals = [], [], []
    for engine in dict.fromkeys(["processes", *selected]):
        times, result = run(program, engine, options.processes, context)
        results.append(result)
        totals.append(sum(times[1:]))
        rows.append([engine, *map(milliseconds, times), f"{totals[-1] / totals[0]:.2f}"])
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
