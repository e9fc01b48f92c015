"""What sending one object costs: its bytes, its times, and whether sharing it pays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from math import ceil
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from adapters._execution.executor import Executor
from adapters._pickling import dumps, loads
from adapters._sharing.handle import Shared, share

_BUDGET = 0.5  # seconds of repeating one step
_MOST = 200  # repetitions of one step
_NOISE = 2e-5  # seconds: a smaller difference between two tasks means nothing
_TIMEOUT = 600.0  # seconds for a worker


class Costs(NamedTuple):
    """What one object costs; times are medians, in seconds."""

    body: int  # bytes of its pickle, without its large parts
    buffers: int  # bytes of its large parts
    serialize: float  # making its state and pickling that
    rebuild: float  # making a new object of the pickle
    task: float  # what the object as an argument adds to a task in another process
    share: float  # writing its state into `stores.Local`, once
    first_get: float  # the first `get()` in a process
    later_get: float  # each later one

    @property
    def break_even(self) -> int | None:
        """Tasks in one process from which on sharing takes less time; None if never."""
        saved = self.task - self.later_get
        return ceil((self.share + self.first_get) / saved) if saved > _NOISE else None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for JSON."""
        return {**self._asdict(), "break_even": self.break_even}

    def __str__(self) -> str:
        rows = {
            "pickle": f"{self.body:,} bytes",
            "large parts": f"{self.buffers:,} bytes",
            "serialize": _seconds(self.serialize),
            "rebuild": _seconds(self.rebuild),
            "argument of a task": _seconds(self.task),
            "share, once": _seconds(self.share),
            "first get() in a process": _seconds(self.first_get),
            "each later get()": _seconds(self.later_get),
        }
        table = "\n".join(f"{name:<26}{value:>16}" for name, value in rows.items())
        return f"{table}\n\n{self.advice()}"

    def advice(self) -> str:
        """Whether to share such an object, in a sentence."""
        tasks = self.break_even
        if tasks is None:
            return "Send it with each task: a handle would cost more."
        if tasks <= 1:
            return "Share it: with adapters.share it costs less even for one task in a process."
        return f"Share it, if a process has {tasks} tasks or more for it; else send it with each."


def costs(obj: Any) -> Costs:
    """Measure what `obj` costs here and in one spawned process.

    Raises:
        SerializeError: it cannot be sent.
        RebuildError: it cannot be rebuilt, here or there.
    """
    body, size, serialize, rebuild = _here(obj)
    context = get_context("spawn")
    with Executor(ProcessPoolExecutor(1, mp_context=context)) as worker:
        worker.submit(_nothing, None).result(_TIMEOUT)
        empty = _timed(lambda: worker.submit(_nothing, None).result(_TIMEOUT))
        task = _timed(lambda: worker.submit(_nothing, obj).result(_TIMEOUT)) - empty
        begin = perf_counter()
        with share(obj) as handle:
            written = perf_counter() - begin
            first, later = worker.submit(_get, handle).result(_TIMEOUT)
    return Costs(body, size, serialize, rebuild, max(task, 0.0), written, first, later)


def _here(obj: Any) -> tuple[int, int, float, float]:
    buffers: list[Any] = []
    body = dumps(obj, buffer_callback=buffers.append)
    received = [bytes(buffer.raw()) for buffer in buffers]
    serialize = _timed(lambda: dumps(obj, buffer_callback=lambda _: None))
    rebuild = _timed(lambda: loads(body, buffers=received))
    return len(body), sum(map(len, received)), serialize, rebuild


def _timed(operation: Callable[[], object]) -> float:
    times: list[float] = []
    while len(times) < 3 or (sum(times) < _BUDGET and len(times) < _MOST):
        begin = perf_counter()
        operation()
        times.append(perf_counter() - begin)
    return median(times)


def _seconds(value: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"


def _nothing(obj: object) -> None:
    pass


def _get(handle: Shared[Any]) -> tuple[float, float]:
    begin = perf_counter()
    handle.get()
    return perf_counter() - begin, _timed(handle.get)
