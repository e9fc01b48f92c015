"""The walk of `explain`: every part that a pickler would come upon, and where each one fails.

Parts are numbered as they are found, nearest first, and each knows from which other one and by
which step it was found. `adapters._explain.paths` makes expressions of the steps.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from adapters._explain.dry_run import NOT_IMPORTABLE, Trials
from adapters._explain.parts import Inside, Malformed
from adapters._wire.buffers import CONTAINERS
from adapters._wire.cycles import reaches
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters._explain.parts import Step

_NEVER_ENDING = 200  # reductions inside each other, each of which made the next
_DEEP = 8  # from here on, it is asked whether they really do
_MANY = 20_000  # parts made at such depths, and parts of one part to be tried alone
_CYCLES = 1000  # states to be searched for the object itself


class Walk(Inside):
    """All parts of `root`, and which of them fail.

    Attributes:
        parts: The parts found, the root first.
        parents: For each part the number of the part in which it was found first.
        steps: For each part the step from there, for `adapters._explain.paths`.
        again: {number: how often it was found again}.
        failed: {number: the error of its own reduction}.
        doubts: Numbers of parts to be looked at although they pickle.
        depth: How deep the parts are inside each other.

    Args:
        root: The object.
        trials: How it is pickled.
        doubtful: As in `Trials`.
    """

    def __init__(self, root: object, trials: Trials, doubtful: Callable[[Any], bool]) -> None:
        super().__init__(trials)
        self.parts: list[Any] = [root]
        self.parents = [-1]
        self.steps: list[Step] = [()]
        self.again: dict[int, int] = {}
        self.failed: dict[int, BaseException] = {}
        self.doubts: list[int] = []
        self.depth = 0
        self._doubtful = doubtful
        self._numbers = {id(root): 0}
        self._made = {0: 0}  # number -> reductions inside each other that lead to it
        self._deep = 0
        self._searched = 0

    def run(self) -> None:
        """Walk.

        Raises:
            NOT_IMPORTABLE: a function or class has to go by value, but the trials are plain.
        """
        end = 1
        number = 0
        while number < len(self.parts):
            if number == end:
                end = len(self.parts)
                self.depth += 1
            self._visit(number)
            number += 1

    def _visit(self, number: int) -> None:
        obj = self.parts[number]
        try:
            if self._doubtful(obj):
                self.doubts.append(number)
            inside = self.inside(obj)
        except NOT_IMPORTABLE:
            raise
        except FAILURES as error:
            self.failed[number] = error
            return
        if inside and inside[0][0] == ("state",) and self._searched < _CYCLES:
            self._searched += 1
            if reaches(inside[0][1], obj):
                self.failed[number] = Malformed()
        new = []
        for pair in inside:
            known = self._numbers.get(id(pair[1]))
            if known is None:
                new.append(pair)
            else:
                self.again[known] = self.again.get(known, 0) + 1
        if new:
            for step, part in self.trials.without_fine(new):
                self.add(number, step, part)

    def add_twin(self, parent: int, step: Step, part: Any) -> int:
        """The number of a part: the one that it has, or a new one."""
        number = self._numbers.get(id(part))
        if number is None:
            number = len(self.parts)
            self._enter(parent, step, part)
        return number

    def add(self, parent: int, step: Step, part: Any) -> None:
        """Take in a part that was found in another one by a step."""
        known = self._numbers.get(id(part))
        if known is not None:  # twice in one part
            self.again[known] = self.again.get(known, 0) + 1
            return
        made = self._made.get(parent, 0) + (step[0] == "reduced")
        if made > _DEEP and type(part) not in CONTAINERS:
            if self._is_kept(parent, step, part):
                made = 0
            self._deep += made > 0
            if made > _NEVER_ENDING or self._deep > _MANY:
                return  # a reduction that makes parts without end: the pickler gives up, too
        if made:
            self._made[len(self.parts)] = made
        self._enter(parent, step, part)

    def _is_kept(self, parent: int, step: Step, part: Any) -> bool:
        """Whether the reducer that led to a part leads to the same one when it is asked again."""
        steps = [step]
        while steps[-1][0] in ("item", "value"):
            steps.append(self.steps[parent])
            parent = self.parents[parent]
        try:
            again = self.trials.reduce(self.parts[parent])
            for kind, *where in reversed(steps):
                for place in where if kind == "reduced" else where[-1:]:
                    again = again[place]
        except FAILURES:
            return False
        return again is part

    def _enter(self, parent: int, step: Step, part: Any) -> None:
        self._numbers[id(part)] = len(self.parts)
        self.parts.append(part)
        self.parents.append(parent)
        self.steps.append(step)

    def _fails(self, part: Any) -> bool:
        try:
            return self.trials.error(part) is not None
        except NOT_IMPORTABLE:
            return False

    def number_of(self, part: Any) -> int | None:
        """The number of a part, None if it was not found."""
        return self._numbers.get(id(part))

    def line_to(self, number: int) -> list[int]:
        """The numbers of the parts on the way from the root to a part, both included."""
        line = [number]
        while line[-1]:
            line.append(self.parents[line[-1]])
        return line[::-1]

    def innermost(self) -> int:
        """The number of a part that fails although all in it pickles, or that holds itself.

        For failures that no single reduction shows. Goes from the root to any part that fails.
        """
        line = [0]
        while line[-1] >= 0 and len(line) < _CYCLES and self._made.get(line[-1], 0) < 2 * _DEEP:
            try:
                inside = self.inside(self.parts[line[-1]])
            except FAILURES:
                break
            for step, part in islice(inside, _MANY):
                if self._numbers.get(id(part)) in line or not self._fails(part):
                    continue
                self.add(line[-1], step, part)
                line.append(self._numbers.get(id(part), -1))
                break
            else:
                break
        # A part that was made for the message has no name: the one that made it has.
        return next(
            number for number in reversed(line) if number >= 0 and not self._made.get(number)
        )
