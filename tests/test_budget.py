"""Bombs end at a limit, and ordinary data never reaches one."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gadgets import Gadget
from payloads import load

import adapters
from adapters._payload.audit import audit
from adapters.errors import UntrustedError

DOUBLED = b"N" + b"2\x86" * 60  # a tuple of twice a tuple of twice ...


def of_one_hash(behind: bytes = b"") -> bytes:
    """Many integers that all have the hash 1, with opcodes behind each."""
    values = (1 + n * ((1 << 61) - 1) for n in range(20_000))
    return b"".join(b"\x8a\x0a" + each.to_bytes(10, "little") + behind for each in values)


def inside_each_other(function: bytes, levels: int) -> bytes:
    """What a function of `adapters` makes of a gadget's state that is such a thing itself."""
    names = b"q\0X\x0e\0\0\0gadgets.Gadgetq\1X\1\0\0\0xq\x021"
    begin, end = b"h\0(h\1K\1h\2", b"tR"
    return b"(cadapters\n" + function + b"\n" + names + begin * levels + b"N" + end * levels


BOMBS: dict[str, Callable[[], bytes]] = {
    "lengths that are not there": lambda: b"\x8e" + b"\xff" * 7 + b"\x0f.",
    "a bytearray that is not there": lambda: b"\x96\0\0\0\0\x20\0\0\0.",
    "a long that is not there": lambda: b"\x8b\xff\xff\xff\x7f.",
    "a text that is not there": lambda: b"\x8d\0\0\0\0\x20\0\0\0.",
    "a number in text": lambda: b"L" + b"9" * 1_000_000 + b"\n.",
    "an integer in text": lambda: b"I" + b"9" * 1_000_000 + b"\n.",
    "a memo index": lambda: b"Nr\xff\xff\xff\x7f.",
    "bytes of a number": lambda: b"cbuiltins\nbytes\n\x8a\x05\0\0\0\0\x20\x85R.",
    "copies of bytes": lambda: (
        b"(cbuiltins\nbytearray\nq\0\x8e"
        + (1 << 20).to_bytes(8, "little")
        + bytes(1 << 20)
        + b"\x85q\1"
        + b"h\0h\1R" * 20_000
        + b"t."
    ),
    "copies of tuples": lambda: (
        b"(cbuiltins\ntuple\nq\0](" + b"N" * 50_000 + b"e\x85q\1" + b"h\0h\1R" * 20_000 + b"t."
    ),
    "copies of sets": lambda: (
        b"(cbuiltins\nset\nq\0](" + b"K\1" * 50_000 + b"e\x85q\1" + b"h\0h\1R" * 20_000 + b"t."
    ),
    "encodings": lambda: (
        b"(c_codecs\nencode\nq\0X\0\0\x10\0"
        + b"a" * (1 << 20)
        + b"X\6\0\0\0latin1\x86q\1"
        + b"h\0h\1R" * 20_000
        + b"t."
    ),
    "one text for many objects": lambda: (
        b"(cadapters\nrebuild\nq\0(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xX\0\0\x10\0"
        + b"a" * (1 << 20)
        + b"tq\1"
        + b"h\0h\1R" * 20_000
        + b"t."
    ),
    "one state for many objects": lambda: (
        b"(cadapters\nrebuild\nq\0(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xB\0\0\x10\0"
        + bytes(1 << 20)
        + b"tq\1"
        + b"h\0h\1R" * 20_000
        + b"t."
    ),
    "a key that is doubled": lambda: b"}" + DOUBLED + b"Ns.",
    "an item that is doubled": lambda: b"\x8f(" + DOUBLED + b"\x90.",
    "an item that is doubled, of a frozenset": lambda: b"(" + DOUBLED + b"\x91.",
    "a key that is deep": lambda: b"}N" + b"\x85" * 100_000 + b"Ns.",
    "a spec that is deep, as a key": lambda: b"}" + inside_each_other(b"Spec", 5000) + b"Ns.",
    "objects that are deep": lambda: inside_each_other(b"rebuild", 20_000) + b".",
    "lists that are deep": lambda: b"]" * 200_000 + b"a" * 199_999 + b".",
    "tuples that are deep": lambda: b"N" + b"\x85" * 200_000 + b".",
    "marks that are deep": lambda: b"(" * 1_000_000 + b".",
    "keys of one hash": lambda: b"}(" + of_one_hash(b"N") + b"u.",
    "keys of one hash, one by one": lambda: b"}" + of_one_hash(b"Ns") + b".",
    "items of one hash, of a frozenset": lambda: b"(" + of_one_hash() + b"\x91.",
    "items of one hash, in ADDITEMS": lambda: b"\x8f(" + of_one_hash() + b"\x90.",
    "items of one hash": lambda: b"cbuiltins\nset\n](" + of_one_hash() + b"e\x85R.",
}


REASONS = (
    r"bytes of memory|nested deeper|steps to hash|needs \d+ bytes|number in text"
    r"|out of the range|builtins.bytes in a REDUCE|marks are open"
)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    payload = BOMBS[name]()
    started = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(adapters.RebuildError, match=REASONS) as caught:
            load(payload, max_bytes=8 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (32 << 20)
    assert time.process_time() - started < 5  # traced: without, it is a fraction of a second
    del caught


@pytest.mark.slow
def test_bombs_under_a_limit_of_the_system() -> None:
    pytest.importorskip("resource")
    child = """if True:
        import resource, sys
        from pathlib import Path
        from test_budget import BOMBS
        import adapters
        from adapters._payload.trusted import trusted_loads
        bombs = {name: bomb() for name, bomb in BOMBS.items()}
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        room = pages * resource.getpagesize() + (512 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        for name, bomb in bombs.items():
            try:
                trusted_loads(bomb, trusted=["gadgets.Gadget"])  # with the limit that it has
            except adapters.RebuildError:
                continue
            print("loaded", name)
        """
    if not Path("/proc/self/statm").exists():
        pytest.skip("the size of a process is to be found elsewhere")
    done = subprocess.run(
        [sys.executable, "-c", child],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


ORDINARY: dict[str, Any] = {
    "integers": lambda n: [*range(n)],
    "floats": lambda n: [number / 3 for number in range(n)],
    "texts": lambda n: [f"text {number}" for number in range(n)],
    "wide texts": lambda n: ["\U0001f600" * 100 for _ in range(n)],
    "bytes": lambda n: [b"x%d" % number for number in range(n)],
    "tuples": lambda n: [(number, None) for number in range(n)],
    "lists": lambda n: [[] for _ in range(n)],
    "dicts": lambda n: [{"name": number, "size": 1.5} for number in range(n)],
    "one dict": lambda n: {number: str(number) for number in range(n)},
    "sets": lambda n: [set() for _ in range(n)],
    "full sets": lambda n: [{number, number + 1, number + 2} for number in range(n)],
    "one set": lambda n: {*range(n)},
    "one frozenset": lambda n: frozenset(range(n)),
    "one bytes": lambda n: b"x" * n,
    "one bytearray": lambda n: bytearray(n),
    "gadgets": lambda n: [Gadget((number, b"part")) for number in range(n)],
    "one long text": lambda n: "x" * n,
    "long integers": lambda n: [1 << 1000 + number for number in range(n)],
}


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize("protocol", [2, 5])
def test_memory_is_estimated_upwards_and_ordinary_data_is_within_the_limit(
    name: str, protocol: int
) -> None:
    payload = pickle.dumps(ORDINARY[name](3000), protocol)
    loaded = pickle.loads(payload)
    del loaded
    tracemalloc.start()
    try:
        loaded = pickle.loads(payload)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert loaded is not None
    with pytest.raises(UntrustedError, match=r"of memory.*max_bytes"):
        load(payload, max_bytes=taken // 2 if name == "gadgets" else taken)
    load(payload, max_bytes=100 * len(payload) + (300_000 if "sets" in name else 4000))


def test_copies_of_copies_have_a_limit() -> None:
    step = b"h\x00h\x01\x85R"  # tuple(the list): 5 bytes for all of its items
    payload = b"cbuiltins\ntuple\nq\x00](" + b"N" * 200_000 + b"eq\x01" + step * 1000
    report = audit(payload)
    assert "steps to hash, compare and copy" in report.problems[0].message


VALUES: dict[str, tuple[bytes, int]] = {  # opcodes, and bytes that the value takes at least
    "read-only views of one bytearray": (b"h\0\x98", 400),
    "globals": (b"cbuiltins\nlist\n0", 100),
    "buffers": (b"\x97", 100),
    "encoded texts": (b"h\1h\2R", 100),
    "items of a tuple": (b"2", 16),
    "dicts of one item": (b"}h\3h\3s", 280),
}


@pytest.mark.parametrize("name", VALUES)
def test_each_value_counts(name: str) -> None:
    opcodes, memory = VALUES[name]
    payload = (
        b"c_codecs\nencode\nq\1(X\0\0\0\0X\6\0\0\0latin1tq\x020"
        + b"0Nq\x030(\x96\1\0\0\0\0\0\0\0aq\0"
        + opcodes * 1000
        + b"t."
    )
    start = 20_000  # for the machine, whatever it does
    with pytest.raises(UntrustedError, match=r"of memory.*max_bytes"):
        load(payload, max_bytes=memory * 1000, buffers=[b""] * 1000)
    assert load(payload, max_bytes=memory * 3000 + start, buffers=[b""] * 1000)


@pytest.mark.parametrize("opcodes", [b"\x85", b")\x86"])
def test_values_have_a_limit_of_depth(opcodes: bytes) -> None:
    assert load(b")" + opcodes * 9_999 + b".")
    with pytest.raises(UntrustedError, match="nested deeper than 10000 levels"):
        load(b")" + opcodes * 10_000 + b".")
