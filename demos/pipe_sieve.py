"""Sieve ranges of integers in parallel: one process and one pipe a range.

In the article, the process of a range sends each prime that it finds through its pipe to the
parent, which sends it on to the ranges above; their processes cross off its multiples. Two things
go wrong. The loop is over a zip of numbers and flags, which Python 3 can walk through only once:
the multiples of the first prime are crossed off, and other composites are left. And each prime is a
message of its own.

Here primes travel in batches, and only to the ranges that need them. With its adapter the
native.Sieve itself travels: to its process at the start, and back at the end. `adapters.send` puts
its window into memory that both processes share, so that the pipe carries a few hundred bytes.
"""

from __future__ import annotations

import multiprocessing
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import NamedTuple

import native.specs  # noqa: F401  registers Sieve
from adapters import receive, send
from demos._support import arguments, charts, checks, timeline
from demos._support.progress import progress
from demos._support.ranges import Range, RangePlan, plan, split, validated
from demos._support.table import milliseconds, table
from demos._support.timeline import Stage
from demos._support.workers import Worker, WorkerGroup
from native import Sieve, count_primes

COUNT_ONLY = RangePlan(base_limit=0, upstream=(), missing=(), send_limit=0, send_early=False)
BATCH = 1 << 16  # primes in one message: half a MiB
FEW = 100  # primes to print in full


class PrimesFollow(NamedTuple):
    """A message: batches of primes follow, up to an empty one."""


Callback = Callable[[int, Stage], object]


def collect_primes(
    ranges: Iterable[tuple[int, int]],
    *,
    keep: bool = True,
    context: BaseContext | None = None,
    callback: Callback | None = None,
) -> list[Sieve]:
    """Sieve ranges in parallel, each in a process of its own.

    Args:
        ranges: Pairs (first, last), each without `last`, in any order and with any gaps.
        keep: Whether the Sieves come back with their windows. If not, each range is only counted:
            its process holds a few pieces of the window at a time and needs no primes of other
            ranges, and the Sieve that comes back is small.
        context: The multiprocessing context that starts the processes; None for the default.
        callback: Called with the index of a range and each Stage that its process enters. The last
            one, "done", begins when its Sieve has arrived.

    Returns:
        A Sieve for each range, in the order given: finished if `keep`, else counted. `primes(...)`
        makes one array of them.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: a pair is not a range, or two ranges overlap.
        WorkerError: a process ended before its work was done.
    """
    parts = validated(ranges)
    plans = plan(parts) if keep else [COUNT_ONLY] * len(parts)
    callback = callback or (lambda _index, _stage: None)
    sieves: dict[Worker, Sieve] = {}
    with WorkerGroup(context or multiprocessing.get_context()) as group:
        workers: list[Worker] = []
        for index, (part, its_plan) in enumerate(zip(parts, plans, strict=True)):
            callback(index, Stage.begins(timeline.START))
            workers.append(group.start(f"the process of the range {part}", sieve_range, its_plan))
        for worker, part in zip(workers, parts, strict=True):
            worker.send(partial(Sieve, *part))
        while len(sieves) < len(workers):
            for worker in group.ready([worker for worker in workers if worker not in sieves]):
                message = worker.receive()
                index = workers.index(worker)
                if isinstance(message, Stage):
                    callback(index, message)
                elif isinstance(message, PrimesFollow):
                    _send_downstream(index, workers, plans)
                else:
                    sieves[worker] = message
                    callback(index, Stage.begins(timeline.DONE))
        return [sieves[worker] for worker in workers]


def primes(sieves: Iterable[Sieve]) -> array[int]:
    """All primes of finished sieves, as one array of unsigned 64-bit integers."""
    found = array("Q")
    for each in sieves:
        found += each.primes()
    return found


def sieve_range(connection: Connection, its_plan: RangePlan) -> None:
    """Sieve one range; this runs in the process of the range.

    Args:
        connection: Receives the Sieve, then base primes. Sends the stages, the primes that ranges
            downstream need, and the finished Sieve.
        its_plan: Which primes to receive, find and send.
    """

    def enter(name: str) -> None:
        send(connection, Stage.begins(name))

    enter(timeline.WAIT)
    connection.poll(None)
    enter(timeline.REBUILD)
    window: Sieve = receive(connection)
    enter(timeline.SIEVE)
    if its_plan == COUNT_ONLY:
        window.count()
        enter(timeline.SEND)
        send(connection, window)
        return
    if its_plan.send_early:
        with Sieve(window.first, its_plan.send_limit) as early:
            send_primes(connection, early.finish().primes())
    if its_plan.upstream:
        for missing in its_plan.missing:
            with Sieve(*missing) as base:
                window.cross_off(base.finish().primes())
        for _ in its_plan.upstream:
            enter(timeline.WAIT)
            while batch := connection.recv_bytes():
                enter(timeline.SIEVE)
                window.cross_off(batch)
                enter(timeline.WAIT)
        enter(timeline.SIEVE)
        window.cross_off(b"", below=its_plan.base_limit)
    window.finish()
    enter(timeline.SEND)
    if its_plan.send_limit and not its_plan.send_early:
        send_primes(connection, window.primes(), below=its_plan.send_limit)
    send(connection, window)


def send_primes(connection: Connection, found: array[int], below: int | None = None) -> None:
    """Send primes in batches: each is one buffer of unsigned 64-bit integers, the last is empty.

    Args:
        connection: The pipe to the parent.
        found: Sorted primes.
        below: Send the primes below this; None sends all.
    """
    send(connection, PrimesFollow())
    stop = len(found) if below is None else bisect_left(found, below)
    with memoryview(found) as view:
        for start in range(0, stop, BATCH):
            connection.send_bytes(view[start : min(start + BATCH, stop)])
    connection.send_bytes(b"")


def _send_downstream(index: int, workers: Sequence[Worker], plans: Sequence[RangePlan]) -> None:
    """Pass the primes of worker `index` on to each worker downstream, up to its base limit."""
    downstream = [
        (worker, its_plan.base_limit)
        for worker, its_plan in zip(workers, plans, strict=True)
        if index in its_plan.upstream
    ]
    while data := workers[index].receive_bytes():
        batch = memoryview(data).cast("Q")
        for worker, base_limit in downstream:
            if part := batch[: bisect_left(batch, base_limit)]:
                worker.send_bytes(part.cast("B"))
    for worker, _ in downstream:
        worker.send_bytes(b"")


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("pipe_sieve", __doc__)
    integers = parser.add_mutually_exclusive_group()
    integers.add_argument(
        "--limit",
        type=arguments.integer,
        metavar="N",
        help="the primes below N, such as 1e9 or 10**9 (default: 1e8)",
    )
    integers.add_argument(
        "--ranges",
        type=arguments.ranges,
        metavar="A-B,C-D",
        help="the primes from A on, below B, and so on, such as 10-30,30-50; A+L is A-(A+L)",
    )
    parser.add_argument(
        "--count",
        action="store_true",
        help="with --limit: only count; no range is kept or needs the primes of another one",
    )
    arguments.add_plot_option(parser, "what each process did when")
    options = parser.parse_args(argv)
    if options.ranges and options.processes not in (None, len(options.ranges)):
        parser.error("--ranges has a process for each range; leave --processes out")
    if options.ranges and options.count:
        parser.error("--count is for --limit: --ranges shows how primes go from range to range")
    limit = 10**8 if options.limit is None else options.limit
    parts = options.ranges or split(limit, options.processes or arguments.cores())
    context = arguments.context(options)

    start = time.perf_counter()
    sieves, timelines = _collect_with_progress(parts, not options.count, context)
    took = time.perf_counter() - start
    counts = [each.count() for each in sieves]
    rows = [
        (str(part), f"{count:,}", *map(milliseconds, timeline.durations(each).values()))
        for part, count, each in zip(parts, counts, timelines, strict=True)
    ]
    print(table(("range", "primes", *timeline.NAMES), rows))
    if sum(counts) <= FEW:
        print("\nprimes:", *primes(sieves))
    processes = "1 process" if len(parts) == 1 else f"{len(parts)} processes"
    print(f"\n{sum(counts):,} primes in {took:,.3f} s, {processes}, {context.get_start_method()}")
    if options.plot is not None:
        charts.gantt(options.plot, [str(part) for part in parts], timelines)
        print(f"what each process did when: {options.plot}")
    return _check(parts, sieves, sum(counts), not options.count)


def _collect_with_progress(
    parts: list[Range], keep: bool, context: BaseContext
) -> tuple[list[Sieve], list[list[Stage]]]:
    timelines: list[list[Stage]] = [[] for _ in parts]
    with progress("sieving", len(parts)) as update:

        def callback(index: int, stage: Stage) -> None:
            timelines[index].append(stage)
            if stage.name != timeline.START:  # all processes have started
                names = [each[-1].name for each in timelines]
                now = [f"{names.count(name)} {name}" for name in timeline.NAMES if name in names]
                update(", ".join(now), names.count(timeline.DONE))

        return collect_primes(parts, keep=keep, context=context, callback=callback), timelines


def _check(parts: list[Range], sieves: list[Sieve], total: int, kept: bool) -> int:
    ordered = sorted(part for part in parts if part.first < part.last)
    if ordered and all(one.last == other.first for one, other in pairwise(ordered)):
        first, last = ordered[0].first, ordered[-1].last
        below_first, below_last = checks.published_pi(first), checks.published_pi(last)
        if below_first is not None and below_last is not None:
            published = below_last - below_first
            what = f"pi({last:,})" + (f" - pi({first:,})" if below_first else "")
            return checks.report(total == published, f"{what} = {published:,} as published")
    if not kept:
        alone = count_primes(min(parts).first, max(parts).last)
        return checks.report(total == alone, f"{alone:,} as counted in one process")
    windows = ((*part, each) for part, each in zip(parts, sieves, strict=True))
    tested, wrong = checks.count_disagreements(windows)
    drawn = "each" if tested == sum(last - first for first, last in parts) else "drawn at random"
    text = f"{tested:,} numbers, {drawn}, against the Miller-Rabin test: {wrong:,} differ"
    return checks.report(wrong == 0, text)
