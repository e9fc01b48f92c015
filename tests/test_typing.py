"""What type checkers know of calls that run elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import adapters

PROGRAM = """
from collections.abc import Iterator
from concurrent.futures import Future
import adapters

def weigh(number: int, unit: str) -> float:
    return 1.0

executor = adapters.Executor()
future: Future[float] = executor.submit(weigh, 1, "kg")
executor.submit(weigh, "kg", 1)  # refused
executor.submit(weigh, 1)  # refused
results: Iterator[float] = executor.map(weigh, [1], ["kg"])
either: Iterator[float | BaseException]
either = executor.map(weigh, [1], ["kg"], return_exceptions=True)
wrong: Iterator[float] = executor.map(weigh, [1], ["kg"], return_exceptions=True)  # refused
task: adapters.Task[float] = adapters.task(weigh, 1, unit="kg")
adapters.task(weigh, 1, units="kg")  # refused
weight: float = adapters.answer(task())
text: str = adapters.answer(task())  # refused
"""


@pytest.mark.slow
def test_calls_with_wrong_arguments_are_errors(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)],
        env={**os.environ, "MYPYPATH": str(Path(adapters.__file__).parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    found = {int(line) for line in re.findall(r"program\.py:(\d+): error", done.stdout)}
    lines = enumerate(PROGRAM.splitlines(), 1)
    assert found == {number for number, line in lines if line.endswith("# refused")}, done.stdout
