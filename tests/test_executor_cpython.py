"""CPython's own tests of its executors, with `adapters.Executor` in their place.

Some Pythons come with them, as `test.test_concurrent_futures`. Each class there that makes
processes or threads is run here as a subclass that makes an Executor of them, under the start
method that it is for. What cannot hold is in EXCEPTIONS.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import types
import unittest
import weakref
from collections.abc import Iterator
from concurrent import futures
from typing import Any, ClassVar
from unittest import mock

import pytest

import adapters
from adapters._execution import registrations

if os.name == "posix" and not hasattr(os, "sysconf"):  # as under tests/no_posix
    pytest.skip("CPython's own tests use what POSIX has", allow_module_level=True)
suite = pytest.importorskip(
    "test.test_concurrent_futures", reason="this Python has come without its own tests"
)

# A package in some versions of Python, in others one module.
PARTS = ("as_completed", "deadlock", "init", "process_pool", "shutdown", "thread_pool", "wait")
MODULES = (
    [importlib.import_module(f"{suite.__name__}.test_{part}") for part in PARTS]
    if hasattr(suite, "__path__")
    else [suite]
)

# A test that sets an alarm takes the only timer there is, and ends by that.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(30)]

ONE_TASK = "what cannot be rebuilt costs one task here, not the pool"
PRIVATE = "it sets a private attribute of the executor, and the pool inside reads its own"

EXCEPTIONS = {
    "test_error_at_task_unpickle": ONE_TASK,
    "test_error_during_result_unpickle_in_result_handler": ONE_TASK,
    "test_exit_at_task_unpickle": ONE_TASK,
    "test_exit_during_result_pickle_on_worker": "sys.exit() in a __reduce__ is a SerializeError",
    "test_exit_during_result_unpickle_in_result_handler": ONE_TASK,
    "test_force_shutdown_during_max_tasks_worker_exit": PRIVATE,
    "test_kill_workers": PRIVATE,
    "test_terminate_workers": PRIVATE,
}

# These submit tasks whose semaphore does not pickle, and look at the workers that were started.
# Ours refuses such a task before it needs a worker; so they get a semaphore that pickles.
WITH_SEMAPHORES = {"test_processes_terminate", "test_saturation"}

START_METHODS = multiprocessing.get_all_start_methods()

# These sleep for two seconds and more, and how workers are started is nothing to them:
# they run under the first start method alone.
LONG = {
    "test_duplicate_futures",
    "test_first_exception",
    "test_first_exception_one_already_failed",
    "test_map_timeout",
    "test_timeout",
    "test_zero_timeout",
}


class InPlace(adapters.Executor):
    """An Executor that is made as if it were its ProcessPoolExecutor."""

    made: ClassVar[weakref.WeakSet[InPlace]] = weakref.WeakSet()

    def __init__(self, max_workers: int | None = None, **options: Any) -> None:
        super().__init__(max_workers=max_workers, **options)
        self.made.add(self)


class InPlaceOfThreads(adapters.Executor):
    """An Executor that is made as if it were its ThreadPoolExecutor."""

    def __init__(self, max_workers: int | None = None, *others: Any, **options: Any) -> None:
        super().__init__(futures.ThreadPoolExecutor(max_workers, *others, **options))


class PipeSemaphore:
    """A semaphore that pickles: each byte in a pipe is one release."""

    def __init__(self, value: int) -> None:
        self._reader, self._writer = multiprocessing.Pipe(duplex=False)
        os.write(self._writer.fileno(), bytes(value))

    def acquire(self) -> None:
        os.read(self._reader.fileno(), 1)

    def release(self) -> None:
        os.write(self._writer.fileno(), b"r")


def with_semaphores(test: Any) -> Any:
    def run(case: Any) -> None:
        with mock.patch.object(case.get_context(), "Semaphore", PipeSemaphore):
            test(case)

    return run


ThreadPoolExecutor = InPlaceOfThreads  # a script imports it by this name


def run_script(flag: str, script: str) -> Any:
    """As assert_python_ok(), for a script that imports its executor."""
    theirs, ours = (f"from {name} import" for name in (futures.__name__, __name__))
    assert theirs in script
    helper = importlib.import_module("test.support.script_helper")
    path = os.pathsep.join(sys.path)
    return helper.assert_python_ok(flag, script.replace(theirs, ours), PYTHONPATH=path)


@pytest.fixture(autouse=True)
def in_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Some tests name their executor, or run scripts; one that fails may leave workers."""
    # It waits for threads to end, which is seconds where one is for the pool before; it only warns.
    monkeypatch.setattr("test.support.threading_helper.threading_cleanup", lambda *_: None)
    # Other test modules register adapters. A worker that lacks them is sent a task once more, which
    # counts for `max_tasks_per_child`; CPython's own tests register none.
    monkeypatch.setattr(registrations, "digest", lambda: b"")
    stand_in = types.ModuleType(futures.__name__)
    ours = {"ProcessPoolExecutor": InPlace, "ThreadPoolExecutor": InPlaceOfThreads}
    vars(stand_in).update(vars(futures), **ours)
    for module in MODULES:
        monkeypatch.setattr(module, "futures", stand_in, raising=False)
        monkeypatch.setattr(module, "assert_python_ok", run_script, raising=False)
    yield
    for executor in list(InPlace.made):
        for process in list((executor._processes or {}).values()):
            process.kill()
        executor.shutdown()


def cases() -> Iterator[tuple[str, type[unittest.TestCase]]]:
    """The subclasses, without what cannot hold or need not run once more."""
    for name, case in [pair for module in MODULES for pair in vars(module).items()]:
        threads = getattr(case, "executor_type", None) is futures.ThreadPoolExecutor
        method = getattr(case, "ctx", None)  # what makes threads has none
        if not isinstance(case, type) or not issubclass(case, unittest.TestCase):
            continue
        if not threads and method not in START_METHODS:
            continue
        tests = set(dir(case))
        kind = InPlaceOfThreads if threads else InPlace
        contents: dict[str, Any] = {"__module__": __name__, "executor_type": kind}
        if "TIMEOUT" in tests:
            contents["TIMEOUT"] = 20  # less than the time-out of a test; theirs is minutes
        if not threads and method != START_METHODS[0]:
            contents |= dict.fromkeys(LONG & tests)  # None is no test
        for test in (WITH_SEMAPHORES if not threads else set()) & tests:
            contents[test] = with_semaphores(getattr(case, test))
        for test in EXCEPTIONS.keys() & tests:
            contents[test] = unittest.skip(EXCEPTIONS[test])(getattr(case, test))
        yield name, type(name, (case,), contents)


globals().update(cases())
