"""The run of a conformance check: which promise is checked when, and what came of it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Collection, Mapping
from typing import Any

from adapters._conformance.case import Trial, collect
from adapters._conformance.children import Child, Died, can_start, try_here
from adapters._conformance.equality import Equal
from adapters._conformance.golden import read, record
from adapters._conformance.outcomes import Broken, NotHere
from adapters._conformance.promises import CHECKS, PROMISES, Promise
from adapters._conformance.report import ConformanceError, Report, Result
from adapters._pickling import loads
from adapters._wire.rebuild import registry

_CRASHES = 3  # of wrong states, until that has been shown well enough


class Run:
    """One adapter on its examples: runs promises, those that others need first.

    Args:
        trial: The adapter and its examples.
        skip: {name of a promise: why it is not checked}.
        timeout: Seconds that a child may be silent.

    Raises:
        ValueError: `skip` names no promise.
    """

    def __init__(self, trial: Trial, skip: Mapping[str, str] | None, timeout: float) -> None:
        self.adapter = trial.adapter
        self._trial = trial
        self._skip = skip or {}
        self._timeout = timeout
        self._worker: Child | None = None
        self._packed: bytes | None = None
        self._blocked: dict[str, str] = {}
        self.results: dict[str, Result] = {}
        unknown = self._skip.keys() - {promise.name for promise in PROMISES}
        if unknown:
            known = ", ".join(promise.name for promise in PROMISES)
            raise ValueError(f"skip names {sorted(unknown)}; the promises are {known}")

    def run(self, wanted: Collection[str]) -> None:
        """Check the promises that are wanted, and those that they need."""
        needs = {promise.name: promise.needs for promise in PROMISES}
        names = set()
        for name in wanted:
            while name and name not in self.results:
                names.add(name)
                name = needs[name]
        try:
            for promise in PROMISES:
                if promise.name in names:
                    self.results[promise.name] = self._result_of(promise)
        finally:
            self._end_worker()

    def _result_of(self, promise: Promise) -> Result:
        name = promise.name
        if promise.needs in self._blocked:
            self._blocked[name] = self._blocked[promise.needs]
            missing = self._blocked[name].replace("_", " ")
            return Result(name, "skipped", f"not checked while this is broken: {missing}")
        if name in self._skip:
            return Result(name, "skipped", self._skip[name])
        try:
            self._check(promise)
        except NotHere as reason:
            return Result(name, "skipped", str(reason))
        except (Broken, Died) as problem:
            if isinstance(problem, Died):
                self._end_worker()
            self._blocked[name] = name
            return Result(name, "failed", str(problem))
        return Result(name, "passed", "")

    def _check(self, promise: Promise) -> None:
        name = promise.name
        if name == "wrong_states_are_refused":
            self._check_wrong_states()
        elif name == "round_trip_in_process":
            try_here(_round_trip, self._trial)
        elif name == "sent_back_by_a_child":
            self._compare_sent_back(self._alive())
        elif name == "ends_with_its_process":
            try:
                self._alive().end()
            finally:
                self._end_worker()
        elif name == "golden_payloads_load" and not self._trial.golden:
            try_here(CHECKS[name], self._trial)
        elif promise.place == "worker":
            worker = self._alive()
            if name != "round_trip_in_a_spawned_child":
                worker.ask(name)
        elif promise.place == "here":
            try_here(CHECKS[name], self._trial)
        elif not can_start(promise.place):
            raise NotHere(f"this platform has no {promise.place}")
        else:
            with Child(promise.place, self._luggage(), self._timeout) as child:
                child.ask("arrive")
                self._compare_sent_back(child)

    def _alive(self) -> Child:
        """The spawned child that most promises share."""
        if self._worker is None:
            self._worker = Child("spawn", self._luggage(), self._timeout)
            self._worker.ask("arrive")
        return self._worker

    def _luggage(self) -> bytes:
        if self._packed is None:
            self._packed = self._trial.luggage()
        return self._packed

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.__exit__()
            self._worker = None

    def _compare_sent_back(self, child: Child) -> None:
        payloads = child.ask("send_back")

        def compare(trial: Trial) -> None:
            for example, payload in zip(trial.each(), payloads, strict=True):
                trial.same(example, loads(payload), "what the child sent back")

        try_here(compare, self._trial)

    def _check_wrong_states(self) -> None:
        start = 0
        crashes: list[str] = []
        while len(crashes) < _CRASHES:
            try:
                self._alive().ask("wrong_states_are_refused", start)
                break
            except Died as death:
                self._end_worker()
                number, _, what = death.doing.partition(": ")
                if not number.isdigit():
                    raise
                crashes.append(f"{what}, {death.how}")
                start = int(number) + 1
                if death.hung:  # one wait is enough
                    break
        if crashes:
            raise Broken(
                f"a child process that rebuilt {'; '.join(crashes)}: the factory must check the"
                " state (types, lengths, ranges) before it gives C code any of it"
            )


def _round_trip(trial: Trial) -> None:
    for example in trial.each():
        trial.same(example, pickle.loads(pickle.dumps(example)), "what pickle carried")


def check_adapter(
    adapter: Any,
    examples: Any,
    *,
    equal: Equal | None = None,
    live: Callable[[], int] | None = None,
    golden: str | os.PathLike[str] | None = None,
    record_golden: bool = False,
    skip: Mapping[str, str] | None = None,
    rebuilds: int = 1000,
    timeout: float = 60.0,
) -> Report:
    """Check each promise that an adapter makes, on each example.

    Nothing is rebuilt in this process before a child has survived it. In a script, call it under
    `if __name__ == "__main__":`, as the children that are spawned run the script's top level.

    Args:
        adapter: What `adapters.register` returned; or the type, the C type or the adapter's name.
        examples: A list, or a dict with labels, of objects or of functions without arguments that
            make one; or a Hypothesis strategy, of which a few are drawn. Different ones show more.
        equal: equal(original, rebuilt) says whether they are the same. Without it the `==` of the
            type does or, if it has none of its own, their states, which must be deeply equal.
        live: Returns how many objects of the C library are alive in the process that calls it.
        golden: The folder with payloads that were recorded, None for no such check.
        record_golden: Whether to record, first, each example that has no payload of this version.
        skip: {name of a promise: why it is not checked}.
        rebuilds: How many times each example is rebuilt, at the least, in the search for leaks.
        timeout: Seconds that a child may be silent.

    Returns:
        A report: each promise passed, or was skipped for a reason.

    Raises:
        ConformanceError: a promise is broken; the message lists all that are.
        ValueError: there is no example, or `skip` names no promise.
        TypeError: `equal` or `live` cannot be sent to a child.
    """
    trial = collect(registry.lookup(adapter), examples, equal=equal, live=live, rebuilds=rebuilds)
    prepare_golden(trial, golden, record_golden)
    run = Run(trial, skip, timeout)
    run.run([promise.name for promise in PROMISES])
    report = Report(
        trial.adapter.name,
        trial.adapter.version,
        tuple(trial.labels),
        tuple(run.results[promise.name] for promise in PROMISES),
    )
    if not report.ok:
        raise ConformanceError(report.complaint(), report.adapter, report)
    return report


def prepare_golden(trial: Trial, folder: str | os.PathLike[str] | None, recording: bool) -> None:
    """Read the payloads of a folder into a trial, after recording those that are missing."""
    if folder is not None:
        if recording and not trial.drawn:
            record(trial, folder)
        trial.golden = read(trial, folder)
