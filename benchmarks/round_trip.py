"""Small native objects through pickle, one and 1,000: by an adapter, and by hand.

A round trip is `pickle.loads(pickle.dumps(obj))`, with the default protocol. Each object has a
state of its own, so that pickle writes as much as for real data. Beside it: a plain function that
copyreg calls, and `cloudpickle.dumps` for the class with the hand-written `__reduce__`.
"""

from __future__ import annotations

import pickle
import platform
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, NamedTuple

import cloudpickle

from benchmarks import _small_structs
from benchmarks._measure import Row, Sample, cpu_time
from benchmarks._small_types import Adapted, ByCopyreg, ByHand

COUNTS = (1, 1000)
BOUND = 1.10

# The state of an object, from its number and the class for native objects inside.
STATES: dict[str, Callable[[int, Any], Any]] = {
    "an int": lambda number, make: 1_000_003 + number,
    "a str": lambda number, make: f"the quick brown fox {number}",
    "20 bytes": lambda number, make: _bytes(number, 20),
    "100 bytes": lambda number, make: _bytes(number, 100),
    "5000 bytes": lambda number, make: _bytes(number, 5000),
    "a tuple of 3 scalars": lambda number, make: (17 + number, f"fox {number}", 2.5 + number),
    "an int and 20 bytes": lambda number, make: (17 + number, _bytes(number, 20)),
    "a dict of 3 scalars": lambda number, make: {
        "first": 10 + number,
        "last": 2.5 + number,
        "name": f"fox {number}",
    },
    "a nested dict": lambda number, make: {"a": [number, 2, 3], "b": {"c": number}},
    "a list of 50 floats": lambda number, make: [number + 0.01 * index for index in range(50)],
    "an int and an object": lambda number, make: (17 + number, make(1_000_003 + number)),
    "a list of 3 objects": lambda number, make: [make(3 * number + index) for index in range(3)],
}
APART = ("an int", "an int and an object")  # whose dumps and loads have rows of their own, too


class Way(NamedTuple):
    """One way for objects to travel.

    Args:
        make: Makes an object of a state.
        dumps: Pickles objects.
        state_of: The state of an object.
    """

    make: Callable[[Any], Any]
    dumps: Callable[[Any], bytes]
    state_of: Callable[[Any], Any] = attrgetter("held")


class Kind(NamedTuple):
    """Objects of one kind, and the ways that are compared for them."""

    name: str
    state: Callable[[int, Any], Any]
    ours: Way
    peer: Way
    others: dict[str, Way]
    peer_name: str


def kinds() -> Iterator[Kind]:
    """A kind for each state, and one of C structs."""
    on = f"pickle of Python {platform.python_version()}"
    ours, peer = Way(Adapted, pickle.dumps), Way(ByHand, pickle.dumps)
    others = {
        "copyreg": Way(ByCopyreg, pickle.dumps),
        "cloudpickle": Way(ByHand, cloudpickle.dumps),
    }
    for name, state in STATES.items():
        yield Kind(name, state, ours, peer, others, f"hand-written __reduce__, {on}")
    ours, peer, cloud = (
        Way(_small_structs.make_node, dumps, attrgetter("number", "weight", "rank"))
        for dumps in (
            _small_structs.adapted_dumps,
            _small_structs.by_hand_dumps,
            _small_structs.cloudpickle_dumps,
        )
    )
    peer_name = f"hand-written cffi reducer, {on}"
    yield Kind("a C struct", _node, ours, peer, {"cloudpickle": cloud}, peer_name)


def rows() -> Iterator[Row]:
    """Two rows for each kind of objects, and rows of `dumps` and `loads` for few of them."""
    for kind in kinds():
        for count in COUNTS:
            yield _row("round trip", kind, count)
        if kind.name in APART:
            yield _row("dumps", kind, COUNTS[-1])
            yield _row("loads", kind, COUNTS[-1])


def _row(step: str, kind: Kind, count: int) -> Row:
    def sample(way: Way) -> Sample:
        states = [kind.state(number, way.make) for number in range(count)]
        return cpu_time(_operation(step, way, list(map(way.make, states))))

    return Row(
        f"{step}, {count}: {kind.name}",
        sample(kind.ours),
        sample(kind.peer),
        kind.peer_name,
        BOUND,
        rounds=61,
        others={name: sample(way) for name, way in kind.others.items()},
    )


def _operation(step: str, way: Way, objects: list[Any]) -> Callable[[], object]:
    """The step to measure, of one object or of a list of many."""
    dumps, loads = way.dumps, pickle.loads
    one_or_many = objects if len(objects) > 1 else objects[0]
    data = dumps(one_or_many)
    arrived = loads(data) if len(objects) > 1 else [loads(data)]
    assert [type(obj) for obj in arrived] == [type(obj) for obj in objects]
    assert list(map(way.state_of, arrived)) == list(map(way.state_of, objects))
    if step == "dumps":
        return lambda: dumps(one_or_many)
    if step == "loads":
        return lambda: loads(data)
    return lambda: loads(dumps(one_or_many))


def _bytes(number: int, size: int) -> bytes:
    return (b"%d" % number).ljust(size, b".")


def _node(number: int, make: object) -> dict[str, Any]:
    return {"number": 17 + number, "weight": 2.5 + number, "rank": number}
