"""A task that fails costs no other task, wherever and however it fails.

After loky's crash matrix: each kind of failure at each step of a task, through each engine.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import crashes
import executors
import pytest
from executors import START_METHODS, TIMEOUT, on_processes, on_restarting_processes

import adapters

no_child_is_left = executors.no_child_is_left
on_loky = executors.on_loky

# The import path for processes that do not inherit the one of this process.
ROOTS = [str(Path(adapters.__file__).parents[1]), str(Path(__file__).parent)]

# The step at which a task fails: its function, and what makes its argument of a way to fail.
POINTS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "pickling the arguments": (crashes.same, crashes.FailsToLeave),
    "rebuilding the arguments": (crashes.same, crashes.FailsToArrive),
    "the task": (crashes.call, crashes.same),
    "pickling the result": (crashes.FailsToLeave, crashes.same),
    "rebuilding the result": (crashes.FailsToArrive, crashes.same),
}
IN_THE_CALLER = ("pickling the arguments", "rebuilding the result")
IN_THE_WORKER = [point for point in POINTS if point not in IN_THE_CALLER]

# What the future of a failing task gets: the type of the error, and a part of its message.
AT_POINT = {
    "pickling the arguments": (adapters.SerializeError, "cannot serialize crashes.FailsToLeave"),
    "rebuilding the arguments": (adapters.RebuildError, "cannot rebuild crashes.FailsToArrive"),
    "pickling the result": (adapters.SerializeError, "cannot serialize crashes.FailsToLeave"),
    "rebuilding the result": (adapters.RebuildError, "cannot rebuild crashes.FailsToArrive"),
}
IN_THE_TASK: dict[Callable[[], None], tuple[type[BaseException], str]] = {
    crashes.raise_an_exception: (ValueError, "no such thing"),
    crashes.raise_what_does_not_pickle: (adapters.TaskError, "crashes.DoesNotPickleError"),
    crashes.raise_what_does_not_unpickle: (adapters.TaskError, "crashes.DoesNotUnpickleError"),
    crashes.call_sys_exit: (SystemExit, "3"),
    crashes.need_a_missing_adapter: (adapters.RebuildError, "'elsewhere.Thing'"),
}
SOFT = list(IN_THE_TASK)
HARD = [crashes.exit_at_once, crashes.crash_in_c, crashes.kill_itself]

points = pytest.mark.parametrize("point", POINTS)
points_in_the_worker = pytest.mark.parametrize("point", IN_THE_WORKER)
soft = pytest.mark.parametrize("fail", SOFT)
hard = pytest.mark.parametrize(
    "fail",
    [
        pytest.param(
            fail,
            marks=pytest.mark.skipif(
                fail is crashes.kill_itself and not hasattr(signal, "SIGKILL"),
                reason="SIGKILL is of POSIX",
            ),
        )
        for fail in HARD
    ],
)


@pytest.fixture(scope="module")
def on_dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[adapters.Executor]:
    dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")
    settings = {
        # Dask counts a death against each task that the worker has: with this, the running one.
        "distributed.scheduler.worker-saturation": 1.0,
        # Dask gives a worker up that was not restarted by then, as when its successor dies, too.
        "distributed.deploy.lost-worker-timeout": "1 hour",
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        # To Dask, two equal calls of a pure function are one.
        yield adapters.Executor(client.get_executor(pure=False))
        client.wait_for_workers(2, TIMEOUT)  # a worker that is stopped while it starts logs errors


@pytest.fixture(scope="module")
def on_ray() -> Iterator[adapters.Executor]:
    ray = pytest.importorskip("ray")
    from adapters.libraries.on_ray import RayExecutor

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(ROOTS)}},
    )
    try:
        with adapters.Executor(RayExecutor(2)) as executor:
            yield executor
    finally:
        ray.shutdown()


HEAVY = [
    pytest.param(engine, marks=pytest.mark.slow) for engine in ("on_loky", "on_dask", "on_ray")
]


@pytest.fixture(scope="module", params=["threads", *START_METHODS, *HEAVY])
def executor(request: pytest.FixtureRequest) -> Iterator[adapters.Executor]:
    """One executor for all failures that do not harm its engine."""
    if request.param.startswith("on_"):
        yield request.getfixturevalue(request.param)
        return
    if request.param == "threads":
        made = adapters.Executor(executors.Pickling(2))
    else:
        made = on_processes(request.param)
    with made:
        yield made


def start(executor: adapters.Executor, point: str, fail: Callable[[], None]) -> Any:
    function, argument_of = POINTS[point]
    return executor.submit(function, argument_of(fail))


def check_error(error: BaseException | None, point: str, fail: Callable[[], None]) -> None:
    """Check that the error has the type that is documented, the message and the cause."""
    kind, words = AT_POINT.get(point) or IN_THE_TASK[fail]
    assert type(error) is kind
    assert words in str(error)
    if point in IN_THE_WORKER:
        assert "Traceback (most recent call last)" in str(error.__cause__)
        assert fail.__name__ in str(error.__cause__)


def check_soft_failure(executor: adapters.Executor, point: str, fail: Callable[[], None]) -> None:
    """Check that the failing task gets its error, others their results, and the pool works on."""
    before = [executor.submit(abs, -number) for number in range(3)]
    failing = start(executor, point, fail)
    after = [executor.submit(abs, -number) for number in range(3, 6)]
    check_error(failing.exception(TIMEOUT), point, fail)
    assert [future.result(TIMEOUT) for future in [*before, *after]] == [0, 1, 2, 3, 4, 5]
    assert executor.submit(abs, -6).result(TIMEOUT) == 6


# The tests that fork come first: later ones have the threads of Dask and Ray in this process.


def test_an_adapter_that_only_the_caller_can_import_costs_its_own_task(
    start_method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_processes(start_method) as executor:
        executor.submit(abs, 0).result(TIMEOUT)  # one forked after the registration would know it
        home = types.ModuleType("home")
        monkeypatch.setitem(sys.modules, "home", home)
        exec(
            "import adapters\n"
            "class Thing: pass\n"
            "adapters.register(Thing, lambda thing: None, lambda state: Thing())\n",
            vars(home),
        )
        try:
            error = executor.submit(id, home.Thing()).exception(TIMEOUT)
            things = [1, home.Thing(), 2]
            results = list(executor.map(type, things, chunksize=3, return_exceptions=True))
            assert results[::2] == [int, int]
            assert "'home.Thing'" in str(results[1])
        finally:
            adapters.unregister(home.Thing)
    assert type(error) is adapters.RebuildError
    assert error.process != os.getpid()
    assert "'home.Thing'" in str(error)
    assert "module 'home', cannot be imported" in str(error)


def check_hard_failure(
    executor: adapters.Executor,
    point: str,
    fail: Callable[[], None],
    kind: type[Exception] = futures.BrokenExecutor,
) -> None:
    """Check that only the task that ends its workers gets an error; the executor works on."""
    before = [executor.submit(abs, -number) for number in range(5)]
    failing = start(executor, point, fail)
    after = [executor.submit(abs, -number) for number in range(5, 10)]
    assert isinstance(failing.exception(TIMEOUT), kind)
    assert [future.result(TIMEOUT) for future in [*before, *after]] == list(range(10))
    assert executor.submit(abs, -10).result(TIMEOUT) == 10


@pytest.mark.slow
@points_in_the_worker
@hard
def test_a_dead_worker_breaks_a_process_pool_within_seconds(
    start_method: str, point: str, fail: Callable[[], None]
) -> None:
    with on_processes(start_method) as executor:
        assert executor.submit(abs, -1).result(TIMEOUT) == 1
        failing = start(executor, point, fail)
        assert isinstance(failing.exception(10), futures.BrokenExecutor)
        with pytest.raises(futures.BrokenExecutor):
            executor.submit(abs, -2)


@pytest.mark.slow
@points_in_the_worker
@hard
def test_a_dead_worker_costs_its_own_task_where_the_pool_is_replaced(
    start_method: str, point: str, fail: Callable[[], None]
) -> None:
    with on_restarting_processes(start_method) as executor:
        check_hard_failure(executor, point, fail)


@pytest.mark.slow
def test_a_worker_that_dies_while_the_call_queue_is_full(start_method: str) -> None:
    large = bytes(executors.FILLS_THE_PIPE)
    with on_restarting_processes(start_method) as executor:
        before = [executor.submit(len, large) for _ in range(3)]
        failing = executor.submit(crashes.exit_at_once)
        after = [executor.submit(len, large) for _ in range(5)]
        assert isinstance(failing.exception(TIMEOUT), futures.BrokenExecutor)
        assert [future.result(TIMEOUT) for future in [*before, *after]] == [len(large)] * 8


@contextmanager
def storm(seconds: float) -> Iterator[None]:
    """Kill one child of this process every 50 ms."""

    def kill() -> None:
        end = time.monotonic() + seconds
        while not calm.wait(0.05) and time.monotonic() < end:
            for child in multiprocessing.active_children()[:1]:
                child.kill()

    calm = threading.Event()
    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        calm.set()
        thread.join()


@pytest.mark.slow
def test_a_storm_of_deaths_leaves_no_task_pending(start_method: str) -> None:
    with on_restarting_processes(start_method) as executor, storm(1.5):
        tasks = [executor.submit(abs, -number) for number in range(20_000)]
        done, waiting = futures.wait(tasks, TIMEOUT)
        assert waiting == set()
        failed = [future for future in done if future.exception() is not None]
        assert all(isinstance(future.exception(), futures.BrokenExecutor) for future in failed)
        assert len(failed) < 100  # those that ran alone when the worker was killed


@pytest.mark.slow
def test_a_death_during_submit_leaves_no_task_pending(
    start_method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(futures.process._WorkItem):  # type: ignore[type-arg]
        """Is made in `submit`, after the check whether the pool is broken."""

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            time.sleep(0.002)

    monkeypatch.setattr(futures.process, "_WorkItem", Slow)
    with on_restarting_processes(start_method) as executor, storm(1):
        tasks = [executor.submit(abs, -number) for number in range(500)]
        assert futures.wait(tasks, TIMEOUT).not_done == set()
    with on_processes(start_method) as executor, storm(1):
        tasks = []
        with suppress(futures.BrokenExecutor):
            tasks.extend(executor.submit(abs, -number) for number in range(500))
        assert futures.wait(tasks, TIMEOUT).not_done == set()


@pytest.mark.slow
def test_a_death_while_more_tasks_wait_than_the_pipe_to_the_manager_holds() -> None:
    with on_restarting_processes(START_METHODS[0]) as executor:
        first = [executor.submit(crashes.after_a_while, crashes.exit_at_once) for _ in range(2)]
        tasks = [executor.submit(abs, -number) for number in range(40_000)]
        assert futures.wait([*first, *tasks], TIMEOUT).not_done == set()
        assert [future.result() for future in tasks] == list(range(40_000))


@points
@soft
def test_a_failure_costs_its_own_task(
    executor: adapters.Executor, point: str, fail: Callable[[], None]
) -> None:
    check_soft_failure(executor, point, fail)


@points
@soft
def test_a_failure_in_the_middle_of_a_chunk_costs_its_own_call(
    executor: adapters.Executor, point: str, fail: Callable[[], None]
) -> None:
    function, argument_of = POINTS[point]
    functions, arguments = [abs, function, abs, abs], [-1, argument_of(fail), -3, -4]
    results: Any = executor.map(
        crashes.call, functions, arguments, chunksize=3, return_exceptions=True
    )
    one, error, three, four = results
    check_error(error, point, fail)
    assert [one, three, four] == [1, 3, 4]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (crashes.same, [crashes.NeedsAMissingAdapter()]),
        (crashes.NeedsAMissingAdapter, []),
    ],
    ids=["an argument", "the result"],
)
def test_a_payload_of_an_unknown_adapter_costs_its_own_task(
    executor: adapters.Executor, function: Any, arguments: list[Any]
) -> None:
    other = executor.submit(abs, -1)
    error = executor.submit(function, *arguments).exception(TIMEOUT)
    assert type(error) is adapters.RebuildError
    assert error.subject == "elsewhere.Thing"
    assert "module 'elsewhere', cannot be imported" in str(error)
    assert other.result(TIMEOUT) == 1


@pytest.mark.slow
def test_a_failure_costs_its_own_task_through_mpi(tmp_path: Path) -> None:
    pytest.importorskip("mpi4py.futures")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("there is no mpiexec beside this Python")
    program = tmp_path / "program.py"
    program.write_text("""
from itertools import product

from mpi4py.futures import MPIPoolExecutor

import adapters
import test_executor_crash as tests

if __name__ == "__main__":
    with adapters.Executor(MPIPoolExecutor()) as executor:
        assert executor.submit(tests.os.getpid).result(60) != tests.os.getpid()
        for point, fail in product(tests.POINTS, tests.SOFT):
            tests.check_soft_failure(executor, point, fail)
    print("each failure cost its own task")
""")
    done = subprocess.run(
        [mpiexec, "-n", "3", sys.executable, "-m", "mpi4py.futures", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(ROOTS)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "each failure cost its own task\n"


@pytest.mark.slow
@points_in_the_worker
@hard
def test_a_dead_worker_of_loky_costs_its_own_task(
    on_loky: adapters.Executor, point: str, fail: Callable[[], None]
) -> None:
    check_hard_failure(on_loky, point, fail)


@pytest.mark.slow
@points_in_the_worker
@hard
def test_a_dead_worker_of_dask_costs_its_own_task(
    on_dask: adapters.Executor, point: str, fail: Callable[[], None]
) -> None:
    from distributed.scheduler import KilledWorker

    # A death loses what the worker has done just before and not yet told Dask.
    check_hard_failure(on_dask, point, partial(crashes.after_a_while, fail), KilledWorker)


@pytest.mark.slow
@points_in_the_worker
@hard
def test_a_dead_worker_of_ray_costs_its_own_task(
    on_ray: adapters.Executor, point: str, fail: Callable[[], None]
) -> None:
    from ray.exceptions import WorkerCrashedError

    check_hard_failure(on_ray, point, fail, WorkerCrashedError)
