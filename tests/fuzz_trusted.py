"""Fuzz audit and trusted_loads: python tests/fuzz_trusted.py --count 1000000 --seed 1

Payloads are mutated, spliced and made of random opcodes. Each is audited and loaded, while

- an audit hook fails on every event of Python: imports, eval, files, processes, sockets and so on;
- nothing but RebuildError may come out, and nothing at all of audit;
- what is accepted must be what pickle makes of the same bytes, and what the audit said;
- memory has a limit, of the process for all and traced for some.
"""

from __future__ import annotations

import argparse
import contextlib
import pickle
import pickletools
import random
import re
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from payloads import Outside

import adapters
from adapters._payload.audit import audit
from adapters._payload.audit_report import Audit
from adapters._payload.trusted import trusted_loads
from adapters.errors import UntrustedError

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

GOLDEN = Path(__file__).parent / "golden"
LIMIT = 1 << 20  # bytes, given as max_bytes
PEAK = 12 * LIMIT  # bytes of Python memory, of which the machine has its own part
ROOM = 1 << 30  # bytes of address space above what there is at the start
PATIENCE = 5  # seconds for one payload

# Opcodes with arguments, the more dangerous the more often.
PIECES = [
    *[b"cadapters\nrebuild\n", b"(", b"t", b"R"] * 6,
    *[b"N", b"K\x01", b"]", b"}", b")", b"\x8f", b"\x85", b"\x86", b"\x87", b"\x94"] * 3,
    *[b"X\x0a\x00\x00\x00fuzz.Gauge", b"\x8c\x07nowhere", b"h\x00", b"h\x01", b"h\x02"] * 3,
    *[b"a", b"e", b"s", b"u", b"\x90", b"\x91", b"0", b"1", b"2", b"b", b"\x93", b"\x81"] * 2,
    *[b"cbuiltins\n" + name + b"\n" for name in (b"tuple", b"bytes", b"dict", b"list", b"set")],
    *[b"cbuiltins\n" + name + b"\n" for name in (b"bytearray", b"frozenset", b"complex")],
    *[b"cbuiltins\n" + name + b"\n" for name in (b"memoryview", b"getattr", b"eval", b"exec")],
    *[b"cadapters\n" + name + b"\n" for name in (b"Spec", b"loads", b"register", b"_main_class")],
    *[b"c_codecs\nencode\n", b"cos\nsystem\n", b"cfuzz.nowhere\nx\n", b"c__builtin__\nset\n"],
    *[
        b"\x8c\x08adapters",
        b"\x8c\x07rebuild",
        b"\x8c\x08builtins",
        b"\x8c\x04eval",
        b"X\2\0\0\0os",
    ],
    *[b"X\x06\x00\x00\x00latin1", b"\x8c\x00", b"X\x01\x00\x00\x00a", b"U\x02os", b"S'os'\n"],
    *[
        b"K\x02",
        b"J\xff\xff\xff\xff",
        b"M\xff\xff",
        b"\x8a\x08abcdefgh",
        b"I01\n",
        b"L5L\n",
        b"I7\n",
    ],
    *[b"G?\xf0\0\0\0\0\0\0", b"F1.5\n", b"C\x03abc", b"\x96\3\0\0\0\0\0\0\0abc", b"\x97", b"\x98"],
    *[b"\x8e\xff\xff\xff\xff\0\0\0\0", b"\x8b\xff\xff\xff\x7f", b"B\xff\xff\xff\x7f", b"\x95"],
    *[b"q\x00", b"q\x01", b"r\xff\xff\xff\xff", b"p3\n", b"p-1\n", b"g-1\n", b"g3\n", b"j\1\0\0\0"],
    *[b"\x82\x01", b"\x83\x01\x01", b"\x84\x01\0\0\0", b"P0\n", b"Q", b"o", b"ios\nsystem\n"],
    *[b"\x92", b"l", b"d", b"\x88", b"\x89", b"V\\u0041\n", b"\x80\x02", b"\x80\x05", b"."],
]


class Gauge:
    """A native type that takes any state."""

    def __init__(self, state: object) -> None:
        self.state = state


def seeds() -> list[bytes]:
    """Payloads to start from: harmless and harmful ones, at every protocol."""
    shared = [1, (2.5, "shared")]
    loop: list[Any] = []
    loop.append((loop, {"loop": loop}))
    objects: list[Any] = [
        [None, True, -5, 1 << 70, 0.5, 1j, "text", "\ud800é", b"bytes", bytearray(b"array")],
        {"key": {1, 2.5, (3, "four")}, b"k": frozenset({5, ("six",)}), None: ()},
        [shared, shared, Gauge(shared), Gauge({"deep": Gauge((Gauge(None),))})],
        Gauge((memoryview(b"view"), bytearray(b"large" * 3), b"x" * 5000)),
        adapters.Spec("fuzz.Gauge", 1, __name__, [bytearray(b"spec")]),
        loop,
        Outside(eval, ("1+1",)),
        Outside(getattr, (Gauge, "__init__")),
        Outside(Gauge, ("state",), {"more": 1}),
        Outside(list, (), None, iter([1, 2])),
    ]
    found = [pickle.dumps(obj, protocol) for obj in objects for protocol in range(6)]
    return found + [path.read_bytes() for path in sorted(GOLDEN.glob("*.pickle"))]


class Grower:
    """Makes payloads that are whole: values in each other, with a memo, by all opcodes of data."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._set = 0  # memo indexes from 0 on

    def grown(self) -> bytes:
        return b"\x80\x04" + self._value(5) + b"."

    def _value(self, depth: int) -> bytes:
        chance = self._chance
        if depth == 0 or chance.random() < 0.3:
            if self._set and chance.random() < 0.4:
                return b"h%c" % chance.randrange(self._set)
            return chance.choice(LEAVES)
        made = re.sub(
            b"MANY|PAIRS|KEYS|ONE", lambda part: self._part(part[0], depth - 1), chance.choice(WAYS)
        )
        if self._set < 250 and chance.random() < 0.5:
            made += b"q%c" % self._set
            self._set += 1
        return made

    def _part(self, part: bytes, depth: int) -> bytes:
        chance, count = self._chance, self._chance.randrange(4)
        if part == b"ONE":
            return self._value(depth)
        if part == b"MANY":
            return b"".join(self._value(depth) for _ in range(count))
        if part == b"KEYS":
            return b"".join(chance.choices(KEYS, k=count))
        return b"".join(chance.choice(KEYS) + self._value(depth) for _ in range(count))


KEYS = [
    b"K\x01",
    b"N",
    b"\x88",
    b"\x8c\x01a",
    b"C\x01a",
    b"X\2\0\0\0bc",
    b"K\x01\x85",
    b")",
    b"(\x91",
]
LEAVES = [
    *KEYS,
    b"]",
    b"}",
    b"\x8f",
    b"G?\xf0\0\0\0\0\0\0",
    b"F-1.5\n",
    b"L99L\n",
    b"\x97",
    b"\x97\x98",
]
WAYS = [
    *[b"(MANYt", b"(MANYl", b"(PAIRSd", b"](MANYe", b"}(PAIRSu", b"\x8f(KEYS\x90", b"(KEYS\x91"],
    *[b"ONE\x85", b"ONEONE\x86", b"]ONEa", b"}K\x05ONEs", b"N0ONE", b"(MANY1ONE", b"ONE20"],
    *[b"cadapters\nrebuild\n(\x8c\x0afuzz.GaugeK\x01\x8c\x07nowhereONEtR"] * 4,
    *[b"\x8c\x08adapters\x8c\x04Spec\x93(\x8c\x0afuzz.GaugeK\x01\x8c\x07nowhereONEtR"],
    *[b"cbuiltins\ntuple\n](MANYe\x85R", b"cbuiltins\nset\n](KEYSe\x85R", b"cbuiltins\nlist\n)R"],
    *[b"cbuiltins\nfrozenset\n(KEYSt\x85R", b"cbuiltins\ndict\n)R(PAIRSu"],
    b"cbuiltins\nset\n)\x85R",
    *[b"cbuiltins\nmemoryview\nC\x02ab\x85R", b"cbuiltins\nbytes\n\x96\1\0\0\0\0\0\0\0a\x85R"],
    *[b"c_codecs\nencode\n\x8c\2\xc3\xa9\x8c\6latin1\x86R", b"cbuiltins\nbytearray\nC\1a\x85R"],
    *[b"cbuiltins\ncomplex\nG?\xf0\0\0\0\0\0\0F2.0\n\x86R", b"cbuiltins\nbytes\n)R"],
]


class Mutator:
    """Makes payloads of seeds; the same ones for the same random numbers."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._seeds = seeds()
        self._bounds = [[where for _, _, where in pickletools.genops(seed)] for seed in self._seeds]
        self._ways: list[Callable[[bytearray, list[int]], None]] = [
            self._flip,
            self._replace,
            self._insert,
            self._delete,
            self._swap,
        ]

    def next(self) -> bytes:
        chance = self._chance
        kind = chance.random()
        if kind < 0.3:
            data = bytearray(Grower(chance).grown())
            for _ in range(chance.choice((0, 1, 1, 2))):
                chance.choice(self._ways)(data, [])
            return bytes(data)
        if kind < 0.5:
            body = b"".join(chance.choices(PIECES, k=chance.randrange(1, 40)))
            return chance.choice((b"", b"\x80\x02", b"\x80\x04", b"\x80\x05")) + body + b"."
        index = chance.randrange(len(self._seeds))
        data, bounds = bytearray(self._seeds[index]), self._bounds[index]
        if chance.random() < 0.2:  # the beginning of one and the end of another one
            other = chance.randrange(len(self._seeds))
            tail = self._seeds[other][chance.choice(self._bounds[other]) :]
            data[chance.choice(bounds) :] = tail
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            chance.choice(self._ways)(data, bounds)
        return bytes(data)

    def _where(self, data: bytearray, bounds: list[int]) -> int:
        at_opcode = bounds and self._chance.random() < 0.7
        return self._chance.choice(bounds) if at_opcode else self._chance.randrange(len(data) + 1)

    def _flip(self, data: bytearray, bounds: list[int]) -> None:
        where = self._where(data, bounds)
        if where < len(data):
            data[where] ^= 1 << self._chance.randrange(8)

    def _replace(self, data: bytearray, bounds: list[int]) -> None:
        where = self._where(data, bounds)
        data[where : where + 1] = self._chance.choice(PIECES)

    def _insert(self, data: bytearray, bounds: list[int]) -> None:
        where = self._where(data, bounds)
        count = self._chance.randrange(1, 6)
        data[where:where] = b"".join(self._chance.choices(PIECES, k=count))

    def _delete(self, data: bytearray, bounds: list[int]) -> None:
        where = self._where(data, bounds)
        del data[where : where + self._chance.choice((1, 1, 2, 5, 20))]

    def _swap(self, data: bytearray, bounds: list[int]) -> None:
        first, second = self._where(data, bounds), self._where(data, bounds)
        if max(first, second) < len(data):
            data[first], data[second] = data[second], data[first]


def same(left: Any, right: Any) -> bool:
    """Whether both are equal in value and type, with the same objects in the same places."""
    todo, partners = [(left, right)], {}
    while todo:
        left, right = todo.pop()
        kind = type(left)
        if kind is not type(right):
            return False
        if kind in (list, tuple, dict, set, frozenset) or hasattr(left, "state"):
            if id(left) in partners:
                if partners[id(left)][1] is not right and left != ():
                    return False
                continue
            partners[id(left)] = left, right
            ours, theirs = parts(left), parts(right)
            if len(ours) != len(theirs):
                return False
            todo += zip(ours, theirs, strict=True)
        elif kind in (float, complex):
            if repr(left) != repr(right):  # NaN is not equal to itself
                return False
        elif left != right:
            return False
    return True


def parts(value: Any) -> list[Any]:
    """What a value is made of, in an order that is the same for an equal one."""
    if isinstance(value, adapters.Spec):  # the provider is the one that is known here
        return [value.name, value.version, value.state]
    if hasattr(value, "state"):
        return [value.state]
    if isinstance(value, (set, frozenset)):
        return sorted(map(canonical, value))
    return [*value, *value.values()] if isinstance(value, dict) else [*value]


def canonical(item: Any) -> str:
    """The same for equal items of sets, whatever the order of the sets in them."""
    if isinstance(item, (set, frozenset)):
        return f"{type(item)} {sorted(map(canonical, item))}"
    if isinstance(item, tuple):
        return f"{type(item)} {[*map(canonical, parts(item))]}"
    return re.sub(" at 0x[0-9a-fA-F]*", "", repr(item))


class Fuzzer:
    """Runs payloads, counts what becomes of them, and raises AssertionError for the first fault."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0
        self._watching = False
        self._events: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._watching and event != "builtins.id":
            self._events.append(f"{event} {arguments!r:.200}")

    def watched(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self._watching = True
        try:
            return function(*arguments, **options)
        finally:
            self._watching = False
            if self._events:
                events, self._events = self._events, []
                raise AssertionError(f"something has run: {events}")

    def run(self, payload: bytes, traced: bool = False) -> str:
        """Run one payload; returns what became of it."""
        started = time.perf_counter()
        if traced:
            tracemalloc.start()
        outcome, value, report = self._both(payload)
        if traced:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < PEAK + 64 * len(payload), f"took {peak} bytes"
        took = time.perf_counter() - started
        self.slowest = max(self.slowest, took)
        assert took < PATIENCE, f"took {took} seconds"
        self._agree(payload, outcome, value, report)
        self.counts[outcome] += 1
        self.counts["understood" if report.complete else "not understood"] += 1
        return outcome

    def _both(self, payload: bytes) -> tuple[str, Any, Audit]:
        report: Audit = self.watched(audit, payload, buffers=BUFFERS)
        self.watched(str, report)
        self.watched(report.as_dict)
        options = {"buffers": BUFFERS, "trusted": ["fuzz.Gauge"], "max_bytes": LIMIT}
        try:
            return "accepted", self.watched(trusted_loads, payload, **options), report
        except adapters.RebuildError as error:
            message = str(error)
            outcome = "refused" if type(error) is UntrustedError else "damaged"
        assert outcome == "damaged" or "byte" in message, message
        assert "the first pass" not in message, message
        return outcome, message, report

    def _agree(self, payload: bytes, outcome: str, value: Any, report: Audit) -> None:
        names = {adapter.name for adapter in report.adapters}
        if outcome == "accepted":
            assert report.complete, report
            assert report.only_adapters, report
            assert names <= {"fuzz.Gauge"}, report
            assert same(value, pickle.loads(payload, buffers=BUFFERS)), value
        elif report.only_adapters and names <= {"fuzz.Gauge"} and outcome == "refused":
            over = ("of memory", "nested deeper", "as data", "has been given before")
            assert any(words in value for words in over), (value, str(report))


BUFFERS: list[Any] = [b"first", bytearray(b"second"), memoryview(b"third")]


def fuzz(count: int, seed: int, say: Callable[[str], None] = print) -> Counter[str]:
    """Run so many payloads; raises AssertionError, with the payload, at the first fault."""
    adapters.register(Gauge, lambda gauge: gauge.state, Gauge, name="fuzz.Gauge")
    adapters.registry["fuzz.Gauge"].module = __name__  # by import, as a library's would be
    limits = None
    try:
        fuzzer, mutator = Fuzzer(), Mutator(random.Random(seed))
        for payload in mutator._seeds:  # and so all that is imported at first use
            warm_up(payload)
        if resource is not None and hasattr(resource, "RLIMIT_AS"):
            limits = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (address_space() + ROOM, limits[1]))
        started = time.monotonic()
        for number in range(1, count + 1):
            trying(fuzzer, mutator.next(), traced=number % 50 == 0)
            if number % 100_000 == 0 or number == count:
                counts = ", ".join(f"{name} {n}" for name, n in sorted(fuzzer.counts.items()))
                took = time.monotonic() - started
                say(f"{number} in {took:.0f} s, slowest {fuzzer.slowest:.2f} s: {counts}")
    finally:
        if limits is not None:
            resource.setrlimit(resource.RLIMIT_AS, limits)
        adapters.unregister(Gauge)
    return fuzzer.counts


def address_space() -> int:
    """Bytes of address space that this process has."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 8 << 30
    return pages * resource.getpagesize()


def trying(fuzzer: Fuzzer, payload: bytes, traced: bool = False) -> None:
    try:
        fuzzer.run(payload, traced)
    except BaseException:
        print(f"\nthe payload: {payload!r}", file=sys.stderr)
        raise


def warm_up(payload: bytes) -> None:
    str(audit(payload))
    with contextlib.suppress(adapters.RebuildError):
        trusted_loads(payload, trusted=["fuzz.Gauge"])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=100_000, help="payloads (100000)")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers (1)")
    options = parser.parse_args(argv)
    fuzz(options.count, options.seed)
    print("no fault")
    return 0


if __name__ == "__main__":
    sys.exit(main())
