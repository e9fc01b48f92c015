"""How large a piece of work has to be, to take so long on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable


def size_for(seconds: float, work: Callable[[int], object], least: int, most: int) -> int:
    """The size with which `work(size)` takes about so many seconds.

    Args:
        seconds: How long the work shall take.
        work: What takes time in proportion to its size. Called with sizes that grow from `least`
            on, until one takes a quarter of the time; all calls take less than five times the time.
        least: The smallest size.
        most: The largest size.
    """
    work(least)  # not measured: a first call may also set things up
    size = least
    while (taken := _time(work, size)) < seconds / 4 and size < most:
        size = min(4 * size, most)
    return max(least, min(int(size * seconds / taken), most))


def _time(work: Callable[[int], object], size: int) -> float:
    times = []
    for _ in range(3):  # the least of them, as other programs may use the core
        start = time.perf_counter()
        work(size)
        times.append(time.perf_counter() - start)
    return max(min(times), 1e-9)  # a clock may be coarse
