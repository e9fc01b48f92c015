"""`max_bytes` is an upper bound of what loading allocates, its peaks included."""

from __future__ import annotations

import gc
import pickle
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gadgets import Gadget
from payloads import COMPLETE, REBUILD, SPEC, text

import adapters
from adapters._payload.trusted import trusted_loads
from adapters._payload.validator import Validator
from adapters.errors import UntrustedError

COUNT = 1500  # of values: just above the size of a table, and far above the machine's own memory


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def real(value: float) -> bytes:
    return b"G" + struct.pack(">d", value + 0.5)


def each(opcodes: Callable[[int], bytes] | bytes, count: int = COUNT) -> bytes:
    make = opcodes if callable(opcodes) else lambda _: opcodes
    return b"".join(make(index) for index in range(count))


def in_a_tuple(opcodes: Callable[[int], bytes] | bytes, count: int = COUNT) -> bytes:
    return b"\x80\x04(" + each(opcodes, count) + b"t."


def get(index: int) -> bytes:
    return b"j" + struct.pack("<I", index)


def put(index: int) -> bytes:
    return b"r" + struct.pack("<I", index)


SHELL, GAUGE = text("2:1:m:meter.Shell"), text("2:1:m:meter.Gauge")
OBJECTS = REBUILD + b"q\x000" + COMPLETE + b"q\x010" + SHELL + b"q\x020" + SPEC + b"q\x030"
CASES: dict[str, bytes] = {
    "None": in_a_tuple(b"N"),
    "None in a list": b"](" + each(b"N") + b"e.",
    "None in a list, one by one": b"]" + each(b"Na") + b".",
    "integers": in_a_tuple(number),
    "floats": in_a_tuple(real),
    "texts": in_a_tuple(lambda index: text(str(index))),
    "bytes": in_a_tuple(b"C\1a"),
    "bytearrays": in_a_tuple(b"\x96\1\0\0\0\0\0\0\0a"),
    "lists": in_a_tuple(b"]"),
    "tuples": in_a_tuple(b")"),
    "dicts": in_a_tuple(b"}"),
    "sets": in_a_tuple(b"\x8f"),
    "frozensets": in_a_tuple(b"(\x91"),
    "lists of one": in_a_tuple(b"]Na"),
    "tuples of one": in_a_tuple(b"N\x85"),
    "dicts of one": in_a_tuple(b"}NNs"),
    "dicts of six": in_a_tuple(b"}(NNK\1NK\2NK\3NK\4NK\5Nu"),
    "sets of one": in_a_tuple(b"\x8f(N\x90"),
    "sets of five": in_a_tuple(b"\x8f(NK\1K\2K\3K\4\x90"),
    "frozensets of six": in_a_tuple(b"(NK\1K\2K\3K\4K\5\x91"),
    "one set": b"\x8f(" + each(real) + b"\x90.",
    "one set, one by one": b"\x8f" + each(lambda index: b"(" + real(index) + b"\x90") + b".",
    "one frozenset": b"(" + each(real) + b"\x91.",
    "a set of a list": b"cbuiltins\nset\n](" + each(real) + b"e\x85R.",
    "a tuple of a list": b"cbuiltins\ntuple\n](" + each(real) + b"e\x85R.",
    "one dict": b"}(" + each(lambda index: real(index) + b"N") + b"u.",
    "one dict, one by one": b"}" + each(lambda index: real(index) + b"Ns") + b".",
    "a dict of texts": b"}(" + each(lambda index: text(str(index)) + b"N") + b"u.",
    "a dict of texts and a number": (
        b"}(" + each(lambda index: text(str(index)) + b"N") + b"uK\1Ns."
    ),
    "a dict of tuples": b"}(" + each(lambda index: number(index) + b"\x85N") + b"u.",
    "a set of frozensets": b"\x8f("
    + each(lambda index: b"(" + number(index) + b"K\1\x91") + b"\x90.",
    "a large tuple as a key": b"}(" + each(lambda index: number(index) + b"N", 20) + b"("
    + each(b"N") + b"tNu.",
    "a large frozenset as a key": b"}(" + each(lambda index: number(index) + b"N", 20) + b"("
    + each(number) + b"\x91Nu.",
    "memoized": in_a_tuple(b"K\1\x94"),
    "memoized and dropped": b"\x80\x04" + each(b"N\x940") + b"N.",
    "from the memo": b"Nq\x000(" + each(b"h\0") + b"t.",
    "a sparse memo": in_a_tuple(lambda index: b"N" + put(COUNT * 6 - index)),
    "duplicates": b"(N" + each(b"2") + b"t.",
    "marks": each(b"(1") + b"N.",
    "open marks": each(b"(") + b"N" + each(b"t") + b".",
    "tuples in each other": b"N" + each(b"\x85") + b".",
    "lists in each other": each(b"]") + each(b"a", COUNT - 1) + b".",
    "lists that hold themselves": in_a_tuple(lambda index: b"]" + put(index) + get(index) + b"a"),
    "lists filled later": b"\x80\x04" + each(b"]\x940")
    + each(lambda index: get(index) + get(index + 1) + b"a0", COUNT - 1) + get(0) + b".",
    "globals": b"\x80\x04" + each(b"cbuiltins\nset\n\x940") + b"N.",
    "views": b"cbuiltins\nmemoryview\nq\x000C\1a\x85q\x010(" + each(b"h\0h\1R") + b"t.",
    "complex numbers": b"cbuiltins\ncomplex\nq\x000("
    + each(b"h\0" + real(1) * 2 + b"\x86R") + b"t.",
    "objects": OBJECTS + b"(" + each(b"h\0h\2N\x86R") + b"t.",
    "objects with lists": OBJECTS + b"(" + each(b"h\0h\2](NNe\x86R") + b"t.",
    "objects as keys": OBJECTS + b"\x8f(" + each(b"h\0h\2N\x86R") + b"\x90.",
    "objects with attributes": OBJECTS + b"("
    + each(lambda index: b"h\0h\2N\x86R" + put(index + 4) + b"h\1" + get(index + 4)
           + b"h\2}(VA\nNVB\n]uN\x87\x86R0") + b"t.",
    "objects with links": OBJECTS + GAUGE + b"q\x040("
    + each(lambda index: b"h\0h\4N\x86R" + put(index + 5) + b"h\1" + get(index + 5)
           + b"h\4N](" + get(index + 5) + b"e\x87\x86R0") + b"t.",
    "objects of many providers": OBJECTS + b"("
    + each(lambda index: b"h\0" + text(f"2:1:m{index}:meter.Shell") + b"N\x86R", 300) + b"t.",
    "specs": OBJECTS + b"(" + each(b"h\3h\2N\x86R") + b"t.",
    "specs with attributes": OBJECTS + b"(" + each(b"h\3h\2NN}N\x87\x87R") + b"t.",
    "one text": text("a" * 100_000) + b".",
    "one text of Latin-1": text("\xe9" * 50_000) + b".",
    "one wide text": text("\U0001f600" * 25_000) + b".",
    "one text that becomes wide": text("\u0430" + "a" * 50_000 + "\U0001f600") + b".",
    "one text with escapes": b"V" + b"a" * 50_000 + b"\\U0001f600\n.",
    "one bytes": pickle.dumps(bytes(100_000)),
    "one bytearray": pickle.dumps(bytearray(100_000), 5),
    "one bytearray of bytes": pickle.dumps(bytearray(100_000), 4),
    "one encoded text": pickle.dumps(bytes(50_000), 2),
    "one integer": pickle.dumps(1 << 800_000),
    "digits": b"(" + each(b"L" + b"7" * 4000 + b"L\n", 20) + b"t.",
}  # fmt: skip


class Shell(Gadget):
    """Made empty."""

    __slots__ = ()


def set_state(shell: Any, state: Any) -> None:
    shell.state = state


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    class Gauge:
        __slots__ = ()

    def make(_: object) -> Any:
        return Gauge()

    links: dict[str, Any] = {"links": lambda gauge: None, "link": lambda gauge, links: None}
    adapters.register(Gauge, lambda gauge: None, make, name="meter.Gauge", **links)
    adapters.register(Shell, lambda shell: None, init=set_state, name="meter.Shell")
    for name in NAMES:
        adapters.registry[name].module = "m"
    yield
    for target in (Gauge, Shell):
        adapters.unregister(target)


NAMES = ["meter.Gauge", "meter.Shell"]


class Counting(Validator):
    """Knows the most memory that was counted."""

    most = 0

    def charge(self, cost: int) -> None:
        self.most = max(self.most, self._spent + cost)
        super().charge(cost)


@pytest.mark.parametrize("name", CASES)
def test_no_more_is_allocated_than_counts(name: str) -> None:
    payload = CASES[name]
    validator = Counting(len(payload), [], None, dict.fromkeys(NAMES), False)
    validator.validate(payload)
    least = validator.most
    del validator
    with pytest.raises(UntrustedError, match=r"more than \d+ bytes of memory; .* max_bytes"):
        trusted_loads(payload, trusted=NAMES, max_bytes=least - 1)
    gc.collect()
    gc.disable()  # what is in a cycle is not to be left to it
    tracemalloc.start()
    try:
        loaded = trusted_loads(payload, trusted=NAMES, max_bytes=least)
        taken, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert loaded is None or loaded == loaded
    assert taken <= peak <= least


@pytest.mark.parametrize("name", CASES)
def test_no_more_is_allocated_where_it_is_refused(name: str) -> None:
    payload = CASES[name]
    tracemalloc.start()
    try:
        with pytest.raises(UntrustedError, match="bytes of memory") as caught:
            trusted_loads(payload, trusted=NAMES, max_bytes=30_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    del caught
    assert peak <= 30_000 + len(payload) // 50


def test_a_copy_of_the_payload_counts() -> None:
    payload = b"(" + b"N1(" * 10_000 + b"t."
    with pytest.raises(UntrustedError, match="bytes of memory"):
        trusted_loads(payload, trusted=[], max_bytes=len(payload))
