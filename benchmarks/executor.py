"""The cost that `adapters.Executor` adds to small tasks of the executor that it wraps."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial

import adapters
from benchmarks._measure import Row, wall_time

TASKS = 10_000


def rows() -> Iterator[Row]:
    """A row for each chunk size."""
    with ProcessPoolExecutor(2) as ours, ProcessPoolExecutor(2) as bare:
        wrapped = adapters.Executor(ours)
        for chunk in (100, 1):
            yield Row(
                f"{TASKS} small tasks, chunks of {chunk}",
                wall_time(partial(_map, wrapped, chunk)),
                wall_time(partial(_map, bare, chunk)),
                f"bare ProcessPoolExecutor of Python {platform.python_version()}",
                bound=1.10,
                rounds=21,
            )


def _map(executor: Executor, chunk: int) -> None:
    assert list(executor.map(abs, range(TASKS), chunksize=chunk)) == list(range(TASKS))
