"""What the pipe sieve shows: its progress, a table of its ranges, and a check of the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from demos._support import checks, timeline
from demos._support.progress import progress
from demos._support.ranges import Range
from demos._support.table import milliseconds, table
from demos._support.timeline import Stage
from demos._support.workers import Callback
from native import Sieve, count_primes

FEW = 100  # primes to print in full


@contextmanager
def followed(ranges: Sequence[Range]) -> Iterator[tuple[list[list[Stage]], Callback]]:
    """Show the progress of the processes of ranges.

    Yields:
        The stages of each process, which grow, and the function that is to be called for each.
    """
    timelines: list[list[Stage]] = [[] for _ in ranges]
    with progress("sieving", len(ranges)) as update:

        def callback(index: int, stage: Stage) -> None:
            timelines[index].append(stage)
            if stage.name != timeline.START:  # all processes have started
                names = [each[-1].name for each in timelines]
                now = [f"{names.count(name)} {name}" for name in timeline.NAMES if name in names]
                update(", ".join(now), names.count(timeline.DONE))

        yield timelines, callback


def show(
    sieves: Sequence[Sieve], timelines: Sequence[Sequence[Stage]], seconds: float, method: str
) -> None:
    """Print the number of primes and the durations of each range, and few primes in full."""
    counts = [each.count() for each in sieves]
    rows = [
        (str(_range(each)), f"{found:,}", *map(milliseconds, timeline.durations(stages).values()))
        for each, found, stages in zip(sieves, counts, timelines, strict=True)
    ]
    print(table(("range", "primes", *timeline.NAMES), rows))
    if sum(counts) <= FEW:
        print("\nprimes:", *(prime for each in sieves for prime in each.primes()))
    processes = "1 process" if len(sieves) == 1 else f"{len(sieves)} processes"
    print(f"\n{sum(counts):,} primes in {seconds:,.3f} s, {processes}, {method}")


def check(sieves: Sequence[Sieve]) -> int:
    """Check the number of primes, or the primes; print the last line, and return the exit code."""
    parts = [_range(each) for each in sieves if each.first < each.last]
    total = sum(each.count() for each in sieves)
    if parts and all(one.last == other.first for one, other in pairwise(parts)):
        first, last = parts[0].first, parts[-1].last
        below_first, below_last = checks.published_pi(first), checks.published_pi(last)
        if below_first is not None and below_last is not None:
            published = below_last - below_first
            what = f"pi({last:,})" + (f" - pi({first:,})" if below_first else "")
            return checks.report(total == published, f"{what} = {published:,} as published")
    if not all(each.finished for each in sieves):  # they were only counted
        alone = count_primes(sieves[0].first, sieves[-1].last)
        return checks.report(total == alone, f"{alone:,} as counted in one process")
    tested, wrong = checks.count_disagreements((each.first, each.last, each) for each in sieves)
    drawn = "each" if tested == sum(last - first for first, last in parts) else "drawn at random"
    text = f"{tested:,} numbers, {drawn}, against the Miller-Rabin test: {wrong:,} differ"
    return checks.report(wrong == 0, text)


def _range(window: Sieve) -> Range:
    return Range(window.first, window.last)
