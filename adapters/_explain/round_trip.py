"""What arrives as something else, for `explain`: rebuilt in a new process, sent back, compared.

Two objects are the same if their type says so (`==`), or if what their reducers return is: states
of adapters included. Attributes that the reducer leaves out are compared, too, if they are scalars.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from adapters import _pickling
from adapters._explain.advice import type_name
from adapters._explain.parts import LEAVES
from adapters._naming import in_words
from adapters._wire.buffers import BYTES_LIKE
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters._explain.parts import Part
    from adapters._explain.report import Finding
    from adapters._explain.walk import Walk

    Found = Callable[[int, str, str, str], Finding]

# The answer goes through a copy of standard output: what people's code prints does not mix with it.
_CHILD = """
import os, pickle, sys
answer = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
sys.path[:], payload = pickle.load(sys.stdin.buffer)
import adapters
from adapters._naming import in_words
try:
    twin = adapters.loads(payload)
    step, result = "", adapters.dumps(twin)
except BaseException as error:
    step, result = "error", in_words(error)
pickle.dump((step, result), answer)
answer.close()
os._exit(0)
"""
_LOST = "expected if it is a cache; else give the type an adapter that keeps it"
_MANY = 2_000_000


def differences(walk: Walk, found: Found, timeout: float) -> list[Finding]:
    """What is different about the object of `walk` after it went to another process and back."""
    try:
        payload = _pickling.dumps(walk.parts[0], walk.trials.protocol)
        twin = _pickling.loads(_there_and_back(payload, timeout))
    except FAILURES as error:
        problem = in_words(error)
        return [
            found(0, problem, "see the error; the factory, or a provider, is at fault", "differs")
        ]
    comparison = _Comparison(walk, found)
    comparison.compare(0, twin)
    return comparison.findings


def _there_and_back(payload: bytes, timeout: float) -> bytes:
    path = [entry or os.getcwd() for entry in sys.path]
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            answer, _ = child.communicate(pickle.dumps((path, payload)), timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            raise RuntimeError(f"another process did not rebuild it in {timeout:g} s") from None
        except BaseException:
            child.kill()
            raise
    if not answer:
        raise RuntimeError(f"the process that rebuilt it died, with exit code {child.returncode}")
    step, result = pickle.loads(answer)
    if step:
        raise RuntimeError(f"in another process: {result}")
    return bytes(result)


class _Comparison:
    def __init__(self, walk: Walk, found: Found) -> None:
        self.findings: list[Finding] = []
        self._walk = walk
        self._found = found
        self._twins: dict[int, Any] = {}
        self._todo: list[tuple[int, Any]] = []

    def compare(self, number: int, twin: Any) -> None:
        """Compare a part with its twin, and all in it."""
        self._walk.skip = frozenset()
        self._todo = [(number, twin)]
        while self._todo and len(self._twins) < _MANY:
            number, twin = self._todo.pop()
            try:
                problem = self._difference(number, twin)
            except FAILURES as error:
                problem = f"it cannot be compared: {in_words(error)}"
            if problem is not None:
                self.findings.append(self._found(number, problem, _LOST, "differs"))

    def _difference(self, number: int, twin: Any) -> str | None:
        part = self._walk.parts[number]
        if part is twin:
            return None
        kind = type(part)
        if type_name(part) != type_name(twin):
            return f"it arrives as a {type_name(twin)}"
        if kind in LEAVES or kind in BYTES_LIKE:
            return None if _same(part, twin) else f"{_short(part)} arrives as {_short(twin)}"
        if number in self._twins:
            return None
        self._twins[number] = twin
        if kind is set or kind is frozenset:
            return self._sets(part, twin)
        if kind not in (list, tuple, dict) and _equal(part, twin):
            return None
        return self._inside(number, part, twin)

    def _sets(self, part: Any, twin: Any) -> str | None:
        if {type(member) for member in part} <= LEAVES and part != twin:
            return "its members differ"
        return None if len(part) == len(twin) else f"{len(part)} members arrive as {len(twin)}"

    def _inside(self, number: int, part: Any, twin: Any) -> str | None:
        mine, other = self._walk.inside(part), self._walk.inside(twin)
        lost = _lost(part, twin)
        if lost is not None:
            return lost
        if [_place(each) for each in mine] != [_place(each) for each in other]:
            return f"{len(mine)} parts arrive as {len(other)}, or with other names"
        for (step, inner), (_, inner_twin) in zip(mine, other, strict=True):
            if (
                type(inner) in LEAVES
                and type(inner) is type(inner_twin)
                and _same(inner, inner_twin)
            ):
                continue
            self._todo.append((self._walk.add_twin(number, step, inner), inner_twin))
        return None


def _place(each: Part) -> tuple[Any, ...]:
    step = each[0]
    return tuple(item for item in step if type(item) in (str, int))


def _lost(part: Any, twin: Any) -> str | None:
    """The first attribute that one of the two has and the other has not, or that differs."""
    try:
        mine, other = vars(part), vars(twin)
    except TypeError:
        return None
    if isinstance(part, type) or callable(part):
        return None
    names = [name for name in mine if name not in other]
    if names:
        return f"its attribute {names[0]!r} is lost" + (
            f", and {len(names) - 1} more" * (len(names) > 1)
        )
    for name, value in mine.items():
        if type(value) in LEAVES and not _same(value, other[name]):
            return f"its attribute {name!r}, {_short(value)}, arrives as {_short(other[name])}"
    return None


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if type(one) is memoryview:
        return bool(one.tobytes() == other.tobytes())
    return bool(one == other) or (one != one and other != other)


def _equal(one: Any, other: Any) -> bool:
    """Whether the type itself says that both are equal."""
    try:
        own: object = type(one).__eq__
        return own is not object.__eq__ and (one == other) is True
    except FAILURES:
        return False


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except FAILURES:
        text = f"a {type_name(value)}"
    return text if len(text) <= 40 else f"{text[:37]}..."
