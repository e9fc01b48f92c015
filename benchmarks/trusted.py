"""Trusted loads and audits, and pickle; the worst crafted payloads, and usual ones."""

from __future__ import annotations

import pickle
import platform
from collections.abc import Callable, Iterator

import adapters
from benchmarks._measure import Row, Sample, cpu_time
from benchmarks._small_types import Adapted

OBJECTS = 2000
SIZE = 100_000  # bytes of a crafted payload

# Of the payloads that tests/fuzz_trusted.py times, those that take longest for each byte: tuples in
# each other, and a few tuples of one hash that are items of many sets.
_LARGE = 1 + (1 << 61) - 1  # has the hash of 1, as each multiple of 2 to the 61st, less 1, more has
_OF_ONE_HASH = [
    b"("
    + b"N" * 200
    + b"\x8a\x09"
    + (_LARGE * number + 1).to_bytes(9, "little")
    + b"tq%c0" % number
    for number in range(16)
]
CRAFTED = {
    "tuples in each other": (b"", b"N" + b"\x85" * 9000),
    "tuples of one hash": (
        b"".join(_OF_ONE_HASH),
        b"\x8f(" + b"".join(b"h%c" % number for number in range(16)) + b"\x90",
    ),
}


def rows() -> Iterator[Row]:
    """Many small objects, and what is the worst for each byte of a payload."""
    trusted = [adapters.registry.find(Adapted(0)).name]
    usual = pickle.dumps([Adapted((number, "name", 2.5)) for number in range(OBJECTS)])

    def load(payload: bytes) -> Callable[[], object]:
        return lambda: adapters.loads(payload, trusted=trusted)

    pickled = f"pickle of Python {platform.python_version()}"
    for name, ours, bound in (
        ("trusted load", load(usual), 150.0),
        ("audit", lambda: adapters.audit(usual), 120.0),
    ):
        peer = cpu_time(lambda: pickle.loads(usual))
        yield Row(f"{name}, many objects", cpu_time(ours), peer, pickled, bound, rounds=15)
    for name, (once, often) in CRAFTED.items():
        payload = b"\x80\x04(" + once + often * (SIZE // len(often)) + b"t."
        yield Row(
            f"a byte of {name}",
            _per_byte(load(payload), len(payload)),
            _per_byte(load(usual), len(usual)),
            "trusted load of many objects",
            bound=5.0,
            rounds=15,
        )


def _per_byte(operation: Callable[[], object], size: int) -> Sample:
    sample = cpu_time(operation)
    return lambda: sample() / size
