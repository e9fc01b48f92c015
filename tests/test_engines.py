"""The stores and executors of other libraries, and the demos on them, on real local clusters."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from children import describe_shared, fail_to_get, kill_itself
from demo_command import constructed
from gadgets import Gadget

import adapters
from demos._support import clusters

PARTS = [b"", b"x", b"y" * 100_000]


def engines(*names: str) -> list[Any]:
    """Parameters for those that are installed."""
    return [
        pytest.param(
            name,
            marks=[pytest.mark.slow, pytest.mark.skipif(missing is not None, reason=str(missing))],
        )
        for name in names
        for missing in [clusters.missing(name)]
    ]


@pytest.fixture
def workers_find_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's workers are no children of this process, and have its environment alone."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demos", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("engine", engines("loky", "dask", "ray", "mpi"))
@pytest.mark.parametrize(
    "demo",
    [
        ("engines", "--limit", "1e6", "--tasks", "8"),
        ("expensive", "--tasks", "10", "--cost", "0.01"),
    ],
    ids=lambda demo: demo[0],
)
def test_the_demos(engine: str, demo: tuple[str, ...]) -> None:
    result = run_demo(*demo, "--engine", engine)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].endswith(": OK")
    assert "Traceback" not in result.stderr
    if demo[0] == "engines":
        begins = [line.split()[0] for line in result.stdout.splitlines() if line]
        assert begins[-3:-1] == ["processes", engine]
    else:
        counts = constructed(result.stdout)
        assert counts["for each task"] == 10
        assert 1 <= counts["shared"] <= 2
        assert counts["shared bitmap"] == 0
        assert ("initializer" in counts) == (engine in clusters.WITH_INITIALIZER)


def test_an_engine_that_is_not_installed_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(clusters.MODULES, "ray", "no_such_module")
    assert clusters.missing("ray") == (
        'ray is not installed; install the extra: pip install "pickling-adapters[ray]"'
    )
    assert "ray" not in clusters.installed()


@pytest.mark.slow
def test_the_expensive_demo_draws_its_chart(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "chart.png"
    options = ["--engine", "processes", "--tasks", "4", "--cost", "0.01", "--plot", str(picture)]
    assert run_demo("expensive", *options).returncode == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    refused = run_demo("expensive", *options[:-1], str(tmp_path / "no" / "chart.png"))
    assert refused.returncode == 2
    assert "its folder does not exist" in refused.stderr


# One object through each engine's own store: one worker at least rebuilds it, none twice.


@pytest.mark.parametrize("engine", engines("dask", "ray"))
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.usefixtures("workers_find_tests")
def test_the_store_of_an_engine(engine: str) -> None:
    shared = Gadget((b"a large part" * 1000, "the rest"))
    with clusters.executor(engine, 2) as executor:
        store = clusters.store(engine)
        with adapters.share(shared, store) as handle:
            assert len(pickle.dumps(handle)) <= 300
            seen = list(executor.map(describe_shared, [handle] * 20))
            assert {state for state, _, _ in seen} == {shared.state}
            assert {made for _, made, _ in seen} == {1}
            assert os.getpid() not in {process for _, _, process in seen}
        closed = adapters.share(Gadget("another"), store)
        closed.close()
        error = executor.submit(fail_to_get, closed).result(60)
        assert error.startswith("SharedClosedError: cannot get the shared gadgets.Gadget")


@pytest.mark.parametrize("engine", engines("ray"))
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.usefixtures("workers_find_tests")
def test_a_ray_worker_that_dies_costs_its_own_task(engine: str) -> None:
    from ray.exceptions import WorkerCrashedError

    with clusters.executor(engine, 2) as executor:
        before = [executor.submit(abs, -n) for n in range(4)]
        killer = executor.submit(kill_itself)
        after = [executor.submit(abs, -n) for n in range(4)]
        assert isinstance(killer.exception(60), WorkerCrashedError)
        assert [future.result(60) for future in before + after] == [0, 1, 2, 3] * 2
