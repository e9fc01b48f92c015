"""Ways to move a large object to a worker and back: this library's, and those of peers.

Each way calls a function in a worker. It starts when it is used first, with one worker that has
imported what it needs, and ends with the ExitStack that it is given.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing import get_context, resource_tracker
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

import adapters

TIMEOUT = 300.0  # seconds for a task of a worker
Call: TypeAlias = "Callable[..., Any]"  # calls a function in a worker with arguments

_SPAWN = get_context("spawn")  # a worker has no memory of this process, and none of its threads
_RAY_STORE = 2 << 30  # bytes


class Started(NamedTuple):
    """A way that is in use.

    Args:
        call: Calls a function in the worker, and returns its result.
        free: Frees what the last call has left behind.
    """

    call: Call
    free: Callable[[], object] = lambda: None


class Way:
    """A way to call a function in a worker.

    Args:
        name: The library, with its version and what is special to it.
        start: Starts it.
        stack: Ends it.
    """

    def __init__(
        self, name: str, start: Callable[[], AbstractContextManager[Started]], stack: ExitStack
    ) -> None:
        self.name = name
        self._start = start
        self._stack = stack
        self._started: Started | None = None

    def time(self, check: Callable[[Any], object], function: Call, *args: object) -> float:
        """The seconds of one call, whose result is checked and dropped after the time is taken."""
        if self._started is None:
            self._started = self._stack.enter_context(self._start())
        start = perf_counter()
        result = self._started.call(function, *args)
        took = perf_counter() - start
        check(result)
        del result
        self._started.free()
        return took


@contextmanager
def executor() -> Iterator[Started]:
    """`adapters.Executor` on a ProcessPoolExecutor."""
    with adapters.Executor(ProcessPoolExecutor(1, mp_context=_SPAWN)) as pool:
        yield Started(partial(_submit, pool))


@contextmanager
def process_pool_executor() -> Iterator[Started]:
    """The executor of the standard library."""
    with ProcessPoolExecutor(1, mp_context=_SPAWN) as pool:
        yield Started(partial(_submit, pool))


@contextmanager
def pool() -> Iterator[Started]:
    """The Pool of the standard library."""
    with _SPAWN.Pool(1) as workers:
        yield Started(lambda function, *args: workers.apply_async(function, args).get(TIMEOUT))


@contextmanager
def joblib() -> Iterator[Started]:
    """Joblib on loky, which writes an array to a file and maps it read-only, once for each array.

    It has two workers, as with one there would be no other process.
    """
    library = importlib.import_module("joblib")
    try:
        with library.Parallel(n_jobs=2, backend="loky", timeout=TIMEOUT) as parallel:
            yield Started(lambda function, *args: parallel([library.delayed(function)(*args)])[0])
    finally:  # the workers would wait for other work
        loky = importlib.import_module("joblib.externals.loky")
        loky.get_reusable_executor().shutdown()


@contextmanager
def fastshare() -> Iterator[Started]:
    """A ProcessPoolExecutor, with arguments and results in the shared memory of fastshare."""
    library = importlib.import_module("fastshare")
    with ProcessPoolExecutor(1, mp_context=_SPAWN) as pool:

        def call(function: Call, *args: object) -> Any:
            token = _submit(pool, _call_with_fastshare, function, library.write(args))
            return library.read(token, readonly=False)

        def free() -> None:
            free_fastshare()
            _submit(pool, free_fastshare)

        yield Started(call, free)


def _call_with_fastshare(function: Call, token: str) -> str:
    library = importlib.import_module("fastshare")
    made: str = library.write(function(*library.read(token, readonly=False)))
    return made


def free_fastshare() -> None:
    """Free the blocks of this process, which else it keeps until it ends."""
    registry = importlib.import_module("fastshare._registry")
    for name, handles in list(registry._registry.items()):
        if sys.version_info < (3, 13) and any(handle.owner for handle in handles):
            # It has told the tracker to forget the block, and unlinking tells it once more.
            resource_tracker.register(f"/{name}", "shared_memory")
        registry.unlink(name)


@contextmanager
def ray() -> Iterator[Started]:
    """Ray, which keeps arguments and results in its store, and maps them read-only."""
    library = importlib.import_module("ray")
    root = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    library.init(
        num_cpus=1,
        object_store_memory=_RAY_STORE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        runtime_env={"env_vars": {"PYTHONPATH": path}},
    )
    try:
        remote = library.remote(_call)
        yield Started(
            lambda function, *args: library.get(remote.remote(function, *args), timeout=TIMEOUT)
        )
    finally:
        library.shutdown()


def _call(function: Call, *args: object) -> object:
    return function(*args)


def _submit(pool: Any, function: Call, *args: object) -> Any:
    return pool.submit(function, *args).result(TIMEOUT)


def ways(stack: ExitStack) -> dict[str, Way]:
    """The ways that are installed, by a short name; the stack ends them."""
    found = {
        "adapters": Way("adapters.Executor", executor, stack),
        "ProcessPool": Way(f"ProcessPoolExecutor of {python()}", process_pool_executor, stack),
        "Pool": Way(f"multiprocessing.Pool of {python()}", pool, stack),
    }
    libraries = (
        (joblib, ", loky; arguments are read-only"),
        (fastshare, ""),
        (ray, "; all is read-only"),
    )
    for start, remark in libraries:
        package = start.__name__
        if find_spec(package) is not None:
            found[package] = Way(f"{package} {version(package)}{remark}", start, stack)
    return found


def python() -> str:
    """The version of Python, for the names of peers that are part of it."""
    return f"Python {platform.python_version()}"


def memory_of(pid: int) -> int:
    """The bytes of memory of a process, shared ones in parts (PSS, see proc(5)); Linux."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) << 10
    raise LookupError(f"the memory of {pid} on {sys.platform}")
