"""`explain`: why an object does not pickle, part by part.

The whole object is pickled first. If that fails, a walk goes through the parts that the pickler
would meet, and pickles alone those that may be the cause: only what then fails is a finding.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout

from adapters._comparison.supervised import NotComparedError
from adapters._explain.advice import adapter_of, advice
from adapters._explain.dry_run import DryRun, Failure
from adapters._explain.hazards import LARGE, LIBRARY, OWNER, Hazards, copy_hazard, state_hazard
from adapters._explain.owners import Owners
from adapters._explain.parts import LEAVES
from adapters._explain.paths import Paths
from adapters._explain.rebuild_advice import rebuild_advice
from adapters._explain.rebuilding import Problem, Search
from adapters._explain.report import Explanation, Finding
from adapters._explain.round_trip import NotRebuiltError, round_trip
from adapters._explain.walk import Walk
from adapters._pickling import DEFAULT_PROTOCOL
from adapters._plain_pickler import NotImportableError
from adapters._wire.served import type_name
from adapters.errors import failures, suppress_failures

_SHARE = 20  # a large part takes one in so many bytes of the message, or more
_SMALLER = "send less of it, or adapters.share it: then it goes once per host"
_LEVELS = 30  # levels of large parts inside each other
_WIDE = 10_000  # parts side by side: more are not measured one by one
_DEEP = 101  # levels that every pickler takes, the whole object among them


def explain(
    obj: object,
    *,
    name: str = "obj",
    check: bool = False,
    protocol: int | None = None,
    timeout: float = 60,
) -> Explanation:
    """Say why `obj` does not pickle: each part that cannot cross a process, and what to do.

    Only the innermost parts are named, those that are the cause. It follows `adapters.dumps`, which
    calls what the objects define (`__reduce_ex__`, `__getstate__`, serializers), some of it several
    times; what that prints is dropped. The object stays as it is.

    Also named is what pickles and should not: addresses, open files, views that take their base
    along. For an object that pickles the size of the message and its largest parts are given.

    Args:
        obj: Any object.
        name: What you call it: paths begin with it.
        check: Whether to rebuild it in a new process, send that back, and name what differs.
        protocol: As in `adapters.dumps`.
        timeout: For `check`: how many seconds it may take. Half of them are for the whole object;
            if it is not rebuilt, the rest is for the search for the part that is the cause.

    Returns:
        What was found. It is false if there is nothing to mend.

    >>> import threading
    >>> job = {"name": "a", "parts": [{"lock": threading.Lock()}]}
    >>> print(explain(job, name="job"))
    job (builtins.dict) does not pickle: 1 part cannot cross a process
    <BLANKLINE>
    job['parts'][0]['lock']
        type     _thread.lock
        error    TypeError: cannot pickle '_thread.lock' object
        adapter  none
        do       make a new lock there
    """
    protocol = DEFAULT_PROTOCOL if protocol is None else protocol
    # To a file, and not to a StringIO: some code writes to sys.stdout.buffer.
    with (
        open(os.devnull, "w", encoding="utf-8", errors="replace") as null,
        redirect_stdout(null),
        redirect_stderr(null),
    ):
        try:
            return _Explaining(obj, name, protocol, by_value=False).explanation(check, timeout)
        except NotImportableError:
            return _Explaining(obj, name, protocol, by_value=True).explanation(check, timeout)


class _Explaining:
    """One call of `explain` with one of the two picklers.

    With the plain one it raises a NotImportableError where `dumps` would go on with the other.
    """

    def __init__(self, obj: object, name: str, protocol: int, *, by_value: bool) -> None:
        self._name = name
        self._protocol = protocol
        self._by_value = by_value
        self._hazards = Hazards()
        self._named: set[int] = set()  # numbers of parts that are findings
        self._dry_run = DryRun(protocol, by_value, self._hazards.of)
        self._walk = Walk(obj, self._dry_run)
        self._paths = Paths(self._walk, name)
        self._owners = Owners(self._walk, self._paths)

    def explanation(self, check: bool, timeout: float) -> Explanation:
        """What `explain` returns."""
        obj = self._walk.parts[0]
        size = self._dry_run.size_if_fine(obj)
        findings = []
        if size is None:
            whole = self._dry_run.failure(obj)
            if whole and self._is_for_the_other(whole):
                raise NotImportableError
            size = None if whole else self._dry_run.sizes([obj])[0]
            self._walk.run()
            findings += self._hazardous()
            if whole:
                findings += self._failures(whole)
        if size is not None:
            findings += self._large(size)
        checked, not_compared = check and size is not None, ""
        if checked:
            try:
                findings += self._checked(timeout)
            except NotComparedError as reason:
                checked, not_compared = False, str(reason)
        return Explanation(self._name, type_name(obj), findings, size, checked, not_compared)

    def _is_for_the_other(self, whole: Failure) -> bool:
        """Whether the pickler that sends by value does not fail, or at another part."""
        if self._by_value or whole.final:
            return False
        with suppress_failures():  # there is no cloudpickle
            other = DryRun(self._protocol, True, self._hazards.of).failure(self._walk.parts[0])
            return other is None or other.error != whole.error
        return False

    def _finding(
        self, number: int, problem: str, todo: str, kind: str, size: int | None = None
    ) -> Finding:
        """The finding for a part of the walk."""
        if kind != "reducer":  # which may be why it is not rebuilt
            self._named.add(number)
        part, ways = self._walk.parts[number], 1 + self._walk.again[number]
        path, exact = self._paths.of(number)
        kinds = type_name(part), problem, adapter_of(part)
        return Finding(path, *kinds, todo, kind, ways, exact, size)

    def _failures(self, whole: Failure) -> list[Finding]:
        parts = self._walk.parts
        alone = ((number, self._dry_run.failure(parts[number])) for number in self._walk.failed)
        findings = [self._failure(number, failure) for number, failure in alone if failure]
        if whole.error in {found.error for found in findings}:
            return findings
        return [self._hidden(whole), *findings]

    def _hidden(self, whole: Failure) -> Finding:
        """The finding for a failure that no single reduction shows."""
        levels = len(self._walk.line_to(len(self._walk.parts) - 1))  # the last part is the deepest
        number = 0 if whole.deep and levels > _DEEP else self._walk.innermost()
        return self._failure(number, self._walk.failure(self._walk.parts[number]) or whole)

    def _failure(self, number: int, failure: Failure) -> Finding:
        todo = advice(self._walk, self._owners, number, failure.deep)
        return self._finding(number, failure.error, todo, "error")

    def _hazardous(self) -> list[Finding]:
        findings = []
        for number, part in enumerate(self._walk.parts):
            holder = self._walk.holders.get(number)
            if holder is not None and not self._walk.failure(self._walk.parts[holder]):
                path = self._paths.of(holder)[0]
                findings.append(self._finding(number, *state_hazard(path)))
                continue
            try:
                hazard = self._hazards.of(part)
                size = self._dry_run.sizes([part])[0] if hazard else 0
            except failures():
                continue  # it is a finding already, or a part of it is
            if hazard is not None and not hazard.problem:
                hazard = copy_hazard(part, size) if hazard.kind == "copy" else None
            if hazard is not None:
                problem, todo, kind = hazard
                todo = self._owners.for_handle(number) if todo in (OWNER, LIBRARY) else todo
                findings.append(self._finding(number, problem, todo, kind, size))
        return findings

    def _checked(self, timeout: float) -> list[Finding]:
        """What a round trip changes; if there is none, the parts because of which there is none.

        The whole object has half of the time, and the search for these parts what is left.
        """
        end, obj = time.monotonic() + timeout, self._walk.parts[0]
        try:
            return list(round_trip(obj, self._name, self._dry_run, timeout / 2))
        except NotRebuiltError as error:
            self._walk.skip = LEAVES
            found = Search(self._walk, end - time.monotonic()).run(error.said, error.hung)
        line_to = self._walk.line_to
        new = (each for each in found if self._named.isdisjoint(line_to(each.number)))
        return [self._not_rebuilt(*each) for each in new]

    def _not_rebuilt(self, number: int, problem: Problem) -> Finding:
        path, _ = self._paths.of(number)
        todo = rebuild_advice(self._walk.parts[number], path, problem)
        return self._finding(number, problem.said, todo, "differs")

    def _large(self, total: int) -> list[Finding]:
        """The parts that take most of a message of `total` bytes."""
        self._walk.skip = LEAVES - {str, bytes, bytearray}
        least = max(LARGE, total // _SHARE)
        todo = [(0, total, _LEVELS)] if total >= LARGE else []
        found = []
        for number, size, levels in todo:  # the list grows meanwhile
            inside = [*self._large_parts(number, least)] if levels else []
            todo += [(*each, levels - 1) for each in inside]
            if number and sum(size for _, size in inside) < size // 2:
                found.append((number, f"{size:,} bytes of the message", _SMALLER, "size", size))
        return [self._finding(*each) for each in found]

    def _large_parts(self, number: int, least: int) -> Iterator[tuple[int, int]]:
        """The parts of a part that take `least` bytes or more: (number, bytes)."""
        walk, obj = self._walk, self._walk.parts[number]
        if type(obj) in LEAVES:
            return
        with suppress_failures():  # it has no length
            if len(obj) > _WIDE:
                return
        pairs = [
            (step, part)
            for step, part in walk.parts_of(obj)
            if step[0] not in ("reduced", "state")
            and (type(part) not in LEAVES or len(part) > least // 8)
        ]
        sizes = self._dry_run.sizes([part for _, part in pairs])
        for (step, part), size in zip(pairs, sizes, strict=True):
            place = walk.add(number, step, part) if size >= least else None
            if place is not None and self._paths.of(place)[1]:
                yield place, size


explain.__module__ = "adapters"
