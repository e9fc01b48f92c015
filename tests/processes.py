"""Run things in other processes, each wait with a time-out."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

import adapters

TESTS = Path(__file__).parent


def run(*arguments: str, **options: Any) -> str:
    """Run a Python program as a user does, with the tests' own modules in reach."""
    roots = [str(Path(adapters.__file__).parents[1]), str(TESTS)]
    path = os.pathsep.join([*roots, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=100,
        **options,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def in_a_child(function: Callable[..., Any], obj: Any, method: str = "spawn") -> Any:
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        return pool.submit(function, obj).result(60)


def through_joblib(function: Callable[..., Any], objects: Iterable[Any]) -> list[Any]:
    """Map over joblib's processes, and end them: loky keeps them for the next call."""
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    try:
        return list(Parallel(2, backend="loky", timeout=60)(map(delayed(function), objects)))
    finally:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


def children_left() -> list[BaseProcess]:
    """The children that do not end within seconds; one closes its sentinel before it has ended."""
    deadline = time.monotonic() + 5
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.01)
    return multiprocessing.active_children()


@pytest.fixture(scope="module", autouse=True)
def no_child_is_left() -> Iterator[None]:
    """In place of the fixture in conftest, where process pools serve a whole module."""
    yield
    assert children_left() == []
