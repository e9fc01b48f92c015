"""Many tasks that use one object that is expensive to construct.

Many objects of C extensions do not pickle, and some are expensive to construct. The object of this
demo looks up primes: it sieves all integers below a limit when it is constructed, and its state is
the limit.

Sent as an argument, it is constructed for each task. The usual remedy is an initializer, written by
hand, that constructs it in each worker and keeps it in a global; not all engines have initializers.
A shared handle of adapters constructs it once per process, on every engine. The native.Sieve in it
can be shared, too: its state is the finished bitmap, which processes map, and do not sieve again.

All installed engines together may take a minute or two, `--engine processes` takes seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from multiprocessing.context import BaseContext
from typing import NamedTuple, TypeAlias
from uuid import uuid4

import adapters
import native.specs  # noqa: F401  registers Sieve
from demos._support import arguments, calibration, charts, checks, clusters
from demos._support.progress import progress
from demos._support.table import milliseconds, table
from native import Sieve

Answer: TypeAlias = tuple[bool, str | None]  # is the number prime; the id of the Primes, or None


class Primes:
    """The primes below a limit, in the memory of C: the larger the limit, the more expensive."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.sieve = Sieve(0, limit).finish()
        self.id = uuid4().hex  # a new one for each construction, in whichever process


def serialize(primes: Primes) -> int:
    """The essential information: the argument of the constructor."""
    return primes.limit


def factory(limit: int) -> Primes:
    """A new object, for which C sieves again."""
    return Primes(limit)


adapters.register(Primes, serialize, factory, name="demos.Primes")


def look_up(primes: Primes, number: int) -> Answer:
    """A task that receives the object itself, which was constructed for it."""
    return number in primes.sieve, primes.id


def look_up_shared(handle: adapters.Shared[Primes], number: int) -> Answer:
    """A task that receives a handle: the first one in a process constructs the object."""
    return look_up(handle.get(), number)


def look_up_bitmap(handle: adapters.Shared[Sieve], number: int) -> Answer:
    """A task that receives a handle of the sieve, for which nothing is constructed."""
    return number in handle.get(), None


_primes: Primes


def initialize(limit: int) -> None:
    """An initializer, written by hand: construct the object of this worker; keep it in a global."""
    global _primes
    _primes = Primes(limit)


def look_up_global(number: int) -> Answer:
    """A task that uses the global of its worker."""
    return look_up(_primes, number)


def look_up_all(
    way: str, executor: adapters.Executor, engine: str, primes: Primes, numbers: Sequence[int]
) -> list[Answer]:
    """Run one task for each number, in one of WAYS."""
    if way == "initializer":
        return list(executor.map(look_up_global, numbers))
    if way == "for each task":
        return list(executor.map(look_up, [primes] * len(numbers), numbers))
    shared, task = (primes, look_up_shared) if way == "shared" else (primes.sieve, look_up_bitmap)
    with adapters.share(shared, clusters.store(engine)) as handle:
        return list(executor.map(task, [handle] * len(numbers), numbers))


# What follows measures each way on each engine.

WAYS = {  # and their colours in the chart
    "for each task": "#d9596a",
    "initializer": "#3a78b5",
    "shared": "#4f9d69",
    "shared bitmap": "#e0a030",
}
LEAST, MOST = 10_000, 10**10  # limits; the sieve of the largest one has 333 MB


class Measurement(NamedTuple):
    """What all tasks on one engine took in one way.

    Attributes:
        engine: A key of clusters.MODULES.
        way: A key of WAYS.
        seconds: From the start of the workers to the last result.
        constructed: How many constructed objects the tasks used. One in a worker that has run no
            task is not among them.
        right: Whether all answers are.
    """

    engine: str
    way: str
    seconds: float
    constructed: int
    right: bool


def measure(
    engine: str, way: str, primes: Primes, tasks: int, workers: int, context: BaseContext
) -> Measurement:
    """Look up the last numbers below the limit; the time includes the start of the workers."""
    numbers = range(primes.limit - tasks, primes.limit)
    initializer = (initialize, (primes.limit,)) if way == "initializer" else None
    start = time.perf_counter()
    with (
        clusters.executor(engine, workers, context, initializer) as executor,
        progress(f"{engine}, {way}") as update,
    ):
        update("", 0)
        answers = look_up_all(way, executor, engine, primes, numbers)
        seconds = time.perf_counter() - start
    right = [prime for prime, _ in answers] == [checks.is_prime(number) for number in numbers]
    constructed = len({id_ for _, id_ in answers if id_ is not None})
    return Measurement(engine, way, seconds, constructed, right)


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = _parser()
    options, selected = arguments.parse_with_engines(parser, argv)
    tasks, workers = options.tasks, options.processes
    if not 0 <= options.cost <= 2:
        parser.error("--cost is from 0 to 2")
    if clusters.needs_mpiexec(selected):
        return clusters.run_under_mpiexec("expensive", argv, workers)

    primes, context = _calibrated(options.cost), arguments.context(options)
    print(f"{tasks} tasks on {workers} workers, from the start of the workers to the last result;")
    print("constructed: how many constructed objects the tasks used\n", flush=True)
    measured: list[Measurement] = []
    for engine in selected:
        initializer = engine in clusters.WITH_INITIALIZER
        ways = [way for way in WAYS if way != "initializer" or initializer]
        rows = [measure(engine, way, primes, tasks, workers, context) for way in ways]
        _print_table(engine, rows)
        measured += rows
    if options.plot:
        _plot(options.plot, measured)
    right = all(each.right for each in measured)
    return checks.report(right, f"{len(measured)} ways gave the same {tasks} results")


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser("expensive", __doc__, processes=2)
    arguments.add_engine_options(parser, engine="all", tasks=200)
    parser.add_argument(
        "--cost",
        type=float,
        default=0.02,
        metavar="S",
        help="seconds that one construction takes, about, from 0 to 2, where a process then has up"
        " to a third of a GB in memory (default: 0.02)",
    )
    arguments.add_plot_option(parser, "a bar chart of the times")
    return parser


def _calibrated(cost: float) -> Primes:
    """An object whose construction takes about so many seconds on this machine."""
    limit = calibration.size_for(cost, Primes, LEAST, MOST)
    start = time.perf_counter()
    primes = Primes(limit)
    took = milliseconds(time.perf_counter() - start)
    print(
        f"an object with the {len(primes.sieve):,} primes below {limit:,}, constructed in {took};"
    )
    return primes


def _print_table(engine: str, measured: Sequence[Measurement]) -> None:
    fastest = min(each.seconds for each in measured)
    rows = [
        (each.way, milliseconds(each.seconds), f"{each.seconds / fastest:,.1f}", each.constructed)
        for each in measured
    ]
    head = (engine, "time", "times the fastest", "constructed")
    print(table(head, [[*map(str, row)] for row in rows]), end="\n\n", flush=True)


def _plot(path: str, measured: Sequence[Measurement]) -> None:
    charts.bars(
        path,
        "All tasks, by how the object got to them",
        [f"{each.engine}, {each.way}" for each in measured],
        [each.seconds for each in measured],
        [WAYS[each.way] for each in measured],
    )
