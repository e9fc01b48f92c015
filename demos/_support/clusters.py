"""Engines: for each one a local cluster, an executor on it, and the store of shared handles."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import adapters
from adapters import stores
from demos._support import interrupts
from demos._support.workers import JOIN_TIMEOUT, REPLY_TIMEOUT, WorkerError

# The module that each engine needs. The extra of the distribution has the name of the engine.
MODULES = {
    "processes": "concurrent.futures",
    "loky": "loky",
    "dask": "distributed",
    "ray": "ray",
    "mpi": "mpi4py",
}
WITH_INITIALIZER = ("processes", "loky")

Initializer: TypeAlias = tuple[Callable[..., object], tuple[Any, ...]]


def installed() -> list[str]:
    """The engines that can be used here, without MPI, whose processes mpiexec has to start."""
    return [engine for engine in MODULES if engine != "mpi" and missing(engine) is None]


def missing(engine: str) -> str | None:
    """What to install for an engine, or None if nothing is missing."""
    if find_spec(MODULES[engine]) is None:
        extra = f'pip install "pickling-adapters[{engine}]"'
        return f"{engine} is not installed; install the extra: {extra}"
    if engine == "mpi" and mpiexec() is None:
        return "there is no mpiexec; install an MPI, such as: pip install mpich"
    return None


@contextmanager
def executor(
    engine: str,
    workers: int,
    context: BaseContext | None = None,
    initializer: Initializer | None = None,
) -> Iterator[adapters.Executor]:
    """An executor on a local cluster, which ends with the block.

    If the block raises, tasks are cancelled; running ones are not awaited, on "processes" killed.

    Args:
        engine: A key of MODULES.
        workers: The number of workers.
        context: How processes start; only for the engine "processes".
        initializer: A function and its arguments, called first in each worker; only for the
            engines in WITH_INITIALIZER.

    Raises:
        WorkerError: a worker ended, and the executor with it.
    """
    others = frozenset(multiprocessing.active_children())
    with _one_error(), ExitStack() as stack:
        setup = _Setup(workers, stack, context, initializer or (int, ()), others)
        wrapped = adapters.Executor(_EXECUTORS[engine](setup))
        try:
            yield wrapped
        except BaseException:
            _stop(engine, wrapped, others)
            raise
        wrapped.shutdown()


@contextmanager
def _one_error() -> Iterator[None]:
    """Raise a WorkerError where an engine raises a BrokenExecutor: its own, or that of a future."""
    try:
        yield
    except futures.BrokenExecutor as error:
        raise WorkerError(f"a worker of the Executor ended: {error}") from None


def store(engine: str) -> stores.Store:
    """A store for shared handles: Dask's or Ray's own memory, the memory of this host elsewhere."""
    if engine == "dask":
        return stores.Dask()
    if engine == "ray":
        return stores.Ray()
    return stores.Local()


def mpiexec() -> str | None:
    """The path of mpiexec, in the environment of this Python or on PATH; None if there is none."""
    here = Path(sys.executable).with_name("mpiexec")
    return str(here) if here.exists() else shutil.which("mpiexec")


def needs_mpiexec(engines: Sequence[str]) -> bool:
    """Whether MPI is one of the engines, and mpiexec has not started this process."""
    ranks = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK")
    return "mpi" in engines and not any(name in os.environ for name in ranks)


def run_under_mpiexec(demo: str, argv: Sequence[str], workers: int) -> int:
    """Run a demo again as the first of `workers` + 1 MPI processes; return its exit code."""
    program = [sys.executable, "-m", "mpi4py.futures", "-m", "demos", demo, *argv]
    return subprocess.run([mpiexec() or "mpiexec", "-n", str(workers + 1), *program]).returncode


class _Setup(NamedTuple):
    workers: int
    stack: ExitStack  # closes the cluster at the end
    context: BaseContext | None
    initializer: Initializer
    others: frozenset[BaseProcess]  # child processes that are no workers of the executor


def _processes(setup: _Setup) -> futures.Executor:
    pool = futures.ProcessPoolExecutor(setup.workers, setup.context, _initialize, setup.initializer)
    try:
        with interrupts.deferred():  # a Ctrl-C is raised at its end
            # Forked workers all start with the first task, others with a task each.
            for first in [pool.submit(int) for _ in range(setup.workers)]:
                first.result(REPLY_TIMEOUT)
    except BaseException:
        _stop("processes", pool, setup.others)
        raise
    return pool


def _initialize(initializer: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    interrupts.initialize_child()
    initializer(*arguments)


def _stop(engine: str, executor: futures.Executor, others: frozenset[BaseProcess]) -> None:
    """Cancel the tasks; on "processes", end the workers: all children but the others.

    There, the thread that manages them is waited for: an interpreter that exits while this thread
    closes its pipe prints a traceback.
    """
    if engine != "processes":
        executor.shutdown(wait=False, cancel_futures=True)
        return
    with interrupts.deferred():
        for child in multiprocessing.active_children():
            if child not in others:
                child.terminate()
        shutdown = partial(executor.shutdown, cancel_futures=True)
        stop = threading.Thread(target=shutdown, daemon=True)  # which may wait for a dead worker
        stop.start()
        stop.join(JOIN_TIMEOUT)


# Engines are imported where they are used: each is an optional extra.


def _loky(setup: _Setup) -> futures.Executor:
    from loky import ProcessPoolExecutor

    initializer, initargs = setup.initializer
    pool: futures.Executor = ProcessPoolExecutor(
        setup.workers, initializer=initializer, initargs=initargs
    )
    return pool


def _dask(setup: _Setup) -> futures.Executor:
    from distributed import Client, LocalCluster

    with interrupts.deferred():
        cluster = setup.stack.enter_context(
            LocalCluster(n_workers=setup.workers, threads_per_worker=1, dashboard_address=None)
        )
    client = setup.stack.enter_context(Client(cluster))
    pool: futures.Executor = client.get_executor(pure=False)
    return pool


def _ray(setup: _Setup) -> futures.Executor:
    import ray

    from adapters.libraries.on_ray import RayExecutor

    ray.init(
        num_cpus=setup.workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR"
    )
    setup.stack.callback(ray.shutdown)
    return RayExecutor(setup.workers)


def _mpi(setup: _Setup) -> futures.Executor:
    from mpi4py.futures import MPIPoolExecutor

    pool: futures.Executor = MPIPoolExecutor(setup.workers)
    return pool


_EXECUTORS: dict[str, Callable[[_Setup], futures.Executor]] = {
    "processes": _processes,
    "loky": _loky,
    "dask": _dask,
    "ray": _ray,
    "mpi": _mpi,
}
