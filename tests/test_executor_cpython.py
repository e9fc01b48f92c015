"""CPython's own tests of ProcessPoolExecutor, with `adapters.Executor` in its place.

Some Pythons come with them, as `test.test_concurrent_futures`. Each class there that makes
processes is run here as a subclass that makes an Executor, under the start method that it is for.
What cannot hold is in EXCEPTIONS.
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

import pytest

import adapters

if os.name == "posix" and not hasattr(os, "sysconf"):  # as under tests/no_posix
    pytest.skip("CPython's own tests use what POSIX has", allow_module_level=True)
suite = pytest.importorskip(
    "test.test_concurrent_futures", reason="this Python has come without its own tests"
)

# A package in some versions of Python, in others one module.
PARTS = ("as_completed", "deadlock", "init", "process_pool", "shutdown", "wait")
MODULES = (
    [importlib.import_module(f"{suite.__name__}.test_{part}") for part in PARTS]
    if hasattr(suite, "__path__")
    else [suite]
)

# A test that sets an alarm takes the only timer there is, and ends by that.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(30)]

REFUSED = "its argument is refused when it is submitted, before a process is needed"
ONE_TASK = "what cannot be rebuilt costs one task here, not the pool"
PRIVATE = "it replaces what is private in a ProcessPoolExecutor"

EXCEPTIONS = {
    "test_error_at_task_unpickle": ONE_TASK,
    "test_error_during_result_unpickle_in_result_handler": ONE_TASK,
    "test_exit_at_task_unpickle": ONE_TASK,
    "test_exit_during_result_pickle_on_worker": "sys.exit() in a serializer is a SerializeError",
    "test_exit_during_result_unpickle_in_result_handler": ONE_TASK,
    "test_force_shutdown_during_max_tasks_worker_exit": PRIVATE,
    "test_gh105829_should_not_deadlock_if_wakeup_pipe_full": PRIVATE,
    "test_kill_workers": PRIVATE,
    "test_processes_terminate": REFUSED,
    "test_saturation": REFUSED,
    "test_terminate_workers": PRIVATE,
    "test_traceback": "it asks for the private class _RemoteTraceback",
}

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
    """An Executor that is made, and looked into, as if it were its ProcessPoolExecutor."""

    made: ClassVar[weakref.WeakSet[InPlace]] = weakref.WeakSet()

    def __init__(self, max_workers: int | None = None, **options: Any) -> None:
        super().__init__(max_workers=max_workers, **options)
        self.made.add(self)

    def __getattr__(self, name: str) -> Any:
        if name == "_inner":  # it could not be made
            raise AttributeError(name)
        return getattr(self._inner, name)


def run_script(flag: str, script: str) -> Any:
    """As assert_python_ok(), for a script that imports its executor."""
    theirs, ours = (
        f"from {name} import {InPlace.__name__}" for name in (futures.__name__, __name__)
    )
    assert theirs in script
    helper = importlib.import_module("test.support.script_helper")
    path = os.pathsep.join(sys.path)
    return helper.assert_python_ok(flag, script.replace(theirs, ours), PYTHONPATH=path)


@pytest.fixture(autouse=True)
def in_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Some tests name ProcessPoolExecutor, or run scripts; one that fails may leave workers."""
    # It waits for threads to end, which is seconds where one is for the pool before; it only warns.
    monkeypatch.setattr("test.support.threading_helper.threading_cleanup", lambda *_: None)
    stand_in = types.ModuleType(futures.__name__)
    vars(stand_in).update(vars(futures), ProcessPoolExecutor=InPlace)
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
        method = getattr(case, "ctx", None)  # what makes threads has none
        if method not in START_METHODS or not issubclass(case, unittest.TestCase):
            continue
        tests = set(dir(case))
        contents: dict[str, Any] = {"__module__": __name__, "executor_type": InPlace}
        if "TIMEOUT" in tests:
            contents["TIMEOUT"] = 20  # less than the time-out of a test; theirs is minutes
        if method != START_METHODS[0]:
            contents |= dict.fromkeys(LONG & tests)  # None is no test
        for test in EXCEPTIONS.keys() & tests:
            contents[test] = unittest.skip(EXCEPTIONS[test])(getattr(case, test))
        yield name, type(name, (case,), contents)


globals().update(cases())
