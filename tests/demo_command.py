"""Run `python -m demos` in a process, or in a group of its own that can be interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
HAS_PROC = Path("/proc/self/stat").exists()
# Options that make each demo quick.
QUICK = {
    "manager_pids": ["--processes", "3"],
    "palindromes": ["--count", "2000"],
    "prime_sieve": ["--limit", "1e5"],
    "pipe_sieve": ["--limit", "1e6", "--processes", "2"],
    "by_hand": [],
    "expensive": ["--engine", "processes", "--tasks", "10", "--cost", "0.01"],
    "engines": ["--limit", "1e6", "--tasks", "8"],
}

needs_posix = pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups of POSIX")


def run(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run `python -m demos ARGUMENTS`, after the Python `code` if that is given."""
    command = ["-m", "demos", *arguments]
    if code is not None:
        code += f"; from demos.__main__ import main; sys.exit(main({list(arguments)!r}))"
        command = ["-c", f"import sys; {code}"]
    return subprocess.run(
        [sys.executable, *command],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def constructed(output: str) -> dict[str, int]:
    """How many objects the demo "expensive" constructed by each way, on its last engine."""
    rows = [line.rsplit(maxsplit=4) for line in output.splitlines() if " ms " in line]
    return {row[0]: int(row[-1].replace(",", "")) for row in rows}


def start(*arguments: str, after: float = 0.1) -> subprocess.Popen[str]:
    """Start `python -m demos ARGUMENTS` in a group of its own.

    Return when it has children, and `after` seconds more have passed.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "demos", *arguments],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if not HAS_PROC:
        time.sleep(2)
        return process
    deadline = time.monotonic() + 20
    while processes_of(process.pid) < 3:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    time.sleep(after)
    return process


def finish(process: subprocess.Popen[str], seconds: float = 3) -> tuple[str, str]:
    """Wait for the demo; fail if a process of its group outlives it by some seconds.

    Returns:
        Its output and its errors, read at the end: a child that is left would hold them open.
    """
    process.wait(timeout=20)
    deadline = time.monotonic() + seconds
    while is_there(process.pid):
        if time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail("a process outlived the demo")
        time.sleep(0.02)
    return process.communicate(timeout=20)


def processes_of(group: int) -> int:
    """How many processes a process group has, where there is /proc."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it is gone again
            state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            count += int(its_group) == group and state != "Z"
    return count


def is_there(group: int) -> bool:
    """Whether a process group has processes; a zombie is none."""
    if HAS_PROC:
        return processes_of(group) > 0
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False
