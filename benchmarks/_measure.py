"""Rows: ours and its peer take turns, and each turn gives one ratio."""

from __future__ import annotations

import gc
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import NamedTuple

Sample = Callable[[], float]
"""Does the work once and returns what it cost, in seconds or in the row's unit."""


class Row(NamedTuple):
    """One comparison.

    Args:
        name: What is compared.
        ours: One sample of this library.
        peer: One sample of what it is compared with.
        peer_name: The peer, with its version.
        bound: The ratio ours / peer that `--check` accepts at most.
        rounds: How often the two take turns, 7 or more.
        unit: Of the samples: "s", or "B" for bytes of memory.
    """

    name: str
    ours: Sample
    peer: Sample
    peer_name: str
    bound: float
    rounds: int
    unit: str = "s"


class Gap(NamedTuple):
    """A comparison that cannot be made here, and why."""

    name: str
    reason: str


class Result(NamedTuple):
    """What a row measured: median costs, and the ratio ours / peer with quartiles."""

    row: Row
    ours_cost: float
    peer_cost: float
    ratio: float
    low: float
    high: float

    @property
    def within(self) -> bool:
        """Whether the ratio, rounded as it is printed, is at most the bound."""
        return round(self.ratio, 2) <= self.row.bound

    def figures(self) -> dict[str, str | float]:
        """All of it, for a file."""
        row, *measured = self
        return {
            "name": row.name,
            "peer": row.peer_name,
            "bound": row.bound,
            "rounds": row.rounds,
            "unit": row.unit,
            **dict(zip(self._fields[1:], measured, strict=True)),
        }


def measure(row: Row) -> Result:
    """Let both sides of a row take turns; first one of each that does not count.

    The ratio is the median of the rounds' ratios, as a neighbour's load or the processor's clock
    changes both halves of a round alike; low and high are its quartiles.
    """
    if row.rounds < 7:
        raise ValueError(f"{row.name}: 7 rounds or more, not {row.rounds}")
    row.ours(), row.peer()
    ours, peer = [], []
    for turn in range(row.rounds):
        if turn % 2:  # whoever goes second finds the caches warmer
            ours.append(row.ours())
            peer.append(row.peer())
        else:
            peer.append(row.peer())
            ours.append(row.ours())
    ratios = [mine / theirs for mine, theirs in zip(ours, peer, strict=True)]
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    row = row._replace(ours=_let_go, peer=_let_go)
    return Result(row, median(ours), median(peer), middle, low, high)


def _let_go() -> float:
    """In place of samples that were taken: a gibibyte that they hold makes each fork slower."""
    raise RuntimeError("this row has been measured")


def repeated(operation: Callable[[], object], seconds: float = 0.005) -> Sample:
    """A sample of a short operation: its processor time, averaged over about `seconds` of it."""
    count, elapsed = 1, 0.0
    while elapsed < seconds:
        count *= 2
        elapsed = _time(operation, count)
    return lambda: _time(operation, count) / count


def once(operation: Callable[[], object]) -> Sample:
    """A sample of a long operation: the time by the clock."""

    def sample() -> float:
        start = perf_counter()
        operation()
        return perf_counter() - start

    return sample


def agreeing(
    ours: Callable[[], int], theirs: Callable[[], int]
) -> tuple[Callable[[], int], Callable[[], int]]:
    """Both, each checked against what the first call of either gave."""
    answers: set[int] = set()

    def checked(count: Callable[[], int]) -> Callable[[], int]:
        def call() -> int:
            answers.add(answer := count())
            if len(answers) > 1:
                raise AssertionError(f"the two disagree: {sorted(answers)}")
            return answer

        return call

    return checked(ours), checked(theirs)


def _time(operation: Callable[[], object], count: int) -> float:
    collecting = gc.isenabled()
    gc.disable()
    turns = [None] * count
    try:
        start = process_time()
        for _ in turns:
            operation()
        return process_time() - start
    finally:
        if collecting:
            gc.enable()
