"""What it costs to search on workers: the bytes that move there and back, and the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.reduction import ForkingPickler
from multiprocessing.synchronize import Barrier
from pickle import PickleBuffer
from typing import Any, NamedTuple

import adapters
import native.specs  # noqa: F401  registers WordList
from demos._support import clusters
from demos._support.pool import WatchedPool
from demos._support.progress import Update, progress
from demos._support.table import milliseconds, table
from demos._support.workers import REPLY_TIMEOUT
from native import WordList

FEW = 15  # results to print
LARGE = 1 << 17  # bytes of a part that an Executor moves in shared memory, and not through a pipe


class Moved(NamedTuple):
    """The bytes that went through a pipe, and those that went through shared memory."""

    by_pipe: int
    by_memory: int


NOTHING = Moved(0, 0)


class Measurement(NamedTuple):
    """One way: the bytes that moved to the workers and back, the time, and what was found."""

    way: str
    sent: Moved
    returned: Moved
    seconds: float
    found: list[str]


class Record:
    """Measurements of several ways to the same result."""

    def __init__(self, update: Update) -> None:
        self._update = update
        self.ways: list[Measurement] = []

    def search_here(
        self, way: str, find: Callable[[Any], list[str]], inputs: Sequence[Any]
    ) -> None:
        """Search the inputs in this process, where nothing moves."""
        self._update(way, len(self.ways))
        self.ways.append(in_one_process(way, find, inputs))

    def search_on(
        self,
        workers: WatchedPool | adapters.Executor,
        way: str,
        find: Callable[[Any], list[str]],
        inputs: Sequence[Any],
    ) -> None:
        """Search the inputs on workers; see `on_workers`."""
        self._update(way, len(self.ways))
        self.ways.append(on_workers(way, workers, find, inputs))


@contextmanager
def recorded(label: str, total: int) -> Iterator[Record]:
    """A record, with a progress bar of `total` ways; see `progress`."""
    with progress(label, total) as update:
        yield Record(update)


def in_one_process(
    way: str, find: Callable[[Any], list[str]], inputs: Sequence[Any]
) -> Measurement:
    """Search the inputs in this process, where nothing moves."""
    start = time.perf_counter()
    found = [word for each in inputs for word in find(each)]
    return Measurement(way, NOTHING, NOTHING, time.perf_counter() - start, found)


def on_workers(
    way: str,
    workers: WatchedPool | adapters.Executor,
    find: Callable[[Any], list[str]],
    inputs: Sequence[Any],
) -> Measurement:
    """Search the inputs with `map`; the bytes are counted after the time is taken."""
    start = time.perf_counter()
    results = list(workers.map(find, inputs))
    seconds = time.perf_counter() - start
    found = [word for each in results for word in each]
    count = in_pool if isinstance(workers, WatchedPool) else in_executor
    return Measurement(way, count(inputs), count(results), seconds, found)


def in_pool(moved: Sequence[Any]) -> Moved:
    """How objects move through a Pool, each in a message."""
    return Moved(sum(len(ForkingPickler.dumps(each)) for each in moved), 0)


def in_executor(moved: Sequence[Any]) -> Moved:
    """How objects move through an adapters.Executor, where there is room in shared memory."""
    sizes = []
    for each in moved:
        buffers: list[PickleBuffer] = []
        sizes.append(len(adapters.dumps(each, buffer_callback=buffers.append)))
        sizes += [buffer.raw().nbytes for buffer in buffers]
    shared = sum(size for size in sizes if size >= LARGE)
    return Moved(sum(sizes) - shared, shared)


def comparison(ways: Sequence[Measurement]) -> str:
    """A table of the ways; the last column is the time relative to the first one."""
    first = max(ways[0].seconds, 1e-9)
    rows = [
        (
            each.way,
            f"{each.sent.by_pipe:,}",
            f"{each.sent.by_memory:,}",
            f"{sum(each.returned):,}",
            milliseconds(each.seconds),
            f"{each.seconds / first:,.2f}",
        )
        for each in ways
    ]
    return table(("method", "bytes by pipe", "by memory", "back", "time", "to first"), rows)


def beginning(found: Sequence[str]) -> str:
    """The first results, in a line."""
    return " ".join(found[:FEW]) + (" ..." if len(found) > FEW else "")


@contextmanager
def started_executor(context: BaseContext, processes: int) -> Iterator[adapters.Executor]:
    """An Executor whose workers run, and have imported what they need."""
    barrier = context.Barrier(processes)
    initializer = (_keep_barrier, (barrier,))
    with clusters.executor("processes", processes, context, initializer) as executor:
        list(executor.map(_meet, [WordList([])] * processes))
        yield executor


_barrier: Barrier


def _keep_barrier(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _meet(words: WordList) -> list[str]:
    """A task that ends when each worker has one of them."""
    _barrier.wait(REPLY_TIMEOUT)
    return words.palindromes()
