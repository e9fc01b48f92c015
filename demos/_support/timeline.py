"""The stages that a process goes through, and when each of them begins."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

START, REBUILD, WAIT, SIEVE, SEND, DONE = "start", "rebuild", "wait", "sieve", "send", "done"
NAMES = (START, REBUILD, WAIT, SIEVE, SEND)

# perf_counter() measures the differences within one process, and time.time() aligns the processes.
# One offset per process: an adjustment of the system clock later on changes no difference.
_EPOCH = time.time() - time.perf_counter()


class Stage(NamedTuple):
    """A stage of a process, and the time when it begins, in seconds since 1970."""

    name: str
    time: float

    @classmethod
    def begins(cls, name: str) -> Stage:
        """The stage `name`, which begins now."""
        return cls(name, _EPOCH + time.perf_counter())


def durations(stages: Iterable[Stage]) -> dict[str, float]:
    """The seconds spent in all stages of each of NAMES.

    Args:
        stages: The stages of one process in order. The last one ends the one before it, and has no
            duration itself.
    """
    spent = dict.fromkeys(NAMES, 0.0)
    for stage, following in pairwise(stages):
        spent[stage.name] += following.time - stage.time
    return spent
