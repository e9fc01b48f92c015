"""explain: why an object does not pickle, part by part.

The whole object is tried first. Then a walk follows what the pickler would do, and asks the pickler
itself about all that looks wrong: only what it refuses is a finding.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from adapters._explain.advice import adapter_of, advice, type_name
from adapters._explain.dry_run import NOT_IMPORTABLE, Trials
from adapters._explain.hazards import Doubts
from adapters._explain.parts import LEAVES
from adapters._explain.paths import Paths
from adapters._explain.report import Explanation, Finding
from adapters._explain.round_trip import differences
from adapters._explain.walk import Walk
from adapters._naming import in_words
from adapters._pickling import DEFAULT_PROTOCOL
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGE = 1 << 16  # bytes: a part below is not worth a line
_SHARE = 20  # a large part takes one in so many bytes of the message
_SMALLER = "send less of it, or adapters.share it: then it goes once per host"
_LEVELS = 30
_WIDE = 10_000  # parts side by side: more are not measured one by one
_DEEP = 100  # levels that no pickler minds


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
    times; what that prints goes nowhere. The object stays as it is.

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
    """What other people's code prints goes nowhere, into a real file: it may ask for its buffer."""
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
        self._whole: BaseException | None = None
        self._doubts = Doubts()
        self._trials = Trials(protocol, plain is not None, self._doubts.doubtful)
        self.walk = Walk(obj, self._trials, self._doubts.doubtful)
        self._paths = Paths(self.walk, name)

    def explanation(self, check: bool, timeout: float) -> Explanation:
        walk, trials = self.walk, self._trials
        obj = walk.parts[0]
        # The plain pickler may fail before it meets what would have to go by value.
        self._whole = self._plain._whole if self._plain else None
        size = None if self._whole else trials.survey(obj)
        findings = []
        if size is None:
            self._whole = self._whole or trials.error(obj)
            size = trials.size(obj) if self._whole is None else None
            # Of an object that pickles only what is doubtful is left to find.
            walk.run()
            if self._whole is not None:
                findings += self._errors(self._whole)
            findings += self._doubtful()
        large = [] if size is None else self._large(size)
        checked = check and size is not None
        if checked:
            findings += differences(walk, self.found, timeout)
        return Explanation(self._name, type_name(obj), findings, large, size, checked)

    def found(
        self, number: int, problem: str, todo: str, kind: str, size: int | None = None
    ) -> Finding:
        """The finding for a part."""
        path = self._paths.of(number)
        part = self.walk.parts[number]
        count = 1 + self.walk.again.get(number, 0)
        return Finding(
            path.text,
            type_name(part),
            problem,
            adapter_of(part),
            todo,
            kind,
            count,
            path.exact,
            size,
        )

    def _errors(self, whole: BaseException) -> list[Finding]:
        walk = self.walk
        errors: dict[int, BaseException] = {}
        for number in sorted(walk.failed):
            error = self._trials.error(walk.parts[number])
            if error is not None:
                errors[number] = error
        findings = [self._error(number, error) for number, error in errors.items()]
        if in_words(whole) in {found.error for found in findings}:
            return findings
        # A failure that no single reduction shows.
        if self._plain is not None and self._plain._whole is not None:
            return [self._plain._hidden(whole), *findings]
        return [self._hidden(whole), *findings]

    def _hidden(self, whole: BaseException) -> Finding:
        walk = self.walk
        deep = isinstance(whole, RecursionError) or isinstance(whole.__cause__, RecursionError)
        number = 0 if deep and walk.depth > _DEEP else walk.innermost()
        try:
            error = self._trials.error(walk.parts[number])
        except NOT_IMPORTABLE:
            error = None
        return self._error(number, error or whole)

    def _error(self, number: int, error: BaseException) -> Finding:
        return self.found(number, in_words(error), advice(self.walk, number, error), "error")

    def _doubtful(self) -> list[Finding]:
        findings = []
        for number in self.walk.doubts:
            part = self.walk.parts[number]
            doubt = self._doubts.about(part)
            try:
                size = self._trials.size(part)
            except FAILURES:
                continue  # it is a finding already, or a part of it is
            if doubt is not None and not doubt[1]:
                doubt = self._doubts.copies(part, size)
            if doubt is not None:
                kind, problem, todo = doubt
                findings.append(self.found(number, problem, todo, kind, size))
        return findings

    def _large(self, total: int) -> list[Finding]:
        """The parts that take most of a message of `total` bytes."""
        walk = self.walk
        walk.skip = LEAVES - {str, bytes, bytearray}
        least = max(_LARGE, total // _SHARE)
        found: list[tuple[int, int]] = []
        todo = [(0, total)] if total >= least else []
        for _ in range(_LEVELS):
            level, todo = todo, []
            for number, size in level:
                inside = self._measured(number, least)
                todo += inside
                if sum(size for _, size in inside) < size // 2:
                    found.append((number, size))
        return [
            self.found(number, f"{size:,} bytes of the message", _SMALLER, "size", size)
            for number, size in [*found, *todo]
            if number
        ]

    def _measured(self, number: int, least: int) -> list[tuple[int, int]]:
        """The large parts of a part, each with its size."""
        walk, obj = self.walk, self.walk.parts[number]
        if type(obj) in LEAVES or (hasattr(type(obj), "__len__") and _length(obj) > _WIDE):
            return []
        inside = [
            (step, part) for step, part in walk.inside(obj) if step[0] not in ("reduced", "state")
        ]
        inside = [
            pair for pair in inside if type(pair[1]) not in LEAVES or len(pair[1]) > least // 8
        ]
        large = []
        sizes = self._trials.sizes([part for _, part in inside])
        for (step, part), size in zip(inside, sizes, strict=True):
            if size >= least:
                walk.add(number, step, part)
                place = walk.number_of(part)
                if place is not None and self._paths.of(place).exact:
                    large.append((place, size))
        return large


def _length(obj: Any) -> int:
    try:
        return len(obj)
    except FAILURES:
        return 0


explain.__module__ = "adapters"
