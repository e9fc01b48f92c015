"""The run of a conformance check: each promise in its order, here or in a child."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

from adapters._child import Child, ChildDiedError, ChildRaisedError
from adapters._conformance import elsewhere as one_at_a_time
from adapters._conformance import service
from adapters._conformance.case import GIVE_FUNCTIONS, Case
from adapters._conformance.files import rebuild_writes_no_file
from adapters._conformance.looks import in_words
from adapters._conformance.originals import Originals
from adapters._conformance.promises import NAMES, PROMISES, Promise
from adapters._conformance.rebuild_checks import ends_with_its_process
from adapters._conformance.report import Broken, Result, Status
from adapters._conformance.subclasses import NEEDED, subclasses_keep_their_class
from adapters._conformance.wrong_states import wrong_states_are_refused

_CRASHES = 3  # of children, on wrong states: more of them show nothing new

_ADVICE_HUNG = " (timeout= gives it more seconds)"


class Run:
    """The promises of one case, each checked after those that it needs.

    `skip` and `timeout`, and the errors, are those of `check_adapter`.
    """

    def __init__(self, case: Case, skip: Mapping[str, str] | None, timeout: float) -> None:
        self.case = case
        self.results: dict[str, Result] = {}
        self._skip = skip or {}
        self._timeout = timeout
        self._originals = Originals(case, timeout)
        self._first: ChildRaisedError | ChildDiedError | Broken | None = None  # of a first rebuild
        self._blocked: dict[str, str] = {}  # {promise: the broken one that blocks it, or itself}
        if unknown := self._skip.keys() - set(NAMES):
            raise ValueError(f"skip names {sorted(unknown)}; the promises are {', '.join(NAMES)}")

    def run(self, wanted: Collection[str], show: Callable[[str], object] = str) -> None:
        """Check the promises that are wanted, and those that they need.

        `show` is called before each, with its name and how many there are.
        """
        names = set(wanted) - self.results.keys()
        for promise in reversed(PROMISES):
            if promise.name in names and promise.needs not in self.results:
                names.add(promise.needs)
        try:
            for number, promise in enumerate(PROMISES, 1):
                if promise.name in names:
                    name = promise.name.replace("_", " ")
                    show(f"promise {number} of {len(PROMISES)}: {name}")
                    self.results[promise.name] = Result(promise.name, *self._outcome(promise))
        finally:
            self._end_worker()
            self._end_keeper()

    def _outcome(self, promise: Promise) -> tuple[Status, str]:
        name = promise.name
        if broken := self._blocked.get(promise.needs):
            self._blocked[name] = broken
            return "skipped", f"not checked while this is broken: {broken.replace('_', ' ')}"
        if name in self._skip:
            return "skipped", self._skip[name]
        try:
            status, reason = self._check(promise)
        except (Broken, ChildRaisedError, ChildDiedError) as problem:
            self._end_worker()
            status, reason = "failed", _in_words(problem)
        if status == "failed":
            self._blocked[name] = name
        return status, reason

    def _check(self, promise: Promise) -> tuple[Status, str]:
        check, place = promise.check, promise.place
        if self.case.elsewhere:
            if promise.name in one_at_a_time.SKIPPED:
                return "skipped", one_at_a_time.SKIPPED[promise.name]
            check = one_at_a_time.CHECKS.get(promise.name, check)
        if place == "here":
            return self.case.run(check, each=promise.each)
        self._look()
        if place == "originals":
            return self._with_originals(check)
        if place != "worker":
            if place not in multiprocessing.get_all_start_methods():
                return "skipped", f"this platform has no {place}"
            with self._start(place) as child:
                return self._came_back(check, child.call(service.send_back))
        if check is rebuild_writes_no_file:
            return self._watch_rebuilds(check)
        if promise.name == "sent_back_by_a_child":
            return self._came_back(check, self._worker.call(service.send_back))
        if check is wrong_states_are_refused:
            return self._refuse_wrong_states()
        if check is ends_with_its_process:
            if self.case.elsewhere:
                self._worker.call(service.keep_one)
            try:
                check(self._worker)
            except ChildDiedError:  # getters may have begun what goes on: a new one has read none
                self._end_worker()
                check(self._worker)
            self._end_worker()
            return "passed", ""
        if check is subclasses_keep_their_class and self.case.adapter.subclasses:
            return self._try_subclass(check)
        status, reason = self._worker.call(service.check, check, promise.each)
        return status, reason

    def _try_subclass(self, check: Callable[..., Any]) -> tuple[Status, str]:
        """Check it in a child of its own: objects of a subclass made for a trial may crash it."""
        try:
            with self._start("spawn") as child:
                status, reason = child.call(service.check, check, True)
        except ChildDiedError as death:
            return "skipped", f"the trial of a subclass failed ({death}): {NEEDED}"
        return status, reason

    def _came_back(self, check: Callable[..., None], payloads: list[bytes]) -> tuple[Status, str]:
        if not self.case.elsewhere:
            return self._with_originals(check, payloads)
        with self._child("spawn") as child:
            status, reason = child.call(service.check, check, True, payloads)
        return status, reason

    @property
    def compared(self) -> str:
        """What of the examples was compared, and how, in words."""
        if self.case.equal:
            return "by equal="
        if self.case.looks:
            return in_words(self.case.looks)
        return f"by their states alone: {self.case.not_compared or 'nothing was rebuilt'}"

    def _look(self) -> None:
        """Once, before anything is rebuilt, read what the examples look like."""
        if not (self.case.equal or self.case.looks or self.case.not_compared):
            self._originals.look()

    def _with_originals(self, check: Callable[..., None], *args: Any) -> tuple[Status, str]:
        """Run a check in a child that has the originals; without fork, where they are."""
        if self.case.elsewhere:
            status, reason = self._worker.call(service.check, check, True, *args)
            return status, reason
        if (child := self._keeper) is None:
            return self.case.run(check, *args)
        try:
            status, reason = child.call(service.check, check, True, *args)
            return status, reason
        except ChildDiedError as death:
            self._end_keeper()
            if not self._originals.forked:
                raise
            self._originals.give_up_fork(f"{death}; it was forked: {GIVE_FUNCTIONS}")
            return self._with_originals(check, *args)

    @cached_property
    def _keeper(self) -> Child | None:
        """The child that has the originals."""
        return self._originals.start()

    def _watch_rebuilds(self, check: Callable[..., Any]) -> tuple[Status, str]:
        """Check it in what becomes the worker; how a child dies is told by the next promise."""
        child = self._child("spawn")
        try:
            status, reason = child.call(service.check, check, True)
            if status == "passed":
                vars(self)["_worker"] = self._started(child)
        except (ChildRaisedError, ChildDiedError, Broken) as problem:
            self._first = problem
            status, reason = "skipped", "an example cannot be rebuilt"
        finally:
            if "_worker" not in vars(self):
                child.close()
        return status, reason

    @cached_property
    def _worker(self) -> Child:
        """The spawned child that promises share; a new one after `_end_worker`."""
        if problem := self._first:
            self._first = None
            raise problem
        return self._start("spawn")

    def _end_worker(self) -> None:
        if worker := vars(self).pop("_worker", None):
            worker.close()

    def _end_keeper(self) -> None:
        if keeper := vars(self).pop("_keeper", None):
            keeper.close()

    def _start(self, method: str) -> Child:
        """A child in which the examples have been rebuilt."""
        return self._started(self._child(method))

    def _started(self, child: Child) -> Child:
        try:
            status, problem = child.call(service.receive)
            if status == "failed":
                raise Broken(problem)
        except BaseException:
            child.close()
            raise
        return child

    def _child(self, method: str) -> Child:
        """A child that has the examples as they were sent."""
        packed = self.case.packed
        child = Child(method, timeout=self._timeout, folder=True)
        try:
            child.call(service.take, packed)
        except BaseException:
            child.close()
            raise
        return child

    def _refuse_wrong_states(self) -> tuple[Status, str]:
        start = 0
        crashes: list[str] = []
        while len(crashes) < _CRASHES:
            try:
                status, reason = self._worker.call(
                    service.check, wrong_states_are_refused, True, start
                )
                if status != "passed" or not crashes:
                    return status, reason
                break
            except ChildDiedError as death:
                self._end_worker()
                number, _, what = death.doing.partition(": ")
                if not number.isdigit():
                    raise
                start = int(number) + 1
                crashes.append(f"{what}, {death.how}{_ADVICE_HUNG if death.hung else ''}")
                if death.hung:  # one wait is enough
                    break
        problem = f"a child process that rebuilt {'; '.join(crashes)}"
        advice = "check the state (types, lengths, ranges) before it gives C code any of it"
        return "failed", f"{problem}: the factory must {advice}"


def _in_words(problem: Exception) -> str:
    advice = ""
    if isinstance(problem, ChildDiedError):
        advice = _ADVICE_HUNG if problem.hung else ""
        if problem.doing == "threads at once":
            advice += (
                "; a library that is not safe for threads needs a lock in serialize and in the"
                " factory, or threads_at_once in skip="
            )
    return f"{problem}{advice}"
