"""What an executor is known to do with a task."""

from __future__ import annotations

import sys
import types
from concurrent import futures
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import pytest
from executors import Immediate, Pickling

from adapters._execution.engine import Engine, reducers_of


def traits(inner: Any) -> tuple[bool, bool, str]:
    engine = Engine(inner)
    return engine.in_process, engine.by_value, engine.library


class Counting(ThreadPoolExecutor):
    """A subclass as programs have it."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        return super().submit(fn, *args, **kwargs)


def test_threads_get_tasks_as_they_are() -> None:
    assert traits(ThreadPoolExecutor(1)) == (True, False, "")
    assert traits(Counting(1)) == (True, False, "")


def test_interpreters_are_no_such_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interpreters(ThreadPoolExecutor):
        pass

    monkeypatch.setattr(futures, "InterpreterPoolExecutor", Interpreters, raising=False)
    assert traits(Interpreters(1)) == (False, False, "")


def test_an_unknown_executor_may_be_anywhere() -> None:
    assert traits(Immediate()) == (False, False, "")
    assert traits(Pickling(1)) == (False, True, "")


@pytest.mark.parametrize("package", ["loky", "distributed", "joblib"])
def test_some_packages_send_by_value(package: str) -> None:
    theirs = type("Theirs", (Immediate,), {"__module__": f"{package}.executor"})
    if package == "loky":
        pytest.importorskip("loky")
    assert Engine(theirs()).by_value


@pytest.mark.parametrize("is_script", [True, False])
def test_a_worker_that_is_not_forked_runs_the_script_if_there_is_one(
    start_method: str, is_script: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = types.ModuleType("__main__")
    if is_script:
        main.__file__ = "script.py"
    monkeypatch.setitem(sys.modules, "__main__", main)
    engine = Engine(ProcessPoolExecutor(1, mp_context=get_context(start_method)))
    assert engine.runs_script is (is_script and start_method != "fork")
    assert (engine.in_process, engine.by_value) == (False, False)
    assert engine.library == "multiprocessing"


def test_the_reducers_of_multiprocessing() -> None:
    assert Connection in reducers_of("multiprocessing")
    assert not reducers_of("")


def test_the_reducers_of_loky_and_of_one_executor_of_it() -> None:
    loky = pytest.importorskip("loky")

    def reduce(_: object) -> Any:
        return int, ()

    with loky.ProcessPoolExecutor(1, job_reducers={complex: reduce}) as inner:
        inner.submit(abs, 1).result()
        engine = Engine(inner)
    assert engine.library == "loky"
    assert engine.job_reducers == engine.result_reducers == {complex: reduce}
    assert Connection in reducers_of("loky")


@pytest.mark.parametrize(
    ("name", "runs"), [("package.module", True), ("package.__main__", False), ("__main__", False)]
)
def test_a_package_that_is_run_is_not_run_by_its_children(
    name: str, runs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    main: Any = types.ModuleType("__main__")
    main.__file__, main.__spec__ = "script.py", types.SimpleNamespace(name=name)
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert Engine(ProcessPoolExecutor(1, mp_context=get_context("spawn"))).runs_script is runs


def test_an_executor_of_threads_inside_another_one() -> None:
    import adapters

    items: list[int] = []
    with adapters.Executor(adapters.Executor(ThreadPoolExecutor(1))) as executor:
        executor.submit(items.append, 1).result()
    assert items == [1]
