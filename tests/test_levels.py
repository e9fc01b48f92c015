"""10,000 levels are the limit, in whatever order a payload makes and fills its containers."""

from __future__ import annotations

import pickle
import struct
import time
from typing import Any

import pytest
from payloads import COMPLETE, REBUILD, load, text

import adapters
from adapters._payload.audit import audit
from adapters._payload.levels import deeper_than
from adapters._payload.symbols import Closed, Container
from adapters.errors import UntrustedError

DEEP = "nested deeper than 10000 levels"


def get(index: int) -> bytes:
    return b"j" + struct.pack("<I", index)


EMPTY = {"lists": b"]", "dicts": b"}"}
PUT: dict[str, Any] = {  # memo `inner` into memo `outer`
    "lists": lambda outer, inner: get(outer) + get(inner) + b"a0",
    "dicts": lambda outer, inner: get(outer) + b"N" + get(inner) + b"s0",
}


def filled_later(kind: str, pairs: list[tuple[int, int]], count: int, result: bytes) -> bytes:
    """Containers that are made first; then each one of a pair gets the other one."""
    put = PUT[kind]
    made = b"\x80\x04" + (EMPTY[kind] + b"\x940") * count
    return made + b"".join(put(outer, inner) for outer, inner in pairs) + result + b"."


def both(payload: bytes) -> bool:
    """Whether it loads; audits say the same."""
    report = audit(payload)
    assert report.complete, str(report)
    if report.only_adapters:
        load(payload)
        return True
    assert DEEP in str(report)
    with pytest.raises(UntrustedError, match=DEEP):
        load(payload)
    return False


ORDERS: dict[str, Any] = {
    "from the outside": lambda pairs: pairs,
    "from the inside": lambda pairs: pairs[::-1],
    "every second one first": lambda pairs: pairs[::2] + pairs[1::2],
}


@pytest.mark.parametrize(
    "order",
    [
        "from the outside",
        pytest.param("from the inside", marks=pytest.mark.slow),
        pytest.param("every second one first", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("kind", EMPTY)
def test_containers_that_are_filled_later(kind: str, order: str) -> None:
    for count, loads in ((10_000, True), (10_001, False)):
        pairs = ORDERS[order]([(index, index + 1) for index in range(count - 1)])
        assert both(filled_later(kind, pairs, count, get(0))) is loads
        assert both(filled_later(kind, pairs, count, b"N")) is loads  # it is in the memo alone


def test_a_chain_that_is_longer_than_all_paths_of_the_search() -> None:
    """A tuple of all lists, the innermost first: the search enters each one from the tuple."""
    for count, loads in ((9_999, True), (10_000, False)):
        pairs = [(index, index + 1) for index in range(count - 1)]
        everything = b"(" + b"".join(get(index) for index in reversed(range(count))) + b"t"
        assert both(filled_later("lists", pairs, count, everything)) is loads


@pytest.mark.slow
def test_what_is_met_inside_itself_adds_no_levels() -> None:
    itself: list[Any] = []
    itself += [itself] * 20_000
    assert both(pickle.dumps(itself, 0))
    rows: list[Any] = []
    rows += [{"all": rows, "number": number} for number in range(12_000)]
    for protocol in (0, 2, 5):  # the first one appends one by one
        assert both(pickle.dumps(rows, protocol))


def test_a_ring_has_as_many_levels_as_containers() -> None:
    for count, loads in ((10_000, True), (10_001, False)):
        pairs = [(index, (index + 1) % count) for index in range(count)]
        assert both(filled_later("lists", pairs, count, get(0))) is loads


@pytest.mark.parametrize("size", [2, 100])
def test_cycles_inside_each_other_add_up(size: int) -> None:
    """Lists in both directions; the outermost of each such group holds the innermost of the next.

    A way through all of them goes up in each group: through what the search meets inside itself.
    """
    for count, loads in ((10_000 - size, True), (10_000 + size, False)):
        pairs = []
        for first in range(0, count, size):
            for outer in range(first, first + size - 1):
                pairs += [(outer, outer + 1), (outer + 1, outer)]
            if first + size < count:
                pairs.append((first, first + 2 * size - 1))
        outermost = reversed(range(0, count, size))
        everything = b"(" + b"".join(map(get, outermost)) + b"t"
        assert both(filled_later("lists", pairs, count, everything)) is loads


def test_levels_through_tuples_and_objects() -> None:
    name = text("2:1:x:gadgets.Gadget")
    for wrap in (b"%b\x85", REBUILD + name + b"%b\x86R"):
        for count, loads in ((5_000, True), (5_001, False)):
            steps = (
                get(index) + wrap % get(index + 1) + b"a0" for index in reversed(range(count - 1))
            )
            payload = b"\x80\x04" + b"]\x940" * count + b"".join(steps)
            report = audit(payload + get(0) + b".")
            assert report.only_adapters is (count < 5001)
            if wrap.endswith(b"\x85"):
                assert both(payload + get(0) + b".") is loads


class Joint:
    """Stands for a node of a scene tree."""

    links: Any = None

    def __init__(self, name: Any) -> None:
        self.name = name


def set_links(joint: Any, links: Any) -> None:
    joint.links = links


@pytest.fixture
def joints() -> Any:
    adapters.register(
        Joint, lambda joint: joint.name, Joint, name="joint", links=lambda joint: joint.links,
        link=set_links,
    )  # fmt: skip
    adapters.registry["joint"].module = __name__
    yield
    adapters.unregister(Joint)


@pytest.mark.slow
def test_a_tree_of_many_objects_that_know_their_parents(joints: None) -> None:
    root = Joint("root")
    parts = [Joint(number) for number in range(12_000)]
    for part in parts:
        part.links = (root, [])
    root.links = (None, parts)
    payload = adapters.dumps(root)
    assert audit(payload).only_adapters
    loaded = load(payload, trusted=["joint"])
    assert len(loaded.links[1]) == 12_000
    assert all(part.links[0] is loaded for part in loaded.links[1])


@pytest.mark.slow
def test_a_chain_of_objects_that_are_linked_later(joints: None) -> None:
    key = text("2:1:x:joint")
    made = b"\x80\x04" + (REBUILD + key + b"N\x86R\x940") * 20_000
    for count, loads in ((10_000, True), (10_001, False)):
        links = b"".join(
            COMPLETE + get(index) + key + b"N" + get(index + 1) + b"\x87\x86R0"
            for index in range(count - 1)
        )
        payload = made + links + b"N."
        assert audit(payload).only_adapters is loads
        if not loads:
            with pytest.raises(UntrustedError, match=DEEP):
                load(payload, trusted=["joint"])


def test_the_search_takes_time_for_each_item_once() -> None:
    ring = [Container(list, []) for _ in range(300)]
    for outer, inner in zip(ring, [*ring[1:], ring[0]], strict=True):
        outer.items = [inner] * 300
    for limit, deeper in ((301, False), (300, True)):
        for container in ring:
            container.inside = 0
        started = time.process_time()
        assert deeper_than(limit, [Closed(tuple, ring[::-1])]) is deeper
        assert time.process_time() - started < 1
