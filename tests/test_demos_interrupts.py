"""Ctrl-C in a demo, and the death of the parent: no process is left."""

from __future__ import annotations

import os
import signal

import pytest
from demo_command import finish, needs_posix, start

# Small windows whose base primes take seconds to find.
LONG = ("pipe_sieve", "--ranges", "9e18+1e5,9.1e18+1e5,9.2e18+1e5")


@needs_posix
@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 0.05, 0.1])
def test_ctrl_c_is_one_line_and_leaves_no_process(start_method: str, after: float) -> None:
    process = start(*LONG, "--start-method", start_method, after=after)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = finish(process)
    assert process.returncode == 130
    assert output == ""
    assert errors == "demos pipe_sieve: stopped by Ctrl-C\n"


@needs_posix
@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["palindromes", "--count", "1000000"],
        ["prime_sieve", "--limit", "1e8", "--processes", "2"],
    ],
)
def test_ctrl_c_in_other_demos(arguments: list[str], start_method: str) -> None:
    process = start(*arguments, "--start-method", start_method)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = finish(process)
    assert (process.returncode, errors) == (130, f"demos {arguments[0]}: stopped by Ctrl-C\n")


@needs_posix
@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [LONG, ("prime_sieve", "--limit", "2e7", "--processes", "2")], ids=lambda a: a[0]
)
def test_children_end_when_the_parent_is_killed(
    arguments: tuple[str, ...], start_method: str
) -> None:
    process = start(*arguments, "--start-method", start_method, after=0.3)
    process.kill()
    assert finish(process) == ("", "")
