"""What the process of a range does from when to when."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

START, REBUILD, WAIT, SIEVE, SEND, DONE = "start", "rebuild", "wait", "sieve", "send", "done"
NAMES = (START, REBUILD, WAIT, SIEVE, SEND)

# Two processes can compare these, and no step of the wall clock is in a difference.
_EPOCH = time.time() - time.perf_counter()


class Stage(NamedTuple):
    """What a process does from a time on, in seconds since 1970."""

    name: str
    time: float

    @classmethod
    def begins(cls, name: str) -> Stage:
        """The stage `name`, from now on."""
        return cls(name, _EPOCH + time.perf_counter())


def durations(stages: Iterable[Stage]) -> dict[str, float]:
    """Seconds spent in all stages of each name; the last stage only ends the one before it."""
    spent = dict.fromkeys(NAMES, 0.0)
    for stage, following in pairwise(stages):
        spent[stage.name] += following.time - stage.time
    return spent
