"""Payloads that are made to take long, and how long audits and trusted loads take for them."""

from __future__ import annotations

import contextlib
import itertools
import pickle
import struct
import time
from collections.abc import Callable

from fuzz_payloads import TYPES, key
from payloads import COMPLETE, REBUILD, SPEC, text

import adapters
from adapters._payload.audit import audit
from adapters._payload.trusted import trusted_loads

GAUGE, NODE, SHELL = map(key, TYPES)


def memo(*values: bytes) -> bytes:
    """Values that are kept in the memo, from index 0 on."""
    return b"".join(value + b"q%c0" % index for index, value in enumerate(values))


def sized(body: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(body)) + body


NONES = b"N" * 50_000
BODY = b"(" + NONES + b"t."  # a payload
TYPE = {name: b"cbuiltins\n%b\n" % name.encode() for name in ("memoryview", "list", "set", "tuple")}
LOADS, ENCODE = b"cpickle\nloads\n", b"c_codecs\nencode\n"
NAMES = b"N}(" + b"".join(text(str(number)) + b"N" for number in range(2000)) + b"u"
SLOW_KEYS = b"".join(b"J" + struct.pack("<i", number << 12) for number in range(10_000))

OF_ONE_HASH = [
    b"\x8a\x09" + (1 + number * ((1 << 61) - 1)).to_bytes(9, "little") for number in range(16)
]
SET_OF_16 = b"\x8f(" + b"".join(b"h%c" % index for index in range(16)) + b"\x90"

# Opcodes that are repeated inside of a tuple, after others that are there once.
REPEATED: dict[str, tuple[bytes, bytes]] = {
    "None": (b"", b"N"),
    "constants that are dropped": (b"", b"N0"),
    "duplicates": (b"N", b"2"),
    "empty lists": (b"", b"]"),
    "empty dicts": (b"", b"}"),
    "empty sets": (b"", b"\x8f"),
    "empty tuples": (b"", b")"),
    "empty frozensets": (b"", b"(\x91"),
    "tuples of one": (b"N", b"\x85N"),
    "tuples in each other": (b"N", b"\x85" * 9000 + b"N"),
    "marks": (b"", b"(1"),
    "lists of one": (b"", b"]Na"),
    "dicts of one": (b"", b"}NNs"),
    "sets of one": (b"", b"\x8f(N\x90"),
    "sets of five": (b"", b"\x8f(NK\1K\2K\3K\4\x90"),
    "dicts of six": (b"", b"}(NNK\1NK\2NK\3NK\4NK\5Nu"),
    "memoized constants": (b"", b"N\x94"),
    "constants from the memo": (memo(b"N"), b"h\0"),
    "floats in text": (b"", b"F1\n"),
    "integers in text": (b"", b"I1\n"),
    "long numbers in text": (b"", b"L" + b"9" * 4300 + b"L\n"),
    "buffers": (b"", b"\x97\x98"),
    "views of bytes": (memo(TYPE["memoryview"], b"C\1a\x85"), b"h\0h\1R"),
    "calls of list": (memo(TYPE["list"]), b"h\0)R"),
    "encoded texts": (memo(ENCODE, b"Va\nVlatin1\n\x86"), b"h\0h\1R"),
    "globals": (b"", b"cbuiltins\nset\n0"),
    "globals of long names": (memo(text("x" * 1000)), b"h\0h\0\x930"),
    "calls of what is not known": (memo(b"cx\ny\n"), b"h\0)R"),
    "calls with a long text": (memo(b"cx\ny\n", text("y" * 2000) + b"\x85"), b"h\0h\1R"),
    "objects in form 1": (memo(REBUILD), b"h\0(" + text("fuzz.Gauge") + b"K\1Vx\nNtR"),
    "objects": (memo(REBUILD, GAUGE), b"h\0h\1N\x86R"),
    "specs": (memo(SPEC, GAUGE), b"h\0h\1N\x86R"),
    "objects with links": (
        memo(REBUILD, NODE, COMPLETE), b"h\2h\0h\1N\x86Rh\1N)\x87\x86R"
    ),
    "objects with attributes": (
        memo(REBUILD, SHELL, COMPLETE), b"h\2h\0h\1N\x86Rh\1}N\x87\x86R"
    ),
    "a long state": (memo(REBUILD, GAUGE + b"](" + NONES + b"e\x86"), b"h\0h\1R"),
    "many attributes": (memo(SPEC, SHELL + b"N" + NAMES + b"N\x87\x87"), b"h\0h\1R"),
    "a long integer as a key": (memo(b"\x8b\x50\xc3\0\0" + b"\x7f" * 50_000), b"\x8f(h\0\x90"),
    "views of many bytes as keys": (
        memo(TYPE["memoryview"], sized(bytes(50_000)) + b"\x85"), b"\x8f(h\0h\1R\x90"
    ),
    "a long tuple as a key": (memo(b"(" + NONES + b"t"), b"\x8f(h\0\x90"),
    "a short tuple as a key": (memo(b"(" + b"K\1" * 400 + b"t"), b"\x8f(h\0\x90"),
    "tuples of one hash": (
        memo(*[b"(" + NONES[:200] + number + b"t" for number in OF_ONE_HASH]), SET_OF_16
    ),
    "integers of one hash": (memo(*OF_ONE_HASH), SET_OF_16),
    "a doubled tuple as a key": (memo(b"N" + b"2\x86" * 12), b"\x8f(h\0\x90"),
    "copies of a tuple": (memo(TYPE["tuple"], b"](" + NONES + b"e\x85"), b"h\0h\1R"),
    "copies of a short tuple": (memo(TYPE["tuple"], b"](NNNNNNNNe\x85"), b"h\0h\1R"),
    "copies of a set": (memo(TYPE["set"], b"](" + SLOW_KEYS + b"e\x85"), b"h\0h\1R"),
    "copies of a short set": (memo(TYPE["set"], b"](K\1K\2K\3K\4K\5e\x85"), b"h\0h\1R"),
    "copies of bytes": (memo(b"cbuiltins\nbytes\n", sized(bytes(50_000)) + b"\x85"), b"h\0h\1R"),
    "copies of text": (memo(ENCODE, text("a" * 50_000) + text("latin1") + b"\x86"), b"h\0h\1R"),
    "views of a payload": (memo(LOADS, sized(BODY)), b"h\0h\1\x98\x85R"),
    "adapters by value": (
        memo(REBUILD, text("2:1:f:fuzz.Gauge"), b"cbuiltins\nbytes\n", sized(BODY)),
        b"h\0h\1h\2h\3\x85R\x86N\x86R",
    ),
}  # fmt: skip


def repeated(name: str, size: int) -> bytes:
    once, often = REPEATED[name]
    count = max(1, (size - len(once)) // max(1, len(often)))
    return b"\x80\x04(" + once + often * count + b"t."


def of_keys(make: Callable[[int], object], size: int, is_dict: bool) -> bytes:
    """A set or a dict of different keys, which is never made here: that may take too long."""
    keys: list[bytes] = []
    while size > 0:
        key = make(len(keys))
        opcodes = pickle.dumps(key, 2)[2 : -3 if type(key) is tuple else -1]  # without the memo
        keys.append(opcodes + b"N" * is_dict)
        size -= len(keys[-1])
    begin, end = (b"}(", b"u.") if is_dict else (b"\x8f(", b"\x90.")
    return b"\x80\x04" + begin + b"".join(keys) + end


KEYED: dict[str, Callable[[int], object]] = {
    "multiples of 4096": lambda n: n << 12,
    "multiples of 2 to the 32nd": lambda n: n << 32,
    "multiples of 2 to the 40th": lambda n: n << 40,
    "parts of 1024": lambda n: n / 1024,
    "pairs": lambda n: (n & 1023, n >> 10),
    "integers of one hash": lambda n: 1 + n * ((1 << 61) - 1),
    "integers": lambda n: n,
}


def wrapped(levels: int, size: int) -> bytes:
    """Payloads that load others many times, in levels."""
    payload = pickle.dumps(1)
    for _ in range(levels):
        once = b"cpickle\nloads\nq\0B" + struct.pack("<I", len(payload)) + payload + b"q\1"
        payload = b"\x80\x04(" + once + b"h\0h\1\x98\x85R" * (size // levels // 7) + b"t."
    return payload


def crafted(size: int) -> dict[str, bytes]:
    made = {name: repeated(name, size) for name in REPEATED}
    for name, make in KEYED.items():
        for kind in ("dict", "set"):
            made[f"a {kind} of {name}"] = of_keys(make, size, kind == "dict")
    numbers = [struct.pack("<I", number) for number in range(size // 12)]
    made["lists, one in another, made before"] = (
        b"\x80\x04"
        + b"]\x940" * len(numbers)
        + b"".join(b"j%bj%ba0" % pair for pair in itertools.pairwise(numbers))
        + b"j\0\0\0\0."
    )
    made["payloads in levels"] = wrapped(9, size)
    made["a text"] = b"\x80\x04" + text("\U0001f600" + "a" * size) + b"."
    return made


def worst(size: int) -> dict[str, tuple[float, str]]:
    """For audits and trusted loads, the most seconds per megabyte, and for which payload."""
    found = {"audit": (0.0, ""), "load": (0.0, "")}
    for name, payload in crafted(size).items():
        for function, call in (
            ("audit", lambda payload: str(audit(payload))),
            (
                "load",
                lambda payload: trusted_loads(payload, buffers=[b""] * size, trusted=[*TYPES]),
            ),
        ):
            started = time.process_time()
            with contextlib.suppress(adapters.RebuildError):
                call(payload)
            took = (time.process_time() - started) / len(payload) * 1e6
            found[function] = max(found[function], (took, name))
    return found
