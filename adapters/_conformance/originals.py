"""Originals: children that have the examples themselves, and not what was rebuilt of them.

Where all examples are functions, a spawned child makes them anew. Else it is forked from the
process of the author: a lock that a thread of a library held then is held for ever, so its silence
is no finding.
"""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

from adapters._child import Child, ChildDiedError, ChildRaisedError
from adapters._comparison.supervised import SILENCE, NotComparedError, read
from adapters._conformance import service
from adapters._conformance.case import GIVE_FUNCTIONS
from adapters._pickling import dumps
from adapters.errors import AdapterError

if TYPE_CHECKING:
    from adapters._conformance.case import Case

_NO_FORK = f"this platform has no fork: {GIVE_FUNCTIONS}"


class Originals:
    """Starts children that have the examples of a case."""

    def __init__(self, case: Case, timeout: float) -> None:
        self._case, self._timeout = case, timeout
        self._makers = b""
        self._reasons: list[str] = []
        self._methods = [each for each in ("fork",) if each in _start_methods()]
        if case.examples and None not in case.makers:
            try:
                self._makers = dumps(case.makers)
                self._methods.insert(0, "spawn")
                if case.adapter.name.encode() in self._makers:
                    self._give_up("a function does not make its example, but holds it")
            except AdapterError as error:  # what a function refers to does not pickle
                self._reasons.append(str(error))

    def look(self) -> None:
        """Read what the examples look like, into the case."""
        case = self._case
        while self._methods and not case.looks:
            try:
                case.looks, case.unreadable = read(self._start_to_read, service.look)
            except NotComparedError as error:
                self._give_up(str(error))
        case.not_compared = "" if case.looks else self.why_not

    def start(self) -> Child | None:
        """A child that has the examples, and their adapter; None if there can be none."""
        while self._methods:
            # What is received brings the adapter.
            calls: Any = [(service.receive,)] if self._method == "spawn" else []
            try:
                return self._child(self._timeout, *calls)
            except (ChildRaisedError, ChildDiedError) as error:
                self._give_up(str(error))
        return None

    @property
    def forked(self) -> bool:
        """Whether the children are forked."""
        return self._methods[:1] == ["fork"]

    @property
    def _method(self) -> str:
        return self._methods[0]

    @property
    def why_not(self) -> str:
        """Why there are none, "" as long as there are."""
        return "" if self._methods else "; ".join(self._reasons) or _NO_FORK

    def give_up_fork(self, why: str) -> None:
        """Fork no more children, as one did not answer."""
        self._reasons.append(why)
        self._methods.clear()

    def _give_up(self, why: str) -> None:
        self._reasons.append(why)
        del self._methods[0]

    def _start_to_read(self) -> Child:
        return self._child(min(self._timeout, SILENCE), quiet=True)

    def _child(self, timeout: float, *first: tuple[Any, ...], quiet: bool = False) -> Child:
        """A child that has called what comes `first`, and then has the examples."""
        options: dict[str, Any] = {"timeout": timeout, "quiet": quiet, "folder": True}
        if self._method == "spawn":
            calls = (service.take, self._case.packed), *first, (service.make, self._makers)
        else:
            options["legacy"], calls = self._case, ((service.be_forked,), *first)
        child = Child(self._method, **options)
        try:
            for call in calls:
                child.call(*call)
            return child
        except BaseException:
            child.close()
            raise


def _start_methods() -> list[str]:
    return multiprocessing.get_all_start_methods()
