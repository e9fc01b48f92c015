"""The engines that the demos run on: each a local cluster of its own, and an executor for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import adapters
from adapters import stores
from demos import arguments, interrupts
from demos.workers import SILENCE

# The module that an engine needs; the extra of the distribution has the name of the engine.
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
    """The engines that can be used here; but MPI, whose processes mpiexec has to start."""
    return [engine for engine in MODULES if engine != "mpi" and missing(engine) is None]


def missing(engine: str) -> str | None:
    """What to install for an engine, or None where it is there."""
    if find_spec(MODULES[engine]) is None:
        extra = f'pip install "pickling-adapters[{engine}]"'
        return f"{engine} is not installed; install the extra: {extra}"
    if engine == "mpi" and mpiexec() is None:
        return "there is no mpiexec; install an MPI, such as: pip install mpich"
    return None


def add_options(parser: ArgumentParser, default: str, tasks: int) -> None:
    """Add --engine and --tasks, with these defaults."""
    parser.add_argument(
        "--engine",
        choices=[*MODULES, "all"],
        default=default,
        help=f"where the tasks run (default: {default}); all: what is installed, but MPI",
    )
    parser.add_argument(
        "--tasks",
        type=arguments.number,
        default=tasks,
        metavar="N",
        help=f"how many of each kind (default: {tasks})",
    )


def chosen(parser: ArgumentParser, options: Namespace) -> list[str]:
    """The engines that --engine means; what cannot be is an error of the parser."""
    if not 1 <= options.tasks <= 10_000:
        parser.error("--tasks is from 1 to 10,000")
    if options.engine == "all":
        return installed()
    if problem := missing(options.engine):
        parser.error(problem)
    return [options.engine]


@contextmanager
def executor(
    engine: str,
    workers: int,
    context: BaseContext | None = None,
    initializer: Initializer | None = None,
) -> Iterator[adapters.Executor]:
    """An executor on an engine with so many workers; when stopped, it does no more than it must.

    Args:
        engine: One of MODULES.
        workers: How many.
        context: How processes start, for the engine "processes".
        initializer: A function and its arguments, to be called first in each worker; for the
            engines of WITH_INITIALIZER.
    """
    with ExitStack() as stack:
        setup = _Setup(workers, stack, context, initializer or (int, ()))
        made = adapters.Executor(_MAKERS[engine](setup))
        try:
            yield made
        except BaseException:
            made.shutdown(wait=False, cancel_futures=True)
            raise
        made.shutdown()


def store(engine: str) -> stores.Store:
    """Where shared states go: on Dask and Ray into the engine's own memory."""
    return (
        {"dask": stores.Dask, "ray": stores.Ray}[engine]()
        if engine in ("dask", "ray")
        else (stores.Local())
    )


class _Setup(NamedTuple):
    workers: int
    stack: ExitStack  # for what has to be closed in the end
    context: BaseContext | None
    initializer: Initializer


def _processes(setup: _Setup) -> futures.Executor:
    with interrupts.held_back():
        pool = futures.ProcessPoolExecutor(setup.workers, setup.context, _enter, setup.initializer)
        pool.submit(int).result(SILENCE)
    return pool


def _enter(initialize: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    interrupts.enter_child()
    initialize(*arguments)


def _loky(setup: _Setup) -> futures.Executor:
    from loky import ProcessPoolExecutor

    initializer, initargs = setup.initializer
    pool: futures.Executor = ProcessPoolExecutor(
        setup.workers, initializer=initializer, initargs=initargs
    )
    return pool


def _dask(setup: _Setup) -> futures.Executor:
    from distributed import Client, LocalCluster

    with interrupts.held_back():
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


_MAKERS: dict[str, Callable[[_Setup], futures.Executor]] = {
    "processes": _processes,
    "loky": _loky,
    "dask": _dask,
    "ray": _ray,
    "mpi": _mpi,
}


def mpiexec() -> str | None:
    """The program that starts the processes of MPI: that of this environment, or of the system."""
    here = Path(sys.executable).with_name("mpiexec")
    return str(here) if here.exists() else shutil.which("mpiexec")


def under_mpi() -> bool:
    """Whether mpiexec has started this process."""
    return any(name in os.environ for name in ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK"))


def run_under_mpi(demo: str, argv: Sequence[str], workers: int) -> int:
    """Run a demo again, as the first of `workers` + 1 processes of MPI; return its exit code."""
    program = [sys.executable, "-m", "mpi4py.futures", "-m", "demos", demo, *argv]
    return subprocess.run([mpiexec() or "mpiexec", "-n", str(workers + 1), *program]).returncode
