"""Rebuilding: which parts of an object that pickles another process fails to rebuild.

The search goes down from the root. Of the parts of an object that fails, halves are rebuilt, then
halves of the halves that fail, so that few trials find one part among many. An object that fails
although each of its parts is rebuilt is the cause. In the message of a part, the objects around it
are left out: a part that refers back to them does not fail for their sake.
"""

from __future__ import annotations

import io
import pickle
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from adapters._child import INTERPRETER, Child, ChildDiedError, ChildRaisedError, progress
from adapters._explain.walk import Walk
from adapters._naming import in_words
from adapters.errors import AdapterError, failures, suppress_failures

_FOUND = 20  # parts that are named
_LEVELS = 1000  # parts inside each other
_WIDE = 20_000  # parts of one part
_TRIALS = 8  # trials without an answer that fit into the time
_NOTHING = pickle.dumps(None)
_LEAST = 1.0  # seconds that a trial may take, however little time there is


class Problem(NamedTuple):
    """Why a part is not rebuilt: in words, and the names of the functions that were called.

    `refers_back` says that it refers to an object around it.
    """

    said: str
    called: tuple[str, ...] = ()
    refers_back: bool = False


class Unloadable(NamedTuple):
    """A part that another process does not rebuild: its number in the walk, and why."""

    number: int
    problem: Problem


class Gap:
    """Stands in a rebuilt part for an object around it."""


class Search:
    """Searches a walk for the parts that another process does not rebuild, for some seconds."""

    def __init__(self, walk: Walk, seconds: float) -> None:
        self._walk = walk
        self._most = max(seconds / _TRIALS, _LEAST)
        self._end = time.monotonic() + seconds
        self._child: Child | None = None

    def run(self, said: str, hung: bool) -> list[Unloadable]:
        """The innermost parts that fail; the root, if the search finds none.

        Args:
            said: Why the root fails.
            hung: Whether it does for lack of an answer, so that it is not tried again.
        """
        try:
            root = Problem(said) if hung else self._trial([self._walk.parts[0]], ())
            found = [] if root is None else list(islice(self._innermost(root), _FOUND))
        finally:
            if self._child is not None:
                self._child.close()
        return found or [Unloadable(0, root or Problem(said))]

    def _innermost(self, problem: Problem) -> Iterator[Unloadable]:
        """The parts that fail although all in them is rebuilt; `problem` is that of the root."""
        lines = [([0], problem)]
        seen = {0}
        while lines:
            line, problem = lines.pop()
            inside = []
            for step, part, why in self._failing(line):
                number = self._walk.add(line[-1], step, part)
                if number is not None and number not in line:
                    if why.refers_back:  # so its own error may be one of a gap
                        why = problem._replace(refers_back=True)
                    inside.append((number, why))
            if not inside:
                yield Unloadable(line[-1], problem)
            for number, why in reversed(inside):
                if number not in seen and len(line) < _LEVELS:
                    seen.add(number)
                    lines.append(([*line, number], why))

    def _failing(self, line: list[int]) -> Iterator[tuple[Any, Any, Problem]]:
        """The parts of the last object of a line that fail alone: (step, part, problem)."""
        around = {id(self._walk.parts[number]) for number in line}
        pairs: list[Any] = []
        with suppress_failures():
            pairs = self._walk.parts_of(self._walk.parts[line[-1]])[:_WIDE]
        pairs = [pair for pair in pairs if id(pair[1]) not in around]
        groups = [pairs] if pairs else []
        found = 0
        while groups and found < _FOUND and time.monotonic() < self._end:
            group = groups.pop()
            problem = self._trial([part for _, part in group], around)
            if problem is None:
                continue
            if len(group) == 1:
                found += 1
                yield (*group[0], problem)
            else:
                middle = len(group) // 2
                groups += [group[middle:], group[:middle]]

    def _trial(self, parts: list[Any], around: Any) -> Problem | None:
        """Why another process does not rebuild some parts, None if it does."""
        try:
            message, has_gaps = self._walk.dry_run.message(parts, around)
        except failures():  # alone it does not pickle: it is no part of the message
            return None
        try:
            if self._child is None:
                self._child = Child(INTERPRETER, timeout=self._most, quiet=True)
                self._child.call(rebuild_parts, _NOTHING)  # so that no trial waits for imports
            answer = self._child.call(rebuild_parts, message)
            return None if answer is None else Problem(answer[0], answer[1], has_gaps)
        except ChildRaisedError as error:
            return Problem(str(error))
        except ChildDiedError as error:
            self._child = None
            if error.hung:
                return Problem(f"another process did not rebuild it in {self._most:.3g} s")
            return Problem(f"the process that rebuilt it {error.how}")


class _Loader(pickle.Unpickler):
    def persistent_load(self, _: object) -> Any:
        return Gap()

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        progress("to rebuild a part")  # an import may take long; what follows has its own time
        return found


def rebuild_parts(message: bytes) -> tuple[str, tuple[str, ...]] | None:
    """In another process: the error of a message in words and what was called, None if it loads."""
    try:
        _Loader(io.BytesIO(message)).load()
    except BaseException as error:
        return f"in another process: {_said(error)}", tuple({*_called(error)})
    return None


def _said(error: BaseException) -> str:
    text = in_words(error)
    traceback = error.__traceback__ and error.__traceback__.tb_next
    if traceback is None or isinstance(error, AdapterError):
        return text
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    if code.co_filename.startswith("<frozen"):  # it is about an import
        return text
    name = getattr(code, "co_qualname", code.co_name)
    return f"{text} (in {name}, {code.co_filename}:{traceback.tb_lineno})"


def _called(error: BaseException) -> Iterator[str]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_name
        traceback = traceback.tb_next
