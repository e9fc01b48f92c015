"""Sieve ranges of integers in parallel: one process and one pipe a range.

Each process gets its native.Sieve through its pipe, takes base primes from the ranges below it as
they become known, and sends its Sieve itself back at the end.
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

import adapters
import native.specs  # noqa: F401  registers Sieve
from demos import arguments, charts, checks, timeline
from demos.progress import progress
from demos.ranges import Part, Range, checked, plan, split
from demos.table import milliseconds, table
from demos.timeline import Stage
from demos.workers import Crew, Member
from native import Sieve, count_primes

COUNT_ONLY = Part(needed=0, suppliers=(), missing=(), wanted=0, early=False)
BATCH = 1 << 16  # primes in one message: half a MiB
FEW = 100  # primes to print in full


class PrimesFollow(NamedTuple):
    """Says that the next messages are batches of primes, up to an empty one."""


Watch = Callable[[int, Stage], object]


def collect_primes(
    ranges: Iterable[tuple[int, int]],
    *,
    keep: bool = True,
    context: BaseContext | None = None,
    watch: Watch | None = None,
) -> list[Sieve]:
    """Sieve ranges in parallel, each in a process of its own.

    Args:
        ranges: Pairs (first, last) in any order, each without `last`; gaps between them are fine.
        keep: Whether the Sieves come back with their windows. If not, each range is only counted:
            its process holds no more than a few pieces of the window at a time and needs the primes
            of no other range, and what comes back is small.
        context: How to start the processes; the platform's way if not given.
        watch: Called with the index of a range and each Stage that its process enters; the last
            one, "done", is when its Sieve has arrived.

    Returns:
        A Sieve for each range, in the order given: finished, or else counted. `primes(...)` makes
        one array of them.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: ranges overlap or are none.
        ChildError: a process ended before its work was done.
    """
    parts = checked(ranges)
    orders = plan(parts) if keep else [COUNT_ONLY] * len(parts)
    watch = watch or (lambda _index, _stage: None)
    sieves: dict[Member, Sieve] = {}
    with Crew(context or multiprocessing.get_context()) as crew:
        members: list[Member] = []
        for index, (part, order) in enumerate(zip(parts, orders, strict=True)):
            watch(index, Stage.begins(timeline.START))
            members.append(crew.start(f"the process of the range {part}", sieve, order))
        for member, part in zip(members, parts, strict=True):
            member.send(partial(Sieve, *part))
        while len(sieves) < len(members):
            for member in crew.ready([member for member in members if member not in sieves]):
                message = member.receive()
                index = members.index(member)
                if isinstance(message, Stage):
                    watch(index, message)
                elif isinstance(message, PrimesFollow):
                    _send_downstream(index, members, orders)
                else:
                    sieves[member] = message
                    watch(index, Stage.begins(timeline.DONE))
        return [sieves[member] for member in members]


def primes(sieves: Iterable[Sieve]) -> array[int]:
    """All primes of finished sieves, as one array of unsigned 64-bit integers."""
    found = array("Q")
    for each in sieves:
        found += each.primes()
    return found


def sieve(connection: Connection, order: Part) -> None:
    """What the process of one range does.

    Args:
        connection: Brings the Sieve, then the base primes; takes the stages, the primes that ranges
            downstream need, and the finished Sieve.
        order: What it takes from others and gives to them.
    """

    def enter(name: str) -> None:
        connection.send(Stage.begins(name))

    enter(timeline.WAIT)
    payload = connection.recv_bytes()
    enter(timeline.REBUILD)
    window: Sieve = adapters.loads(payload)
    del payload
    enter(timeline.SIEVE)
    if order == COUNT_ONLY:
        window.count()
        enter(timeline.SEND)
        connection.send(window)
        return
    if order.early:
        with Sieve(window.first, order.wanted) as foremost:
            send_primes(connection, foremost.finish().primes())
    if order.suppliers:
        for missing in order.missing:
            with Sieve(*missing) as base:
                window.cross_off(base.finish().primes())
        for _ in order.suppliers:
            enter(timeline.WAIT)
            while batch := connection.recv_bytes():
                enter(timeline.SIEVE)
                window.cross_off(batch)
                enter(timeline.WAIT)
        enter(timeline.SIEVE)
        window.cross_off(b"", below=order.needed)
    window.finish()
    enter(timeline.SEND)
    if order.wanted and not order.early:
        send_primes(connection, window.primes(), below=order.wanted)
    connection.send(window)


def send_primes(connection: Connection, found: array[int], below: int | None = None) -> None:
    """Send primes: batches, each one buffer of unsigned 64-bit integers, then an empty one.

    Args:
        connection: Where to.
        found: Sorted primes.
        below: Leave out those from here on.
    """
    connection.send(PrimesFollow())
    stop = len(found) if below is None else bisect_left(found, below)
    with memoryview(found) as view:
        for start in range(0, stop, BATCH):
            connection.send_bytes(view[start : min(start + BATCH, stop)])
    connection.send_bytes(b"")


def _send_downstream(index: int, members: Sequence[Member], orders: Sequence[Part]) -> None:
    """Pass the primes that member `index` sends on to those that need them, as far as they do."""
    takers = [
        (taker, order.needed)
        for taker, order in zip(members, orders, strict=True)
        if index in order.suppliers
    ]
    while data := members[index].receive_bytes():
        batch = memoryview(data).cast("Q")
        for taker, needed in takers:
            if part := batch[: bisect_left(batch, needed)]:
                taker.send_bytes(part.cast("B"))
    for taker, _ in takers:
        taker.send_bytes(b"")


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    parser = arguments.parser("pipe_sieve", __doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--limit",
        type=arguments.number,
        metavar="N",
        help="the primes below N, such as 1e9 or 10**9 (default: 1e8)",
    )
    what.add_argument(
        "--ranges",
        type=arguments.ranges,
        metavar="A-B,C-D",
        help="the primes from A on, below B, and so on, such as 10-30,30-50; A+L is A-(A+L)",
    )
    parser.add_argument(
        "--count",
        action="store_true",
        help="with --limit: only count, so that no range is kept or needs another one's primes",
    )
    parser.add_argument(
        "--plot", metavar="FILE.png", help="draw what each process did when (needs matplotlib)"
    )
    options = parser.parse_args(argv)
    if options.ranges and options.processes not in (None, len(options.ranges)):
        parser.error("--ranges has a process for each range; leave --processes out")
    if options.ranges and options.count:
        parser.error("--count is for --limit: --ranges shows how primes go from range to range")
    if options.plot is not None:
        try:
            charts.check(options.plot)
        except (ImportError, ValueError) as error:
            parser.error(f"--plot: {error}")
    limit = 10**8 if options.limit is None else options.limit
    parts = options.ranges or split(limit, options.processes or arguments.cores())
    context = arguments.context(options)

    start = time.perf_counter()
    sieves, history = _collect_with_bar(parts, not options.count, context)
    took = time.perf_counter() - start
    counts = [each.count() for each in sieves]
    rows = [
        (str(part), f"{count:,}", *map(milliseconds, timeline.durations(each).values()))
        for part, count, each in zip(parts, counts, history, strict=True)
    ]
    print(table(("range", "primes", *timeline.NAMES), rows))
    if sum(counts) <= FEW:
        print("\nprimes:", *primes(sieves))
    processes = "1 process" if len(parts) == 1 else f"{len(parts)} processes"
    print(f"\n{sum(counts):,} primes in {took:,.3f} s, {processes}, {context.get_start_method()}")
    if options.plot is not None:
        charts.draw(options.plot, [str(part) for part in parts], history)
        print(f"what each process did when: {options.plot}")
    return _check(parts, sieves, sum(counts), not options.count)


def _collect_with_bar(
    parts: list[Range], keep: bool, context: BaseContext
) -> tuple[list[Sieve], list[list[Stage]]]:
    history: list[list[Stage]] = [[] for _ in parts]
    with progress("sieving", len(parts)) as update:

        def watch(index: int, stage: Stage) -> None:
            history[index].append(stage)
            if stage.name != timeline.START:  # all processes have started
                names = [each[-1].name for each in history]
                now = [f"{names.count(name)} {name}" for name in timeline.NAMES if name in names]
                update(", ".join(now), names.count(timeline.DONE))

        return collect_primes(parts, keep=keep, context=context, watch=watch), history


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
    tested, wrong = checks.disagreements(windows)
    drawn = "each" if tested == sum(last - first for first, last in parts) else "drawn at random"
    text = f"{tested:,} numbers, {drawn}, against the Miller-Rabin test: {wrong:,} differ"
    return checks.report(wrong == 0, text)
