"""The walk through all parts that a pickler would meet, and where it fails.

Parts are numbered in the order in which they are found, nearest first. Each has the number of the
part in which it was found and the step from there; `paths` writes expressions of the steps.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from io import BytesIO
from itertools import islice, pairwise
from pickle import Pickler
from typing import Any

from adapters._explain.dry_run import DryRun, Failure
from adapters._explain.parts import Parts, Step
from adapters._plain_pickler import NotImportableError
from adapters._wire.buffers import CONTAINERS
from adapters._wire.cycles import reaches
from adapters.errors import failures, suppress_failures

_ENDLESS = 200  # nested reductions, each returned by the one before; deeper ones are not followed
_DEEP = 8  # nested reductions from which on a reducer is called twice, to see if it makes new parts
_WIDE = 20_000  # parts of one part to be pickled alone
_CYCLES = 1000  # states to be searched for the object itself


def first_met(state: Any, objects: list[Any], native: object) -> int | None:
    """Which of some objects pickling a state meets first; `native` has this state."""
    places = {id(each): place for place, each in enumerate(objects)}
    met: list[int] = []

    class Search(Pickler):
        def persistent_id(self, part: object) -> str | None:
            if id(part) in places:
                met.append(places[id(part)])
            return "" if met or part is native else None  # in its place: it is not entered

    with suppress_failures():  # a part that does not pickle
        Search(BytesIO()).dump(state)
    return met[0] if met else None


class Walk(Parts):
    """All parts of `root`, and which of them fail."""

    most_made = 20_000  # parts that reducers make deep inside each other: no more are followed

    def __init__(self, root: object, dry_run: DryRun) -> None:
        super().__init__(dry_run)
        self.parts: list[Any] = [root]
        # For each part the number of the part in which it was found first, and the step from there.
        self.origins: list[tuple[int, Step]] = [(-1, ())]
        self.again = Counter[int]()  # number -> how often the part was found again
        self.failed: list[int] = []  # numbers of parts whose own reduction fails
        self.cyclic: set[int] = set()  # numbers of native objects whose states contain them
        # Number of a native object -> that of an object that holds it, to which its state refers.
        self.holders: dict[int, int] = {}
        self._numbers = {id(root): 0}
        self._made: dict[int, int] = {}  # number -> reductions inside each other that lead to it
        self._deep = 0

    def run(self) -> None:
        """Find all parts; raises a NotImportableError as `DryRun` does."""
        searched = 0
        for number, obj in enumerate(self.parts):  # the list grows meanwhile
            try:
                found = self.parts_of(obj)
            except NotImportableError:
                raise
            except failures():
                self.failed.append(number)
                continue
            if found and found[0][0][0] == "state" and searched < _CYCLES:
                searched += 1
                self._search(number, found[0][1])
            new = [pair for pair in found if self._known(pair[1]) is None]
            for step, part in self.dry_run.suspects(new):
                self.add(number, step, part)

    def _search(self, number: int, state: Any) -> None:
        """Find out whether a state refers to its native object, or to an object that holds it."""
        if reaches(state, self.parts[number]):
            self.failed.append(number)
            self.cyclic.add(number)
        line = self.line_to(number)
        # What comes by links does so after the object exists.
        above = [
            each
            for each, below in pairwise(line)
            if self.origins[below][1][0] != "links" and type(self.parts[each]) is not tuple
        ]
        met = first_met(state, [self.parts[each] for each in above], self.parts[number])
        if met is not None:
            self.holders[number] = above[met]

    def _known(self, part: Any) -> int | None:
        number = self._numbers.get(id(part))
        if number is not None:
            self.again[number] += 1
        return number

    def add(self, parent: int, step: Step, part: Any) -> int | None:
        """Add a part that was found in another one by a step, and return its number.

        None if reducers have made too many parts.
        """
        number = self._known(part)
        if number is not None:  # twice in one part
            return number
        made = self._made.get(parent, 0) + (step[0] == "reduced")
        if made > _DEEP and type(part) not in CONTAINERS:
            made = 0 if self._is_kept(parent, step, part) else made
            self._deep += made > 0
            if made > _ENDLESS or self._deep > self.most_made:
                return None  # reducers that make parts without end: the pickler gives up, too
        number = len(self.parts)
        if made:
            self._made[number] = made
        self._numbers[id(part)] = number
        self.parts.append(part)
        self.origins.append((parent, step))
        return number

    def _is_kept(self, parent: int, step: Step, part: Any) -> bool:
        """Whether the reducer that led to a part returns the same part at a second call."""
        steps = [step]
        while steps[0][0] in ("item", "value"):
            parent, step = self.origins[parent]
            steps.insert(0, step)
        with suppress_failures():
            again = self.dry_run.reduce(self.parts[parent])
            for kind, *where in steps:
                for place in where if kind == "reduced" else where[-1:]:
                    again = again[place]
            return again is part
        return False

    def line_to(self, number: int) -> list[int]:
        """The numbers of the parts on the way from the root to a part, both included."""
        line = [number]
        while line[-1]:
            line.append(self.origins[line[-1]][0])
        return line[::-1]

    def innermost(self) -> int:
        """The number of a part that fails although all in it pickles, or that holds itself.

        For failures that no single reduction shows. Goes from the root to any part that fails.
        """
        line = [0]
        while len(line) < _CYCLES and self._made.get(line[-1], 0) < 2 * _DEEP:
            try:
                found = islice(self.parts_of(self.parts[line[-1]]), _WIDE)
            except failures():
                break
            outside = (pair for pair in found if self._numbers.get(id(pair[1])) not in line)
            pair = next((pair for pair in outside if self.failure(pair[1])), None)
            number = None if pair is None else self.add(line[-1], *pair)
            if number is None:
                break
            line.append(number)
        # A part that a reducer makes has no name; the part that has the reducer does.
        return next(number for number in reversed(line) if not self._made.get(number))

    def failure(self, part: Any) -> Failure | None:
        """Why a part alone does not pickle; None if it does, or has to go by value."""
        with suppress(NotImportableError):
            return self.dry_run.failure(part)
        return None
