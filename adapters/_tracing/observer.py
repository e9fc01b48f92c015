"""Observer: what the rooms below tell of all that travels, while somebody records it."""

from __future__ import annotations

import os
from _thread import _local
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter, time
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from adapters import _events
from adapters._importable.importable import is_sent_by_value
from adapters._naming import qualified_name
from adapters._tracing.sizes import Size, size_of_message, size_of_state
from adapters._wire.adapter import Adapter
from adapters._wire.lookup import lock
from adapters._wire.rebuild import registry
from adapters.errors import suppress_failures


class TraceEvent(NamedTuple):
    """One thing that travelled, as `adapters.trace` has recorded it.

    Attributes:
        kind: "serialize" and "rebuild" (an object, by an adapter), "by value" (a function, a class
            or an adapter that was copied, as the other process cannot import it), "dumps" and
            "loads" (a message of these two functions), "task" and "result" (a message of an
            Executor), "send" and "receive", "put" (the state of a shared object into its store),
            "found" (a shared object in the cache of its process), "fetched" (one that was rebuilt
            from its store), "segment" (a large part that went through shared memory), "no room"
            (one that did not, and went in the message), "restart" (of the executor inside).
        name: The adapter; or the type of the object; or what carried it.
        in_band: The bytes in the message itself. Of an object, those of its state pickled by
            itself, without the native objects in it, which have events of their own.
        out_of_band: The bytes of the large parts beside it. Of an object, those that leave out of
            band where the transport can do that.
        seconds: How long it took: of an object, its serializer or its factory.
        note: "by value" for an object whose adapter goes so, "failed" for what has raised.
        process: The id of the process.
        time: When it ended, in seconds as `time.time` has them.

    .. versionadded:: 0.2
    """

    kind: str
    name: str
    in_band: int
    out_of_band: int
    seconds: float
    note: str
    process: int
    time: float


Record: TypeAlias = Callable[[TraceEvent], object]


class Observer:
    """Makes events of what it is told. There is one in each process."""

    def __init__(self) -> None:
        self._open: set[object] = set()  # marks of what records
        self._records: list[Record] = []  # what is told the events of all threads
        # `records`: what is told those of this thread alone; `measures`: whether it measures;
        # `spent`: the seconds that this took.
        self._here: Any = _local()
        # What is told the events of a task that was sent, by its future.
        self._sent: WeakKeyDictionary[Any, list[Record]] = WeakKeyDictionary()

    @contextmanager
    def tells(self, record: Record) -> Iterator[None]:
        """Tell `record` each event, from all threads but those of other tasks that are traced."""
        told = self._told  # of a task, if this is its code
        with lock:
            told.append(record)
        try:
            with self._observes():
                yield
        finally:
            with lock:
                told[:] = [each for each in told if each is not record]

    @contextmanager
    def tells_of_thread(self, record: Record) -> Iterator[None]:
        """Tell `record`, and nobody else, the events of this thread."""
        with self._tells_here([record]), self._observes():
            yield

    @contextmanager
    def _tells_here(self, records: list[Record]) -> Iterator[None]:
        outer = getattr(self._here, "records", None)
        self._here.records = records
        try:
            yield
        finally:
            self._here.records = outer

    @property
    def _told(self) -> list[Record]:
        own: list[Record] | None = getattr(self._here, "records", None)
        return self._records if own is None else own

    @contextmanager
    def _observes(self) -> Iterator[None]:
        mark = object()
        try:
            with lock:
                self._open.add(mark)
                if len(self._open) == 1:
                    registry.observe(self._observed)
                    _events.observer = self
            yield
        finally:
            with lock:
                self._open.discard(mark)  # which a forked child has forgotten
                if not self._open:
                    _events.observer = None
                    registry.observe(None)

    def after_fork(self) -> None:
        """In a forked child: nobody reads what the trace of the parent would keep."""
        if self._open:
            self.__init__()  # type: ignore[misc]
            registry.observe(None)

    def tell(self, event: TraceEvent) -> None:
        """Tell an event, also one of another process."""
        for record in tuple(self._told):
            record(event)

    def record(
        self,
        kind: str,
        name: str,
        size: Size = (0, 0),
        seconds: float = 0.0,
        note: str = "",
    ) -> None:
        """Tell an event of this process.

        Args:
            kind: As in `TraceEvent`.
            name: As there.
            size: Its bytes in band and out of band.
            seconds: As there.
            note: As there.
        """
        if not self._measures:
            self.tell(TraceEvent(kind, name, *size, seconds, note, os.getpid(), time()))

    @property
    def _measures(self) -> bool:
        """Whether this thread measures a state, which nobody is told of."""
        return bool(getattr(self._here, "measures", False))

    def _measured(self, parts: tuple[Any, ...]) -> Size:
        """The bytes of a state, and of what is beside it where there is something."""
        begin = perf_counter()
        self._here.measures = True
        try:
            return size_of_state(parts[0] if len(parts) == 1 else parts)
        finally:
            self._here.measures = False
            self._here.spent = self._spent + perf_counter() - begin

    @property
    def _spent(self) -> float:
        """The seconds that measuring has taken in this thread."""
        return float(getattr(self._here, "spent", 0.0))

    def _seconds(self) -> float:
        """A time in seconds, on a clock that stands still while this thread measures."""
        return perf_counter() - self._spent

    def _observed(self, adapter: Adapter, reduce: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The reducer of an adapter, which tells what it does."""

        def reduce_observed(obj: Any) -> Any:
            if _events.observer is not self or self._measures:
                return reduce(obj)
            begin, note, size = self._seconds(), "failed", (0, 0)
            try:
                reduced = reduce(obj)
                note = "by value" if _goes_by_value(adapter) else ""
            finally:
                seconds = self._seconds() - begin
                if note != "failed":
                    more = () if len(reduced) < 3 or reduced[2] is None else reduced[2:3]
                    size = self._measured(reduced[1][1:] + more)
                self.record("serialize", adapter.name, size, seconds, note)
            return reduced

        reduce_observed.__wrapped__ = reduce  # type: ignore[attr-defined]
        return reduce_observed

    def rebuild(self, adapter: Adapter, version: int, state: Any, cls: Any) -> Any:
        """What `Adapter.rebuild` returns or raises."""
        if self._measures:
            return adapter.rebuild(version, state, cls)
        size = self._measured((state,))
        begin, note = self._seconds(), "failed"
        try:
            obj = adapter.rebuild(version, state, cls)
            note = "by value" if _goes_by_value(adapter) else ""
        finally:
            self.record("rebuild", adapter.name, size, self._seconds() - begin, note)
        return obj

    def dumps(
        self,
        write: Callable[..., list[bytes]],
        obj: object,
        protocol: int | None,
        callback: Callable[[Any], Any] | None,
    ) -> list[bytes]:
        """The pieces that `write` returns."""
        large: list[int] = []

        def counted(buffer: Any) -> Any:
            size = memoryview(buffer).nbytes  # as the callback may release it
            answer = callback(buffer)  # type: ignore[misc]
            large.append(0 if answer else size)
            return answer

        begin = self._seconds()
        pieces = write(obj, protocol, counted if callable(callback) else callback)
        size = sum(map(len, pieces)), sum(large)
        self.record("dumps", qualified_name(type(obj)), size, self._seconds() - begin)
        return pieces

    def loads(self, load: Callable[..., Any], data: Any, buffers: Iterable[Any] | None) -> Any:
        """What `load` returns for a payload and its buffers."""
        large: list[int] = []

        def counted(buffer: Any) -> Any:
            with suppress_failures():  # which the unpickler is to raise
                large.append(memoryview(buffer).nbytes)
            return buffer

        begin = self._seconds()
        # One by one, as they are wanted: there may be more.
        obj = load(data, buffers=None if buffers is None else map(counted, buffers))
        seconds, size = self._seconds() - begin, (memoryview(data).nbytes, sum(large))
        self.record("loads", qualified_name(type(obj)), size, seconds)
        return obj

    def get(self, name: str, get: Callable[..., Any], key: Any, build: Callable[[], Any]) -> Any:
        """What a cache returns for the key of a shared object, which `build` rebuilds."""
        fetched: list[bool] = []

        def noted() -> Any:
            fetched.append(True)
            return build()

        begin = self._seconds()
        found = get(key, noted)
        self.record("fetched" if fetched else "found", name, seconds=self._seconds() - begin)
        return found

    def message(self, kind: str, name: str, parts: Any) -> None:
        """Tell that a message was sent or received; `parts` as in `size_of_message`."""
        self.record(kind, name, size_of_message(parts))

    def sent(self, future: Any) -> None:
        """Note who is to know of a task: its result may arrive in another thread."""
        with lock:
            self._sent[future] = self._told

    def result(self, future: Any, events: list[tuple[Any, ...]], name: str, parts: Any) -> None:
        """Tell what a worker has recorded of a task, and that its result was received."""
        with lock:
            told = self._sent.pop(future, self._told)
        with self._tells_here(told):
            for event in events:
                self.tell(TraceEvent(*event))
            self.message("result", name, parts)


observer = Observer()


def _goes_by_value(adapter: Adapter) -> bool:
    return adapter.module is None or is_sent_by_value(adapter.module)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=observer.after_fork)
