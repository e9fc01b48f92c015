"""`explain`: why an object does not pickle, part by part.

The whole object is pickled first. If that fails, a walk goes through the parts that the pickler
would meet, and pickles alone those that may be the cause: only what then fails is a finding.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from adapters._comparison.contents import type_name
from adapters._explain.advice import adapter_of, advice
from adapters._explain.dry_run import NOT_IMPORTABLE, DryRun
from adapters._explain.hazards import Hazards
from adapters._explain.parts import LEAVES
from adapters._explain.paths import Paths
from adapters._explain.report import Explanation, Finding
from adapters._explain.round_trip import round_trip
from adapters._explain.walk import Walk
from adapters._naming import in_words
from adapters._pickling import DEFAULT_PROTOCOL
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters._explain.paths import Path

_LARGE = 1 << 16  # bytes: a smaller part is no large one
_SHARE = 20  # a large part takes one in so many bytes of the message, or more
_SMALLER = "send less of it, or adapters.share it: then it goes once per host"
_LEVELS = 30  # levels of large parts inside each other
_WIDE = 10_000  # parts side by side: more are not measured one by one
_DEEP = 100  # levels that every pickler takes


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
        timeout: For `check`: how many seconds the other process may take.

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
    with _silence():
        plain = _Explaining(obj, name, protocol, None)
        try:
            return plain.explanation(check, timeout)
        except NOT_IMPORTABLE:
            return _Explaining(obj, name, protocol, plain).explanation(check, timeout)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Drop what the code of the objects prints."""
    # A file, and no StringIO: some code writes to sys.stdout.buffer.
    with (
        open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


class _Explaining:
    """One call of `explain`, with one of the two picklers.

    Args:
        plain: The call with the plain pickler, if that met something that has to go by value.
    """

    def __init__(self, obj: object, name: str, protocol: int, plain: _Explaining | None) -> None:
        self._name = name
        self._plain = plain
        # The plain pickler may fail before it meets what would have to go by value.
        self._whole: BaseException | None = plain._whole if plain else None
        self._hazards = Hazards()
        self._dry_run = DryRun(protocol, plain is not None, self._hazards.of)
        self._walk = Walk(obj, self._dry_run, self._hazards.of)
        self._paths = Paths(self._walk, name)

    def explanation(self, check: bool, timeout: float) -> Explanation:
        """What `explain` returns."""
        obj = self._walk.parts[0]
        size = None if self._whole else self._dry_run.size_if_fine(obj)
        findings = []
        if size is None:
            self._whole = self._whole or self._dry_run.error(obj)
            size = self._dry_run.size(obj) if self._whole is None else None
            self._walk.run()
            if self._whole is not None:
                findings += self._errors(self._whole)
            findings += self._hazardous()
        large = [] if size is None else self._large(size)
        checked = check and size is not None
        if checked:
            problems = round_trip(obj, self._name, self._dry_run, timeout)
            findings += [_finding(*each, "differs") for each in problems]
        return Explanation(self._name, type_name(obj), findings, large, size, checked)

    def _finding(
        self, number: int, problem: str, todo: str, kind: str, size: int | None = None
    ) -> Finding:
        """The finding for a part of the walk."""
        ways = 1 + self._walk.again.get(number, 0)
        part, path = self._walk.parts[number], self._paths.of(number)
        return _finding(part, path, problem, todo, kind, ways, size)

    def _errors(self, whole: BaseException) -> list[Finding]:
        parts = self._walk.parts
        alone = ((number, self._dry_run.error(parts[number])) for number in self._walk.failed)
        findings = [self._error(number, error) for number, error in alone if error is not None]
        if in_words(whole) in {found.error for found in findings}:
            return findings
        # A failure that no single reduction shows.
        failed = self._plain if self._plain is not None and self._plain._whole is not None else self
        return [failed._hidden(whole), *findings]

    def _hidden(self, whole: BaseException) -> Finding:
        deep = isinstance(whole, RecursionError) or isinstance(whole.__cause__, RecursionError)
        number = 0 if deep and self._walk.depth > _DEEP else self._walk.innermost()
        try:
            error = self._dry_run.error(self._walk.parts[number])
        except NOT_IMPORTABLE:
            error = None
        return self._error(number, error or whole)

    def _error(self, number: int, error: BaseException) -> Finding:
        return self._finding(number, in_words(error), advice(self._walk, number, error), "error")

    def _hazardous(self) -> list[Finding]:
        findings = []
        for number in self._walk.hazards:
            part = self._walk.parts[number]
            hazard = self._hazards.of(part)
            try:
                size = self._dry_run.size(part)
            except FAILURES:
                continue  # it is a finding already, or a part of it is
            if hazard is not None and not hazard.problem:
                hazard = self._hazards.of_copy(part, size)
            if hazard is not None:
                findings.append(self._finding(number, *hazard, size))
        return findings

    def _large(self, total: int) -> list[Finding]:
        """The parts that take most of a message of `total` bytes."""
        self._walk.skip = LEAVES - {str, bytes, bytearray}
        least = max(_LARGE, total // _SHARE)
        found: list[tuple[int, int]] = []
        todo = [(0, total)] if total >= least else []
        for _ in range(_LEVELS):
            level, todo = todo, []
            for number, size in level:
                inside = self._large_parts(number, least)
                todo += inside
                if sum(size for _, size in inside) < size // 2:
                    found.append((number, size))
        return [
            self._finding(number, f"{size:,} bytes of the message", _SMALLER, "size", size)
            for number, size in [*found, *todo]
            if number
        ]

    def _large_parts(self, number: int, least: int) -> list[tuple[int, int]]:
        """The parts of a part that take `least` bytes or more: (number, bytes)."""
        walk, obj = self._walk, self._walk.parts[number]
        if type(obj) in LEAVES or (hasattr(type(obj), "__len__") and _length(obj) > _WIDE):
            return []
        pairs = [
            (step, part)
            for step, part in walk.parts_of(obj)
            if step[0] not in ("reduced", "state")
            and (type(part) not in LEAVES or len(part) > least // 8)
        ]
        large = []
        sizes = self._dry_run.sizes([part for _, part in pairs])
        for (step, part), size in zip(pairs, sizes, strict=True):
            if size >= least:
                place = walk.add(number, step, part)
                if place is not None and self._paths.of(place).exact:
                    large.append((place, size))
        return large


def _finding(
    part: Any,
    path: Path,
    problem: str,
    todo: str,
    kind: str,
    ways: int = 1,
    size: int | None = None,
) -> Finding:
    kinds = type_name(part), problem, adapter_of(part)
    return Finding(path.text, *kinds, todo, kind, ways, path.exact, size)


def _length(obj: Any) -> int:
    try:
        return len(obj)
    except FAILURES:
        return 0


explain.__module__ = "adapters"
