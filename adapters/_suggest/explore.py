"""The exploration: drafts are tried one by one, each in a child process of its own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from adapters._child import INTERPRETER, Child, ChildDiedError, ChildRaisedError
from adapters._comparison.differences import differences
from adapters._comparison.reading import READING
from adapters._suggest import trial
from adapters._suggest.constructing import CONSTRUCTOR
from adapters._suggest.draft import Draft
from adapters._suggest.matching import Table, match
from adapters._suggest.settings import left_out, with_settings
from adapters._suggest.signatures import MISSING, Parameter
from adapters._suggest.survey import TWIN, Facts
from adapters._suggest.trial import Outcome
from adapters._suggest.words import plain

_TRIAL = 5.0  # seconds that one trial may be silent
_READS, _HURRIES = 5.0, 2.0  # seconds that one getter or saver may take
_HANGS = 2  # of them, after which others have less time
_DEATHS = 24  # children that reading may end
_ENOUGH = 5  # drafts without a difference: then no others are tried


# Functions in C and in Python say so.
_MISSING = re.compile(r"missing (\d+ )?required (positional |keyword-only )?arguments?:? .*")
_UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'|'(\w+)' is an invalid keyword")


class NotSearchedError(Exception):
    """Examples cannot be looked at; the message says why."""


class Tried(NamedTuple):
    """A draft, and how its trial ended."""

    draft: Draft
    outcome: Outcome


class Exploration:
    """A search for serializers and factories in the API of a type.

    Args:
        objs: Examples, of one type.
        end: When it has to end, in `time.monotonic()`.
        batteries: Whether adapters that libraries bring serve parts of the examples.

    Attributes:
        facts: What is known of the examples, after `look`.
        tried: How many drafts were tried.
        late: Whether the time was over before all drafts were tried.
        is_default: Whether the first example is equal to an object made without arguments.
    """

    def __init__(self, objs: tuple[Any, ...], end: float, batteries: bool) -> None:
        self._objs, self._end, self._batteries = objs, end, batteries
        self._skip: dict[str, str] = {}
        self.facts: Facts | None = None
        self.tried = 0
        self.is_default = self.late = False

    def look(self) -> Facts:
        """Read the examples.

        Raises:
            NotSearchedError: they cannot be read.
        """
        facts: Facts = self._persist(trial.survey)
        if facts.payload and not self._arrives(facts):
            facts = facts._replace(payload=b"")
        self.facts = facts
        return facts

    def run(self) -> list[Tried]:
        """Try what may be tried, as long as there is time; the drafts that made a twin."""
        facts = self.facts
        assert facts is not None
        todo: list[Draft] = self._persist(trial.drafts, facts)
        table = Table(facts.readings)
        found: list[Tried] = []
        right = 0
        seen = {draft.key for draft in todo}
        while todo and time.monotonic() < self._end and right < _ENOUGH:
            draft = todo.pop(0)
            outcome = self.attempt(draft)
            if outcome.error:
                completed = _completed(draft, outcome.error, table)
                if completed is not None and completed.key not in seen:
                    seen.add(completed.key)
                    todo.insert(0, completed)
                continue
            if not draft.values and not draft.whole:
                self.is_default = self.is_default or not outcome.total
            more = [each for each in with_settings(draft, outcome) if each.key not in seen]
            seen.update(each.key for each in more)
            todo[:0] = more
            draft = draft._replace(doubts=(*draft.doubts, *left_out(draft, outcome)))
            if draft.values or draft.whole:
                found.append(Tried(draft, outcome))
                right += not outcome.total and not draft.doubts
        self.late = bool(todo) and right < _ENOUGH
        return found

    def _persist(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call `function(skip, *args)` in children, which goes on without what ended one.

        Raises:
            NotSearchedError: children ended too often, or not while they read.
        """
        hangs = 0
        while True:
            silence = _READS if hangs < _HANGS else _HURRIES
            try:
                with self._child(silence) as child:
                    return child.call(function, self._skip, *args)
            except ChildRaisedError as error:
                raise NotSearchedError(str(error)) from error
            except ChildDiedError as death:
                name = death.doing.removeprefix(READING)
                hangs += death.hung
                if name in self._skip:  # what is done with what was read ends the child
                    name = name.removesuffix(" as data").rpartition(".")[0]
                known = name == death.doing or name in self._skip
                if known or len(self._skip) >= _DEATHS or time.monotonic() > self._end:
                    raise NotSearchedError(str(death)) from death
                self._skip[name] = f"a process that read it {death.how}"

    def _arrives(self, facts: Facts) -> bool:
        """Whether the pickle of the first example is equal where another Python loads it."""
        try:
            with Child(INTERPRETER, timeout=_TRIAL, quiet=True, folder=True) as child:
                seen = child.call(trial.arrived, facts.payload, self._skip)
        except (ChildRaisedError, ChildDiedError):
            return False
        look = facts.looks[0]
        return next(differences(look.portrait.root, seen, TWIN, known=look.by_nature), None) is None

    def attempt(self, draft: Draft) -> Outcome:
        """Try one draft."""
        self.tried += 1
        try:
            with self._child(_TRIAL) as child:
                outcome: Outcome = child.call(trial.attempt, draft)
                return outcome
        except (ChildRaisedError, ChildDiedError) as error:
            return Outcome(str(error))

    def _child(self, silence: float) -> Child:
        left = max(0.5, self._end - time.monotonic())
        legacy = self._objs, self.facts, self._skip
        child = Child("fork", timeout=min(silence, left), quiet=True, folder=True, legacy=legacy)
        try:
            child.call(trial.begin, self._batteries)
        except BaseException:
            child.close()
            raise
        return child


def _completed(draft: Draft, error: str, table: Table) -> Draft | None:
    """The draft without the keyword, or with the arguments, that an error tells of."""
    if (unknown := _UNKNOWN.search(error)) is not None:
        return _without(draft, unknown[1] or unknown[2])
    found = _MISSING.search(error)
    if found is None or not draft.make.endswith("()"):
        return None
    names = re.findall(r"'(\w+)'", found[0])
    kind = "keyword" if "keyword-only" in found[0] else "either"
    signature = [Parameter(name, True, kind, "", MISSING) for name in names]
    chosen = match(signature, table, {})
    if chosen is None or not chosen.values:
        return None
    taken = {key for key, _ in draft.values}
    if not taken.isdisjoint(key for key, _ in chosen.values):
        return None
    return draft._replace(
        values=(*draft.values, *chosen.values),
        make=f"{draft.make[:-2]}({chosen.arguments})",
        names=(*draft.names, *chosen.names),
        rank=max(draft.rank, CONSTRUCTOR) if draft.rank >= 0 else draft.rank,
        strategy=draft.strategy if draft.then else "constructor",
    )


def _without(draft: Draft, name: str) -> Draft | None:
    make = re.sub(rf"(, )?\b{name}=[^,()]*(\([^()]*\))?", "", draft.make, count=1)
    values = tuple(each for each in draft.values if each[0] != name)
    if make == draft.make or len(values) == len(draft.values):
        return None
    names = tuple(each for each in draft.names if each != plain(name))
    return draft._replace(values=values, make=make.replace("(, ", "(", 1), names=names)
