"""Traces: what was recorded while one was open, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter
from typing import Any, NamedTuple

from adapters._tracing import report
from adapters._tracing.observer import TraceEvent, observer
from adapters._wire.lookup import lock

_MOST = 100_000  # events that are kept


class AdapterSummary(NamedTuple):
    """What one adapter has done while a trace was open.

    Attributes:
        serialized: How many objects it has serialized.
        rebuilt: How many objects it has made.
        in_band: The bytes of the states that it has written, in band.
        out_of_band: The bytes of their large parts, which leave out of band where that can be done.
        serialize_seconds: How long its serializer took, for all objects.
        rebuild_seconds: How long its factory took, for all objects.
        failed: How often one of the two has raised.
        by_value: Whether the adapter itself went by value.
        processes: How many processes have used it.

    .. versionadded:: 0.2
    """

    serialized: int
    rebuilt: int
    in_band: int
    out_of_band: int
    serialize_seconds: float
    rebuild_seconds: float
    failed: int
    by_value: bool
    processes: int


class _Total:
    """The sum of the events of one kind and name."""

    __slots__ = ("count", "failed", "in_band", "out_of_band", "processes", "seconds")

    def __init__(self) -> None:
        self.count = self.in_band = self.out_of_band = self.failed = 0
        self.seconds = 0.0
        self.processes: set[int] = set()

    def add(self, event: TraceEvent) -> None:
        self.count += 1
        self.in_band += event.in_band
        self.out_of_band += event.out_of_band
        self.seconds += event.seconds
        self.failed += event.note == "failed"
        self.processes.add(event.process)

    def include(self, other: _Total) -> None:
        self.count += other.count
        self.in_band += other.in_band
        self.out_of_band += other.out_of_band
        self.seconds += other.seconds
        self.failed += other.failed
        self.processes |= other.processes


class Trace:
    """What travelled while it was open; made by `adapters.trace`, and a context manager.

    It prints as a table, with rich in colours and in a notebook as HTML. It can be read while it is
    open, and opened again, which goes on where it was closed.

    .. versionadded:: 0.2
    """

    def __init__(self) -> None:
        self._events: list[TraceEvent] = []
        self._totals: dict[tuple[str, str, str], _Total] = {}
        self._seconds = 0.0
        self._begin: float | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Trace:
        if self._begin is not None:
            raise RuntimeError("this trace is open already; adapters.trace() makes another")
        self._begin = perf_counter()
        try:
            self._stack.enter_context(observer.tells(self._record))
        except BaseException:  # such as KeyboardInterrupt
            self._begin = None
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._stack.close()
        finally:
            self._seconds, self._begin = self.seconds, None

    def _record(self, event: TraceEvent) -> None:
        # The registry's lock is free in a forked child, and for a signal handler that pickles.
        with lock:
            if len(self._events) < _MOST:
                self._events.append(event)
            key = event.kind, event.name, "by value" if event.note == "by value" else ""
            self._totals.setdefault(key, _Total()).add(event)

    @property
    def events(self) -> tuple[TraceEvent, ...]:
        """The events, in the order in which this process was told of them; the first 100,000.

        Those of a worker come when its task is done.
        """
        return tuple(self._events)

    @property
    def seconds(self) -> float:
        """How long it was open."""
        return self._seconds + (0.0 if self._begin is None else perf_counter() - self._begin)

    def summary(self) -> dict[str, AdapterSummary]:
        """What each adapter has done, by its name; of all events, however many there were."""
        with lock:
            totals = dict(self._totals)
        names = {name for kind, name, _ in totals if kind in ("serialize", "rebuild")}
        return {name: _summary(name, totals) for name in sorted(names)}

    def counts(self) -> Counter[str]:
        """How many events of each kind there were."""
        counts: Counter[str] = Counter()
        with lock:
            for (kind, _, _), total in self._totals.items():
                counts[kind] += total.count
        return counts

    def _rows(self) -> list[report.Row]:
        with lock:
            totals = sorted(self._totals.items(), key=lambda item: report.order(item[0]))
            return [
                report.Row(
                    kind,
                    name,
                    ", ".join(filter(None, [note, f"{t.failed} failed" if t.failed else ""])),
                    t.count,
                    t.in_band,
                    t.out_of_band,
                    t.seconds,
                )
                for (kind, name, note), t in totals
            ]

    @property
    def _headline(self) -> str:
        with lock:
            count = sum(total.count for total in self._totals.values())
            processes = {each for total in self._totals.values() for each in total.processes}
        where = f" in {len(processes)} process{'es' * (len(processes) != 1)}" if count else ""
        return f"{count} event{'s' * (count != 1)}{where}, in {self.seconds:.2f} s"

    def __repr__(self) -> str:
        return f"<adapters.Trace: {self._headline}>"

    def __str__(self) -> str:
        return report.text(self._headline, self._rows())

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        yield report.rich_table(self._headline, self._rows())

    def _repr_html_(self) -> str:
        return report.html_table(self._headline, self._rows())


def _summary(name: str, totals: dict[tuple[str, str, str], _Total]) -> AdapterSummary:
    serialized, rebuilt = _Total(), _Total()
    for (kind, of, _), total in totals.items():
        if of == name and kind in ("serialize", "rebuild"):
            (serialized if kind == "serialize" else rebuilt).include(total)
    return AdapterSummary(
        serialized.count - serialized.failed,
        rebuilt.count - rebuilt.failed,
        serialized.in_band,
        serialized.out_of_band,
        serialized.seconds,
        rebuilt.seconds,
        serialized.failed + rebuilt.failed,
        any(key[1:] == (name, "by value") for key in totals),
        len(serialized.processes | rebuilt.processes),
    )


def trace() -> Trace:
    """A trace: while it is open, it records what is serialized and rebuilt, how large and how long.

    It sees this process, with all its threads, and the tasks that it sends through an `Executor`,
    also in the workers. What a worker of another pool does is seen by a trace that is opened there.

    While a trace is open, each state is pickled once more, to know its size. When none is open,
    nothing is recorded, and plain pickle has nothing to ask.

    .. versionadded:: 0.2

    >>> import adapters
    >>> with trace() as seen:
    ...     twin = adapters.loads(adapters.dumps([1, 2, 3]))
    >>> [(event.kind, event.name, event.in_band) for event in seen.events]
    [('dumps', 'builtins.list', 22), ('loads', 'builtins.list', 22)]
    """
    return Trace()


for _public in (AdapterSummary, Trace, TraceEvent, trace):
    _public.__module__ = "adapters"
