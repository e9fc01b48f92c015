"""check_adapter: all promises of an adapter in one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

from adapters._conformance.case import collect
from adapters._conformance.progress_line import ProgressLine
from adapters._conformance.promises import NAMES
from adapters._conformance.report import ConformanceError, Report
from adapters._conformance.run import Run
from adapters._wire.adapter import Adapter
from adapters._wire.signatures import CType, T


class Strategy(Protocol):
    """A strategy of Hypothesis."""

    def example(self) -> object:
        """One example."""


def check_adapter(
    adapter: Adapter[T] | type[T] | CType | str,
    examples: Iterable[object] | Strategy,
    *,
    equal: Callable[[T, T], object] | None = None,
    ignore: Collection[str] = (),
    live: Callable[[], int] | None = None,
    golden: str | os.PathLike[str] | None = None,
    record_golden: bool = False,
    skip: Mapping[str, str] | None = None,
    rebuilds: int | None = None,
    elsewhere: bool = False,
    timeout: float = 60.0,
) -> Report:
    """Check each promise that an adapter makes, on each example.

    Nothing is rebuilt in this process before a child has survived it. In a script, call it under
    `if __name__ == "__main__":`, as the children that are spawned run the script's top level. On a
    terminal a line says which promise is being checked.

    Args:
        adapter: What `adapters.register` returned; or the type, the C type or the adapter's name.
        examples: A list, or a dict with labels, of objects or of functions without arguments that
            make one; or a Hypothesis strategy, of which a few are drawn. Different ones show more.
        equal: equal(original, rebuilt) says whether they are the same. Without it all that can be
            seen of them from outside is compared, in child processes: attributes, properties,
            getters, length, items, arrays. So is their `==`, if the type has one of its own, else
            the states, which must be deeply equal.
        ignore: Names of attributes and getters that need not be equal.
        live: Returns how many objects of the C library are alive in the process that calls it.
        golden: The folder with payloads that were recorded, None for no such check.
        record_golden: Whether to record, first, each example that has no payload of this version.
        skip: {name of a promise: why it is not checked}.
        rebuilds: How many times each example is rebuilt, at the least, in each of three rounds of
            the search for leaks. Without it 1,000 times, or as often as fits into a few seconds.
        elsewhere: Whether the library allows one such object in a process, as one open handle of a
            file: none is rebuilt where another one is alive. What needs two is skipped, and `equal`
            is not called: looks and states are compared. An object must close when it is deleted.
        timeout: Seconds that a child may be silent.

    Returns:
        A report: each promise passed, or was skipped for a reason.

    Raises:
        ConformanceError: a promise is broken; the message lists all that are.
        ValueError: there is no example, or `skip` names no promise.
        TypeError: `equal` or `live` cannot be sent to a child.
    """
    options: dict[str, Any] = {
        "equal": equal,
        "ignore": ignore,
        "live": live,
        "rebuilds": rebuilds,
        "elsewhere": elsewhere,
    }
    case = collect(adapter, examples, golden, record_golden, **options)
    run = Run(case, skip, timeout)
    with ProgressLine(f"adapter {case.adapter.name}, ") as line:
        run.run(NAMES, line.show)
    results = tuple(run.results[name] for name in NAMES)
    report = Report(
        case.adapter.name, case.adapter.version, tuple(case.labels), results, run.compared
    )
    if not report.ok:
        raise ConformanceError(report.complaint(), report.adapter, report)
    return report
