"""Shared handles against a hand-written initializer, and their large states against one memcpy."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import adapters
from adapters import Shared, stores
from benchmarks._measure import Gap, Row, has_room, wall_time
from benchmarks._small_types import Adapted

TASKS, WORKERS, CONSTRUCTION = 200, 2, 0.2
SIZE = 1 << 30  # bytes of the large state
GETS = 100_000
TIMEOUT = 300.0  # seconds for a task of a worker
_POOLS = get_context()


class Model:
    """A type whose construction takes CONSTRUCTION seconds, such as one that loads a model."""

    def __init__(self, offset: int) -> None:
        time.sleep(CONSTRUCTION)
        self.offset = offset


def _serialize(model: Model) -> int:
    return model.offset


adapters.register(Model, _serialize, Model)

_model: Model


def initialize(offset: int) -> None:
    """A hand-written initializer: construct the object of this worker, and keep it in a global."""
    global _model
    _model = Model(offset)


def use_global(number: int) -> int:
    """A task that uses the global of its worker."""
    return number + _model.offset


def use_shared(handle: Shared[Model], number: int) -> int:
    """A task that uses the object of a handle."""
    return number + handle.get().offset


def rows() -> Iterator[Row | Gap]:
    """A row on constructing an object once per process, and rows on a large state."""
    model = Model(1)
    yield Row(
        f"{TASKS} tasks, factory of {CONSTRUCTION} s, shared",
        wall_time(partial(_shared, model)),
        wall_time(_by_hand),
        f"an initializer by hand, multiprocessing.Pool of Python {platform.python_version()}",
        bound=1.03,
        rounds=7,
    )
    if not has_room(4 * SIZE, SIZE):
        yield Gap("sharing 1 GiB", "it takes 4 GiB of memory, 1 GiB of it in /dev/shm")
        return
    large = Adapted(bytearray(os.urandom(1 << 20)) * (SIZE >> 20))
    copy = bytearray(SIZE)
    memcpy = wall_time(partial(_copy, large.held, copy))
    with ProcessPoolExecutor(1) as first, ProcessPoolExecutor(1) as second:
        yield Row(
            "deliver 1 GiB to a worker",
            lambda: _deliver(large, first),
            memcpy,
            "one memcpy",
            bound=4,
            rounds=7,
        )
        yield Row(
            "deliver 1 GiB, the fifth in a row",
            lambda: _deliver(large, first, turns=5),
            memcpy,
            "one memcpy",
            bound=2.5,
            rounds=7,
        )
        with adapters.share(large) as handle:
            first.submit(attach, handle).result(TIMEOUT)
            yield Row(
                "attach to 1 GiB in a second worker",
                lambda: second.submit(attach, handle).result(TIMEOUT),
                memcpy,
                "one memcpy",
                bound=0.5,
                rounds=7,
            )
            yield Row(
                "each later get()",
                lambda: first.submit(get_again, handle).result(TIMEOUT),
                lambda: 1e-6,
                "a microsecond",
                bound=1,
                rounds=21,
            )
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        yield Row(
            "peak of the parent's memory, 1 GiB",
            lambda: fresh.submit(extra_peak).result(TIMEOUT),
            lambda: 64 << 20,
            "64 MiB",
            bound=1,
            rounds=7,
            unit="B",
        )


def _shared(model: Model) -> None:
    with adapters.share(model) as handle, _POOLS.Pool(WORKERS) as pool:
        _check(pool.map(partial(use_shared, handle), range(TASKS), chunksize=1))


def _by_hand() -> None:
    with _POOLS.Pool(WORKERS, initialize, (1,)) as pool:
        _check(pool.map(use_global, range(TASKS), chunksize=1))


def _check(results: list[int]) -> None:
    assert results == list(range(1, TASKS + 1))


def _copy(source: bytearray, target: bytearray) -> None:
    memoryview(target)[:] = source


def _deliver(large: Adapted, worker: ProcessPoolExecutor, turns: int = 1) -> float:
    """The seconds until a worker can read the state, in the last of some turns.

    Each call has a directory of its own, which has no files left of an earlier call.
    """
    with TemporaryDirectory(dir="/dev/shm") as directory:
        for _ in range(turns):
            start = perf_counter()
            with adapters.share(large, stores.Local(directory)) as handle:
                worker.submit(attach, handle).result(TIMEOUT)
                took = perf_counter() - start
            # Frees the memory outside of the timed part.
            worker.submit(adapters.cache_clear).result(TIMEOUT)
    return took


def attach(handle: Shared[Adapted]) -> float:
    """The seconds until this process can read the whole state."""
    adapters.cache_clear()
    start = perf_counter()
    held = handle.get().held
    took = perf_counter() - start
    assert len(held) == SIZE
    return took


def get_again(handle: Shared[Adapted]) -> float:
    """The seconds of one `get()` of an object that is in the cache."""
    handle.get()
    turns = [None] * GETS
    start = perf_counter()
    for _ in turns:
        handle.get()
    return (perf_counter() - start) / GETS


def extra_peak() -> float:
    """The peak memory of this process while it shares, in bytes above the memory before."""
    large = Adapted(bytearray(os.urandom(1 << 20)) * (SIZE >> 20))
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM, the peak: proc(5)
    with adapters.share(large):
        return max(_memory("VmHWM") - before, 1)


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) << 10
    raise LookupError(field)
