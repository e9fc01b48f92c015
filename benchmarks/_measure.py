"""Rows and their ratios: this library and a peer take turns, and each round gives one ratio."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from statistics import median, quantiles
from time import perf_counter, process_time
from types import MappingProxyType
from typing import Any, NamedTuple

Sample = Callable[[], float]
"""A function that does the work and returns its cost, in the unit of the row."""

_EACH = 4  # rounds to one sample of the others, which have no bound


class Row(NamedTuple):
    """One comparison.

    Args:
        name: The name of the row.
        ours: A sample of this library.
        peer: A sample of the peer.
        peer_name: The peer, with its version.
        bound: The largest ratio ours / peer that `--check` accepts.
        rounds: How many rounds to measure, 7 or more; each takes one sample of both.
        unit: The unit of the samples: "s" for seconds, "B" for bytes of memory.
        others: Samples of other libraries, by name, which are compared with the peer, too. They
            have no bound, and are measured in each fourth round.
    """

    name: str
    ours: Sample
    peer: Sample
    peer_name: str
    bound: float
    rounds: int
    unit: str = "s"
    others: Mapping[str, Sample] = MappingProxyType({})


class Gap(NamedTuple):
    """A comparison that cannot be made on this machine, and the reason."""

    name: str
    reason: str


class Result(NamedTuple):
    """The result of a row.

    Args:
        row: The row, without its samples.
        ours_cost: The median cost of this library.
        peer_cost: The median cost of the peer.
        ratio: The median ratio ours / peer.
        low: Its lower quartile.
        high: Its upper quartile.
        others: The median ratio other / peer of each of the others, by name.
    """

    row: Row
    ours_cost: float
    peer_cost: float
    ratio: float
    low: float
    high: float
    others: dict[str, float]

    @property
    def within(self) -> bool:
        """Whether the ratio, rounded as it is printed, is at most the bound."""
        return round(self.ratio, 2) <= self.row.bound

    def figures(self) -> dict[str, Any]:
        """The result as a dict for JSON."""
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
    """Measure the rounds of a row, after one warm-up sample of each side.

    The ratio is the median of the ratios of the rounds, and low and high are their quartiles. Other
    load on the machine and changes of the clock frequency affect both halves of a round alike.
    """
    if row.rounds < 7:
        raise ValueError(f"{row.name}: 7 rounds or more, not {row.rounds}")
    row.ours(), row.peer()
    for sample in row.others.values():
        sample()
    ours, peer = [], []
    others: dict[str, list[float]] = {name: [] for name in row.others}
    for turn in range(row.rounds):
        if turn % 2:  # the order alternates: the second side finds warmer caches
            ours.append(row.ours())
            peer.append(row.peer())
        else:
            peer.append(row.peer())
            ours.append(row.ours())
        if turn % _EACH == 0:
            for name, sample in row.others.items():
                others[name].append(sample() / peer[-1])
    ratios = [mine / theirs for mine, theirs in zip(ours, peer, strict=True)]
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    beside = {name: median(ratios) for name, ratios in others.items()}
    row = row._replace(ours=_measured, peer=_measured, others={})
    return Result(row, median(ours), median(peer), middle, low, high, beside)


def _measured() -> float:
    """Replace the samples of a result, whose memory would slow down the forks of later rows."""
    raise RuntimeError("this row has been measured")


def has_room(memory: int, shared: int) -> bool:
    """Whether so many bytes of memory are free, and so many in /dev/shm."""
    try:
        free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
        found = os.statvfs("/dev/shm")
    except (AttributeError, OSError, ValueError):
        return False
    return free >= memory and found.f_bavail * found.f_frsize >= shared


def cpu_time(operation: Callable[[], object], seconds: float = 0.005) -> Sample:
    """A sample of a short operation: the processor time of one call.

    It is averaged over as many calls as take `seconds`, which the first sample finds out. With 0
    seconds it is that of a single call.
    """
    count = 0

    def sample() -> float:
        nonlocal count
        if count == 0:
            count, elapsed = 1, 0.0
            while elapsed < seconds:
                count *= 2
                elapsed = _time(operation, count)
        return _time(operation, count) / count

    return sample


def wall_time(operation: Callable[[], object]) -> Sample:
    """A sample of a long operation: the wall-clock time of one call."""

    def sample() -> float:
        start = perf_counter()
        operation()
        return perf_counter() - start

    return sample


def cross_checked(
    ours: Callable[[], int], theirs: Callable[[], int]
) -> tuple[Callable[[], int], Callable[[], int]]:
    """Both functions, with a check that each call of either returns the same number."""
    answers: set[int] = set()

    def checked(count: Callable[[], int]) -> Callable[[], int]:
        def call() -> int:
            answers.add(answer := count())
            if len(answers) > 1:
                raise AssertionError(f"the two sides disagree: {sorted(answers)}")
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
