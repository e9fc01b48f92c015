"""A round trip of one small object: `pickle.loads(pickle.dumps(obj))`, default protocol."""

from __future__ import annotations

import pickle
import platform
from collections.abc import Iterator
from typing import Any

from benchmarks._measure import Row, cpu_time
from benchmarks._small_types import Adapted, ByHand

STATES = {
    "an int": 1_000_003,
    "a str": "the quick brown fox",
    "a tuple of 3 scalars": (17, 2.5, "brown"),
    "a dict of 3 scalars": {"first": 10, "last": 30, "name": "fox"},
}


def rows() -> Iterator[Row]:
    """A row for each kind of state."""
    for kind, state in STATES.items():
        yield Row(
            f"round trip, state {kind}",
            cpu_time(_trip(Adapted(state))),
            cpu_time(_trip(ByHand(state))),
            f"hand-written __reduce__, pickle of Python {platform.python_version()}",
            bound=1.05,
            rounds=101,
        )


def _trip(obj: Any) -> Any:
    dumps, loads = pickle.dumps, pickle.loads
    assert loads(dumps(obj)).held == obj.held
    return lambda: loads(dumps(obj))
