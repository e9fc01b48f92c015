"""Large objects to a worker and back, against one memcpy and against what others do.

The array of either side exists before, and the first call of each way is not measured: so these are
the times of a program that works for a while. What arrives is checked: its length, an element, and
that it can be written to, where no name of a peer says otherwise.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

import adapters
from benchmarks import _large_peers as peers
from benchmarks._large_peers import TIMEOUT, Way
from benchmarks._measure import Gap, Row, Sample, has_room, wall_time
from demos._support import timeline
from demos._support.ranges import split
from demos._support.timeline import Stage
from demos.pipe_sieve import collect_sieves

MIB = 1 << 20
SIZE = 128 * MIB  # bytes of the large array
MANY = 1000  # arrays of 1 MiB
DISTINCT = 16  # of them, more than fit into the caches of a processor
TRIPS = 100  # of the large array, before the memory is looked at
SIEVED = 3 * 10**9
ROUNDS = 7
ROOM = 8 << 30  # bytes of memory that the rows take, a quarter of it in /dev/shm

KINDS = ("argument", "result", "there and back")
# Of each kind: against one memcpy, and against the peers in the order of PEERS.
BOUNDS = {
    "argument": (1.5, (0.1, 0.1, 0.3, 0.3, 0.5)),
    "result": (1.5, (0.1, 0.1, 0.1, 0.3, 0.7)),
    "there and back": (2.8, (0.1, 0.1, 0.2, 0.3, 1.5)),
}
PEERS = ("ProcessPool", "Pool", "joblib", "fastshare", "ray")


def look_at(array: Any) -> tuple[int, int, bool]:
    """The length of an array, its last element, and whether it can be written to."""
    return len(array), int(array[-1]), bool(array.flags.writeable)


@cache
def held(size: int) -> Any:
    """The array of this process."""
    return importlib.import_module("numpy").ones(size, "uint8")


def give_back(array: Any) -> Any:
    """The array that has arrived."""
    return array


def rows() -> Iterator[Row | Gap]:
    """Rows for each kind of move, for many arrays, memory, bytes, and the pipe sieve."""
    if find_spec("numpy") is None:
        yield Gap("large parts", "numpy is not installed; see the extra [bench]")
    elif not has_room(ROOM, ROOM // 4):
        yield Gap("large parts", f"they take {ROOM >> 30} GiB of memory, a quarter in /dev/shm")
    else:
        yield from _many()
        with ExitStack() as stack:
            yield from _moves(stack)
        yield from _memory()
    yield _sieve()


def _moves(stack: ExitStack) -> Iterator[Row | Gap]:
    """Rows for one large object; the workers end with the stack."""
    ways = peers.ways(stack)
    ours = ways.pop("adapters")
    array, target = held(SIZE), held(SIZE).copy()
    memcpy = wall_time(partial(_copy, array, target))
    for kind in KINDS:
        name = f"{SIZE >> 20} MiB {kind}"
        least, bounds = BOUNDS[kind]
        mine = _sample(ours, kind, array, is_writable=True)
        yield Row(name, mine, memcpy, "one memcpy", least, ROUNDS)
        for peer, bound in zip(PEERS, bounds, strict=True):
            if peer not in ways:
                yield Gap(f"{name}, {peer}", f"{peer} is not installed")
                continue
            theirs = _sample(ways[peer], kind, array, is_fresh=peer == "joblib")
            yield Row(f"{name}, {peer}", mine, theirs, ways[peer].name, bound, ROUNDS)
    if "joblib" in ways:
        yield Row(
            f"{SIZE >> 20} MiB argument again, joblib",
            _sample(ours, "argument", array, is_writable=True),
            _sample(ways["joblib"], "argument", array),
            f"{ways['joblib'].name}: the file that it has written before",
            bound=10,  # there nothing moves, and what has changed since does not arrive
            rounds=ROUNDS,
        )
    data = b"\1" * SIZE
    yield Row(
        f"{SIZE >> 20} MiB of bytes, argument",
        partial(ours.time, partial(_check_equal, len(data)), len, data),
        memcpy,
        "one memcpy",
        bound=4,
        rounds=ROUNDS,
    )


def _sample(
    way: Way, kind: str, array: Any, is_writable: bool = False, is_fresh: bool = False
) -> Sample:
    """A sample of a way.

    Args:
        way: The way.
        kind: One of KINDS.
        array: What moves.
        is_writable: Whether what arrives has to be.
        is_fresh: Whether an argument is another object each time.
    """
    length, last, _ = look_at(array)

    def check_looks(looks: tuple[int, int, bool]) -> None:
        assert looks[:2] == (length, last)
        assert looks[2] or not is_writable

    def check(arrived: Any) -> None:
        check_looks(look_at(arrived))

    def sample() -> float:
        if kind == "result":
            return way.time(check, held, length)
        sent = array.copy() if is_fresh else array
        if kind == "argument":
            return way.time(check_looks, look_at, sent)
        return way.time(check, give_back, sent)

    return sample


def _many() -> Iterator[Row]:
    # A new process: what malloc does with a MiB depends on what a process has freed before.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as fresh:
        try:
            for kind, use in (("arguments", _use_arguments), ("there and back", _use_results)):
                yield Row(
                    f"{MANY} arrays of 1 MiB, {kind}",
                    partial(_result_of, fresh, time_many, True, use),
                    partial(_result_of, fresh, time_many, False, use),
                    f"bare ProcessPoolExecutor of {peers.python()}, 2 workers",
                    bound=0.3,
                    rounds=ROUNDS,
                )
        finally:  # a process does not end while it has an executor that is open
            _result_of(fresh, close_executors)


def time_many(is_ours: bool, use: Callable[[Executor, list[Any]], object]) -> float:
    """The seconds that many arrays take with this library's Executor, or without it."""
    arrays = [held(MIB).copy() for _ in range(DISTINCT)]
    items = [arrays[number % DISTINCT] for number in range(MANY)]
    if not _executors:
        _executors.extend((ProcessPoolExecutor(2), adapters.Executor(ProcessPoolExecutor(2))))
    return wall_time(partial(use, _executors[is_ours], items))()


def close_executors() -> None:
    """Close those of `time_many`."""
    while _executors:
        _executors.pop().shutdown()


_executors: list[Executor] = []  # without this library, and with it


def _use_arguments(executor: Executor, arrays: list[Any]) -> None:
    _check_all(executor.map(look_at, arrays), len(arrays))


def _use_results(executor: Executor, arrays: list[Any]) -> None:
    """Read each result, and keep none."""
    _check_all(map(look_at, executor.map(give_back, arrays)), len(arrays))


def _check_all(looks: Iterable[tuple[int, int, bool]], count: int) -> None:
    assert sum(each == (MIB, 1, True) for each in looks) == count


def _memory() -> Iterator[Row | Gap]:
    name = f"memory, {TRIPS} x {SIZE >> 20} MiB and back"
    if not os.path.exists("/proc/self/smaps_rollup"):
        yield Gap(name, "there is no /proc/self/smaps_rollup")
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as fresh:
        yield Row(
            name,
            partial(_result_of, fresh, extra_memory, SIZE, TRIPS),
            lambda: SIZE,
            "one array; the larger one of the parent's and the worker's",
            bound=2,
            rounds=ROUNDS,
            unit="B",
        )


def extra_memory(size: int, trips: int) -> int:
    """What arrays that went there and back leave in this process or, if it is more, its worker."""
    spawn = multiprocessing.get_context("spawn")
    array = held(size)
    with adapters.Executor(ProcessPoolExecutor(1, mp_context=spawn)) as executor:
        # Imports are no part of it, and what makes them is a part that travels in a segment.
        executor.submit(give_back, array[:MIB]).result(TIMEOUT)
        pids = os.getpid(), executor.submit(os.getpid).result(TIMEOUT)
        before = [*map(peers.memory_of, pids)]
        for _ in range(trips):
            assert look_at(executor.submit(give_back, array).result(TIMEOUT)) == (size, 1, True)
        return max(peers.memory_of(pid) - least for pid, least in zip(pids, before, strict=True))


class PipeSieve:
    """Runs of the pipe sieve, each of which gives one sample of either side.

    Args:
        limit: The primes below it are found, and the windows kept.
        processes: How many.
    """

    def __init__(self, limit: int, processes: int) -> None:
        self._parts = split(limit, processes)
        self._spent: dict[str, float] = {}

    def sample(self, what: str) -> float:
        """The seconds of all processes in the stage "send", or in "all" stages."""
        if what not in self._spent:
            self._spent = self._run()
        return self._spent.pop(what)

    def _run(self) -> dict[str, float]:
        stages: list[list[Stage]] = [[] for _ in self._parts]

        def note(index: int, stage: Stage) -> None:
            stages[index].append(stage)

        collect_sieves(self._parts, callback=note)
        spent = [timeline.durations(each) for each in stages]
        return {
            "send": sum(each[timeline.SEND] for each in spent),
            "all": sum(sum(each.values()) for each in spent),
        }


def _sieve() -> Row:
    runs = PipeSieve(SIEVED, processes=4)
    return Row(
        f"pipe sieve {SIEVED:.0e}, kept: send".replace("e+0", "e"),
        partial(runs.sample, "send"),
        partial(runs.sample, "all"),
        "all stages of its 4 processes",
        bound=0.1,
        rounds=ROUNDS,
    )


def _result_of(executor: Executor, function: Callable[..., Any], *args: object) -> Any:
    return executor.submit(function, *args).result(TIMEOUT)


def _copy(source: Any, target: Any) -> None:
    target[:] = source


def _check_equal(expected: object, found: object) -> None:
    assert found == expected
