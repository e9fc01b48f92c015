"""Fuzz audit and trusted loads: python tests/fuzz_trusted.py --count 1000000 --seed 1

Payloads are mutated, spliced and made of random opcodes. Each is audited and loaded, while

- an audit hook fails on every event of Python: imports, eval, files, processes, sockets and so on;
- nothing but RebuildError may come out, and nothing at all of audit, of its text and of its JSON;
- what is accepted must be what pickle makes of the same bytes;
- what the audit calls harmless must be accepted with the usual limits, and nothing else may be;
- memory has a limit, of the process for all; for some it is traced, and compared with what counts.

After that, payloads that were made to take long are timed: the worst seconds per megabyte.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import pickle
import random
import re
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fuzz_payloads
from fuzz_crafted import worst
from fuzz_payloads import TYPES, Mutator
from gadgets import Gadget

import adapters
from adapters._payload import budget
from adapters._payload.audit import audit
from adapters._payload.audit_report import Audit
from adapters._payload.reader import UnreadableError
from adapters._payload.trusted import trusted_loads
from adapters._payload.validator import Validator
from adapters.errors import UntrustedError

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

ROOM = 1 << 30  # bytes of address space above what there is at the start
PATIENCE = 5  # seconds for one payload
SLACK = 16 << 10  # bytes of what is not the payload's: an error, caches of the interpreter
# Of an adapter that this process has registered, which is more than an audit can know.
MISFITS = re.compile("for an object of adapter|state has version|__init__|link raised|by value")
HARMLESS = {"builtins.id", "array.__new__"}  # events that tell of nothing outside
BUFFERS: list[Any] = [b"first", bytearray(b"second"), memoryview(b"third")]


OBJECTS = {*TYPES.values(), Gadget}


def same(left: Any, right: Any) -> bool:
    """Whether both are equal in value and type, with the same objects in the same places."""
    todo, partners = [(left, right)], {}
    while todo:
        left, right = todo.pop()
        kind = type(left)
        if kind is not type(right):
            return False
        if kind in (list, tuple, dict, set, frozenset) or kind in (*OBJECTS, adapters.Spec):
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
        return [value.name, value.version, *value[3:]]
    if type(value) in OBJECTS:
        return [{name: part for name, part in vars(value).items() if name != "memory"}]
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
        if self._watching and event not in HARMLESS:
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
        report: Audit = self.watched(audit, payload, buffers=BUFFERS)
        printed = self.watched(str, report)
        assert printed.isascii(), printed
        assert all(line.isprintable() for line in printed.split("\n")), printed
        json.dumps(self.watched(report.as_dict))
        outcome, value = self._load(payload)
        took = time.perf_counter() - started
        self.slowest = max(self.slowest, took)
        assert took < PATIENCE, f"took {took} seconds"
        self._agree(payload, outcome, value, report)
        if traced:
            self._trace(payload)
        self.counts[outcome] += 1
        self.counts["understood" if report.complete else "not understood"] += 1
        return outcome

    def _load(self, payload: bytes) -> tuple[str, Any]:
        try:
            return "accepted", self.watched(
                trusted_loads, payload, buffers=BUFFERS, trusted=[*TYPES]
            )
        except adapters.RebuildError as error:
            message = str(error)
            outcome = "refused" if type(error) is UntrustedError else "damaged"
        assert outcome == "damaged" or "byte" in message, message
        assert "the first pass" not in message, message
        return outcome, message

    def _agree(self, payload: bytes, outcome: str, value: Any, report: Audit) -> None:
        ours = {adapter.name for adapter in report.adapters} <= {*TYPES}
        if outcome == "accepted":
            assert report.only_adapters, report
            assert ours, report
            assert same(value, pickle.loads(payload, buffers=BUFFERS)), value
        elif report.only_adapters and ours:
            assert MISFITS.search(value), (value, str(report))

    def _trace(self, payload: bytes) -> None:
        """What a payload takes at most is not more than what was counted."""
        validator = Counting(payload)
        with contextlib.suppress(adapters.RebuildError, UnreadableError):
            validator.validate(payload)
        tracemalloc.start()
        with contextlib.suppress(adapters.RebuildError):
            trusted_loads(payload, buffers=BUFFERS, trusted=[*TYPES])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= validator.most + SLACK, f"took {peak} bytes, and counted {validator.most}"


class Counting(Validator):
    """Knows the most memory that was counted."""

    most = 0

    def __init__(self, payload: bytes) -> None:
        sizes = [memoryview(buffer).nbytes for buffer in BUFFERS]
        super().__init__(len(payload), sizes, None, modules=dict.fromkeys(TYPES), by_value=False)

    def charge(self, cost: int) -> None:
        self.most = max(self.most, self._spent + cost)
        super().charge(cost)


def fuzz(count: int, seed: int, say: Callable[[str], None] = print) -> Counter[str]:
    """Run so many payloads; raises AssertionError, with the payload, at the first fault."""
    fuzz_payloads.register()
    limits = None
    try:
        fuzzer, mutator = Fuzzer(), Mutator(random.Random(seed))
        for payload in mutator.seeds:  # and so all that is imported at first use
            warm_up(payload)
        if resource is not None and hasattr(resource, "RLIMIT_AS"):
            limits = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (address_space() + ROOM, limits[1]))
        started = time.monotonic()
        for number in range(1, count + 1):
            with tight() if number % 4 == 0 else contextlib.nullcontext():
                trying(fuzzer, mutator.next(), traced=number % 50 == 0)
            if number % 100_000 == 0 or number == count:
                counts = ", ".join(f"{name} {n}" for name, n in sorted(fuzzer.counts.items()))
                took = time.monotonic() - started
                say(f"{number} in {took:.0f} s, slowest {fuzzer.slowest:.2f} s: {counts}")
    finally:
        if limits is not None:
            resource.setrlimit(resource.RLIMIT_AS, limits)
        for target in TYPES.values():
            adapters.unregister(target)
    return fuzzer.counts


@contextlib.contextmanager
def tight() -> Iterator[None]:
    """Limits that small payloads reach."""
    usual = {name: getattr(budget, name) for name in TIGHT}
    try:
        vars(budget).update(TIGHT)
        yield
    finally:
        vars(budget).update(usual)


TIGHT: dict[str, Any] = {
    "memory_to_load": lambda payload, buffers: budget.START + 40 * payload + 4 * buffers,
    "steps_to_load": lambda payload, buffers: 20 + 4 * payload,
    "bytes_to_audit": lambda payload: payload,
    "VALUE_DEPTH": 5,
    "KEY_DEPTH": 2,
    "AUDIT_DEPTH": 1,
    "FEW_KEYS": 1,
    "PROBLEMS": 2,
    "NAMED": 15,
}


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
        trusted_loads(payload, trusted=[*TYPES])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=100_000, help="payloads (100000)")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers (1)")
    parser.add_argument("--size", type=int, default=200, help="of payloads to time, in kB (200)")
    options = parser.parse_args(argv)
    fuzz(options.count, options.seed)
    for function, (seconds, name) in worst(options.size * 1000).items():
        print(f"worst to {function}: {seconds:.1f} seconds per megabyte ({name})")
    print("no fault")
    return 0


if __name__ == "__main__":
    sys.exit(main())
