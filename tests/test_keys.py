"""Keys: the time that they take is counted before they are hashed, and usual ones are loaded."""

from __future__ import annotations

import pickle
import struct
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from fuzz_crafted import KEYED, of_keys
from gadgets import Gadget
from payloads import REBUILD, load, text

import adapters
from adapters._payload import budget
from adapters._payload.audit import audit
from adapters._payload.keys import _hash, hash_time
from adapters._payload.meter import Meter
from adapters._payload.symbols import BytesLike, Closed
from adapters.errors import UntrustedError

TOO_LONG = r"it takes more than \d+ steps to hash, compare and copy its values"


def assert_refused(payload: bytes) -> None:
    """Refused quickly, and by audits for the same reason."""
    started = time.process_time()
    with pytest.raises(UntrustedError, match=TOO_LONG):
        load(payload)
    report = audit(payload)
    assert time.process_time() - started < 1 + len(payload) / 50_000
    assert not report.only_adapters
    assert "steps to hash, compare and copy" in str(report)


USUAL: dict[str, Callable[[int], Any]] = {
    "powers of two": lambda n: {1 << number: number for number in range(n)},
    "multiples of a large float": lambda n: {float(number) * 2.0**61: 0 for number in range(n)},
    "parts of a power of two": lambda n: {number / 1024 for number in range(n)},
    "powers of two as floats": lambda n: {2.0**number for number in range(-1000, 1000)},
    "points of a grid": lambda n: {(x, -y): 0 for x in range(70) for y in range(70)},
    "points in space": lambda n: {
        (x, y, z) for x in range(17) for y in range(17) for z in range(17)
    },
    "complex numbers": lambda n: {complex(x, y) for x in range(70) for y in range(70)},
    "subsets": lambda n: {
        frozenset(i for i in range(12) if bits >> i & 1) for bits in range(1 << 12)
    },
    "texts": lambda n: {str(number): number for number in range(n)},
    "bytes": lambda n: {b"%d" % number for number in range(n)},
    "a hash of -2": lambda n: {(number, -1) for number in range(n)} | {(-2, i) for i in range(n)},
    "the same tuples in many dicts": lambda n: [dict.fromkeys(TUPLES, k) for k in range(300)],
    "one at a time": lambda n: [{number << 40: None} for number in range(n)],
}
TUPLES = [(number, "name", 2.5, None, True) for number in range(20)]


OLDER = [pytest.param(protocol, marks=pytest.mark.slow) for protocol in (0, 2)]


@pytest.mark.parametrize("protocol", [*OLDER, 5])
@pytest.mark.parametrize("name", USUAL)
def test_usual_keys(name: str, protocol: int) -> None:
    made = USUAL[name](6500)
    payload = pickle.dumps(made, protocol)
    assert load(payload) == made
    assert audit(payload).only_adapters


@pytest.mark.parametrize("is_dict", [True, False])
@pytest.mark.parametrize("name", [name for name in KEYED if "one hash" not in name])
def test_many_keys_that_look_at_many_places(name: str, is_dict: bool) -> None:
    payload = of_keys(KEYED[name], 100_000, is_dict)
    assert audit(payload).only_adapters
    assert len(load(payload)) > 5000


@pytest.mark.parametrize("is_dict", [True, False])
def test_many_keys_of_one_hash(is_dict: bool) -> None:
    assert_refused(of_keys(KEYED["integers of one hash"], 100_000, is_dict))


def of_one_run(bits: int) -> list[int]:
    """Integers below 2**30, each with a hash of its own, which all look at the same places.

    A third of a dict's places is taken by a run in the order of late looks. The first looks of the
    other keys are all at places of the run, and early in it.
    """
    size, chance = 1 << bits, Random(1)
    mask = size - 1
    run, place = [], 1
    for _ in range(size // 3 + 8):
        run.append(place)
        place = (5 * place + 1) & mask
    order = {place: number for number, place in enumerate(run)}
    keys: set[int] = set()
    while len(keys) < size // 3 - 16:
        key = rest = chance.randrange(size << 4, 1 << 30)
        place = key & mask
        while place in order and rest:
            rest >>= 5
            place = (5 * place + rest + 1) & mask
        if order.get(place, size) < len(run) // 4:
            keys.add(key)
    return run + sorted(keys, key=hash)


@pytest.mark.slow
def test_keys_that_look_at_the_places_of_each_other() -> None:
    keys = of_one_run(11)
    payload = pickle.dumps(dict.fromkeys(keys))
    assert len(set(map(hash, keys))) == len(keys)
    assert_refused(payload)
    others = dict.fromkeys(range(1 << 20, (1 << 20) + len(keys)))
    assert load(pickle.dumps(others)) == others


BIG = b"\x8b" + struct.pack("<i", 20_000) + b"\x7f" * 20_000
MANY: dict[str, tuple[bytes, bytes]] = {  # what is in memo 0 and 1, and a set or dict of it
    "a long integer": (BIG + b"q\0", b"\x8f(h\0\x90"),
    "a long integer in a dict": (BIG + b"q\0", b"}h\0Ns"),
    "a long integer in a frozenset": (BIG + b"q\0", b"(h\0\x91"),
    "a long integer in a tuple": (BIG + b"\x85q\0", b"\x8f(h\0\x90"),
    "a view of bytes": (
        b"cbuiltins\nmemoryview\nq\0B" + struct.pack("<I", 20_000) + bytes(20_000) + b"\x85q\1",
        b"\x8f(h\0h\1R\x90",
    ),
    "a long tuple": (b"(" + b"N" * 20_000 + b"tq\0", b"\x8f(h\0\x90"),
    "a doubled tuple": (b"N" + b"2\x86" * 14 + b"q\0", b"\x8f(h\0\x90"),
    "a spec with a long tuple": (
        b"cadapters\nSpec\n" + text("2:1:x:gadgets.Gadget") + b"(" + b"N" * 20_000 + b"t\x86Rq\0",
        b"\x8f(h\0\x90",
    ),
}


@pytest.mark.parametrize("name", MANY)
def test_a_large_key_of_many_containers(name: str) -> None:
    once, often = MANY[name]
    begin = b"\x80\x04(" + once + b"1]("
    assert len(load(begin + often * 5 + b"e.")) == 5
    assert_refused(begin + often * 20_000 + b"e.")


def test_a_few_keys_of_one_hash_are_compared() -> None:
    number = (1 << 61) - 1
    keys = {1 + count * number: count for count in range(50)}
    assert load(pickle.dumps(keys)) == keys
    pairs = {(1 + count * number, 2): count for count in range(50)}
    assert load(pickle.dumps(pairs)) == pairs


@pytest.mark.parametrize(
    ("symbol", "value"),
    [
        (Closed(tuple, []), ()),
        (Closed(tuple, [1, -1, "a", 2.5, None]), (1, -1, "a", 2.5, None)),
        (Closed(tuple, [BytesLike(bytes, b"ab", 2)]), (b"ab",)),
        (Closed(frozenset, [1, 1.0, -1, -2]), frozenset((1, -1, -2))),
        (
            Closed(tuple, [Closed(frozenset, [Closed(tuple, [-1]), Closed(tuple, [-2])]), 1 << 70]),
            (frozenset(((-1,), (-2,))), 1 << 70),
        ),
        (BytesLike(memoryview, b"ab", 2), memoryview(b"ab")),
    ],
)
def test_hashes_are_those_of_the_values(symbol: Any, value: Any) -> None:
    meter = Meter(budget.UNLIMITED, budget.UNLIMITED)
    assert _hash(meter, symbol) == hash(value)
    assert _hash(meter, symbol) == hash(value)
    assert meter._spent <= budget.VALUE  # what was needed for a moment is given back


def test_the_time_of_a_hash_grows_with_what_is_hashed() -> None:
    assert hash_time("x" * 1000) == hash_time(5) == hash_time(None) == 1
    assert hash_time(1 << 100_000) > 500
    assert hash_time(BytesLike(memoryview, b"x" * 8000, 8000)) > 500
    assert hash_time(BytesLike(bytes, b"x" * 8000, 8000)) == 1


def test_a_buffer_is_no_key() -> None:
    for key in (b"\x97", b"\x97\x98", b"cbuiltins\nmemoryview\n\x97\x85R", b"\x97\x85"):
        payload = b"}" + key + b"Ns."
        assert "no hash" in str(audit(payload, buffers=[b"x"]))
        with pytest.raises(adapters.RebuildError, match="no hash"):
            load(payload, buffers=[b"x"])
    payload = b"}cbuiltins\nbytes\n\x97\x85RNs."
    assert load(payload, buffers=[bytearray(b"x")]) == {b"x": None}
    assert audit(payload, buffers=[b"x"]).only_adapters


class Same(Gadget):
    """All of its objects have one hash."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Same.compared += 1
        return self is other

    def __hash__(self) -> int:
        return 1


@pytest.fixture
def same() -> Iterator[None]:
    adapters.register(Same, lambda obj: obj.state, Same, name="same")
    yield
    adapters.unregister(Same)


WITH_OBJECTS = {
    "a set": (b"\x8f(", b"", b"\x90"),
    "a set, one by one": (b"\x8f", b"", b""),
    "a dict": (b"}(", b"N", b"u"),
    "a frozenset": (b"(", b"", b"\x91"),
    "a set of a list": (b"cbuiltins\nset\n](", b"", b"e\x85R"),
    "a frozenset of a list": (b"cbuiltins\nfrozenset\n](", b"", b"e\x85R"),
    "a set of tuples": (b"\x8f(", b"\x85", b"\x90"),
}


@pytest.mark.parametrize("name", WITH_OBJECTS)
def test_objects_of_one_hash(name: str, same: None) -> None:
    begin, then, end = WITH_OBJECTS[name]
    made = b"h\0h\1N\x86R" + then
    if name.endswith("one by one"):
        made = b"(" + made + b"\x90"
    memo = REBUILD + b"q\0" + text("2:1:x:same") + b"q\x011"
    for count, loads in ((100, True), (3000, False)):
        payload = b"\x80\x04(" + memo + begin + made * count + end
        assert audit(payload + b".").only_adapters  # it cannot know what hashes objects have
        Same.compared = 0
        if loads:
            assert len(load(payload + b".", trusted=["same"])) == count
            continue
        with pytest.raises(adapters.RebuildError, match=TOO_LONG):
            load(payload + b".", trusted=["same"])
        assert Same.compared < 400_000
