"""`adapters.dumps` and `pickle.dumps` of what has no adapter; objects of a late subclass.

An Executor and `adapters.share` pickle everything by `adapters.dumps`, so objects without an
adapter bear its cost, too. Beside it: `cloudpickle.dumps`.
"""

from __future__ import annotations

import importlib
import pickle
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import cloudpickle

import adapters
from benchmarks._measure import Gap, Row, Sample, cpu_time
from benchmarks._small_types import Open

ROUNDS = 31
PROTOCOL = 5
ARRAYS = "5000 small arrays"


@dataclass
class Point:
    """An object of a class that pickle finds by its module and its name."""

    name: str
    x: float
    y: float


# What is pickled, how many of them, and the bound
KINDS: dict[str, tuple[Callable[[int], Any], int, float]] = {
    "1 MB of dicts": (lambda i: {"id": i, "name": f"name {i}", "x": i + 0.5}, 29_000, 1.05),
    "20000 datetimes": (lambda i: datetime(2000, 1, 1) + timedelta(minutes=i), 20_000, 1.3),
    "20000 Decimals": (lambda i: Decimal(i) / 100, 20_000, 1.3),
    "10000 instances": (lambda i: Point(f"name {i}", i + 0.5, i - 0.5), 10_000, 1.3),
}


def rows() -> Iterator[Row | Gap]:
    """A row for each kind of objects, and one of a late subclass."""
    for name, (make, count, bound) in KINDS.items():
        yield _row(name, [make(number) for number in range(count)], bound)
    try:
        numpy = importlib.import_module("numpy")
    except ImportError:
        yield Gap(f"adapters.dumps, {ARRAYS}", "numpy is not installed; see the extra [bench]")
    else:
        yield _row(ARRAYS, [numpy.arange(i, i + 10) for i in range(5000)], 1.3)
    late = _late_subclass()(1)
    assert adapters.loads(adapters.dumps(late)) == late
    yield Row(
        "adapters.dumps, 10000 of a subclass",
        _first_message(_late_subclass, 10_000),
        _first_message(lambda: Open, 10_000),
        "the same of the class that has the adapter",
        1.5,
        ROUNDS,
    )


def _row(name: str, objects: list[Any], bound: float) -> Row:
    ours = adapters.dumps(objects)
    peer = pickle.dumps(objects, PROTOCOL)
    assert pickle.dumps(adapters.loads(ours)) == pickle.dumps(pickle.loads(peer))
    return Row(
        f"adapters.dumps, {name}",
        cpu_time(lambda: adapters.dumps(objects)),
        cpu_time(lambda: pickle.dumps(objects, PROTOCOL)),
        f"pickle.dumps of Python {platform.python_version()}",
        bound,
        ROUNDS,
        others={"cloudpickle": cpu_time(lambda: cloudpickle.dumps(objects, PROTOCOL))},
    )


Late: type[Open] = Open  # the newest one, where pickle finds it


def _first_message(find: Callable[[], Any], count: int) -> Sample:
    """A sample of the first message with objects of a class that is new in each sample."""

    def sample() -> float:
        cls = find()
        objects = [cls(number) for number in range(count)]
        return cpu_time(lambda: adapters.dumps(objects), seconds=0)()

    return sample


def _late_subclass() -> type[Open]:
    """A class that is made after its base was registered."""
    global Late
    Late = type("Late", (Open,), {"__slots__": (), "__module__": __name__})
    return Late
