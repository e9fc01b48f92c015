"""The run of a conformance check: each promise in its order, here or in a child."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from adapters._child import Child, ChildDiedError, ChildRaisedError, progress
from adapters._conformance.case import Case, collect
from adapters._conformance.equality import Equal
from adapters._conformance.golden import add_golden
from adapters._conformance.outcomes import Broken
from adapters._conformance.promises import PROMISES, Promise
from adapters._conformance.rebuild_checks import send_back, sent_back_by_a_child
from adapters._conformance.report import ConformanceError, Report, Result
from adapters._conformance.wrong_states import wrong_states_are_refused
from adapters._wire.rebuild import registry

if TYPE_CHECKING:
    import os

    from adapters._conformance.report import Status

_CRASHES = 3  # of children, on wrong states: more of them show nothing new


class Run:
    """The promises of one case, each checked after those that it needs.

    Args:
        case: The adapter and its examples.
        skip: {name of a promise: why it is not checked}.
        timeout: Seconds that a child may be silent.

    Raises:
        ValueError: `skip` names no promise.
    """

    def __init__(self, case: Case, skip: Mapping[str, str] | None, timeout: float) -> None:
        self.case = case
        self.results: dict[str, Result] = {}
        self._skip = skip or {}
        self._timeout = timeout
        self._worker: Child | None = None
        self._blocked: dict[str, str] = {}  # {promise: the broken one that it needs, or is}
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
                    self.results[promise.name] = Result(promise.name, *self._outcome(promise))
        finally:
            self._end_worker()

    def _outcome(self, promise: Promise) -> tuple[Status, str]:
        name = promise.name
        if promise.needs in self._blocked:
            self._blocked[name] = self._blocked[promise.needs]
            missing = self._blocked[name].replace("_", " ")
            return "skipped", f"not checked while this is broken: {missing}"
        if name in self._skip:
            return "skipped", self._skip[name]
        status: Status = "failed"
        try:
            status, reason = self._check(promise)
        except (Broken, ChildRaisedError) as problem:
            reason = str(problem)
        except ChildDiedError as death:
            self._end_worker()
            reason = str(death)
        if status == "failed":
            self._blocked[name] = name
        return status, "" if status == "passed" else reason

    def _check(self, promise: Promise) -> tuple[Status, Any]:
        name, place, check = promise.name, promise.place, promise.check
        if place == "here":
            return self.case.run(check)
        if place != "worker":
            if place not in multiprocessing.get_all_start_methods():
                return "skipped", f"this platform has no {place}"
            with self._start(place) as child:
                return self._send_back(child)
        worker = self._running_worker()
        if name == "sent_back_by_a_child":
            return self._send_back(worker)
        if name == "wrong_states_are_refused":
            return self._refuse_wrong_states()
        if name == "ends_with_its_process":
            try:
                worker.finish("to end, with the examples alive")
            finally:
                self._end_worker()
        return _ask(worker, check) if check else ("passed", "")

    def _running_worker(self) -> Child:
        """The worker; a new one, if there is none or the last one has died."""
        if self._worker is None:
            self._worker = self._start("spawn")
        return self._worker

    def _start(self, method: str) -> Child:
        """A child in which the examples have been rebuilt."""
        child = Child(method, timeout=self._timeout)
        try:
            problem = child.call(_unpack, self._packed)
            if problem:
                raise Broken(problem)
        except BaseException:
            child.close()
            raise
        return child

    @cached_property
    def _packed(self) -> bytes:
        return self.case.packed()

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _send_back(self, child: Child) -> tuple[Status, Any]:
        status, found = _ask(child, send_back)
        return self.case.run(sent_back_by_a_child, found) if status == "passed" else (status, found)

    def _refuse_wrong_states(self) -> tuple[Status, Any]:
        start = 0
        crashes: list[str] = []
        while len(crashes) < _CRASHES:
            try:
                status, reason = _ask(self._running_worker(), wrong_states_are_refused, start)
                if status != "passed" or not crashes:
                    return status, reason
                break
            except ChildDiedError as death:
                self._end_worker()
                number, _, what = death.doing.partition(": ")
                if not number.isdigit():
                    raise
                crashes.append(f"{what}, {death.how}")
                start = int(number) + 1
                if death.hung:  # one wait is enough
                    break
        return "failed", (
            f"a child process that rebuilt {'; '.join(crashes)}: the factory must check the"
            " state (types, lengths, ranges) before it gives C code any of it"
        )


def _ask(child: Child, check: Callable[..., Any], *args: Any) -> tuple[Status, Any]:
    status, found = child.call(_run, check, *args)
    return status, found


_case: Case  # in a child; its examples are alive until the process ends


def _unpack(packed: bytes) -> str:
    global _case
    progress("to rebuild the examples")
    try:
        _case = Case.unpacked(packed)
    except Broken as problem:
        return str(problem)
    return ""


def _run(check: Callable[..., Any], *args: Any) -> tuple[Status, Any]:
    progress(check.__name__.replace("_", " "))
    return _case.run(check, *args)


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
    case = collect(registry.lookup(adapter), examples, equal=equal, live=live, rebuilds=rebuilds)
    add_golden(case, golden, record_golden)
    run = Run(case, skip, timeout)
    run.run([promise.name for promise in PROMISES])
    report = Report(
        case.adapter.name,
        case.adapter.version,
        tuple(case.labels),
        tuple(run.results[promise.name] for promise in PROMISES),
    )
    if not report.ok:
        raise ConformanceError(report.complaint(), report.adapter, report)
    return report
