"""The demos as a user runs them: a command, its output, its last line, its exit code."""

from __future__ import annotations

import subprocess
import sys

import pytest
from demo_command import ENVIRONMENT, QUICK, needs_posix, run

from demos.__main__ import DEMOS, main


def test_without_a_name_the_demos_are_listed_with_a_line_each() -> None:
    result = run()
    assert result.returncode == 0
    for name, line in DEMOS.items():
        assert [name, *line.split()] in [shown.split() for shown in result.stdout.splitlines()]


def test_an_unknown_name_is_an_error_that_lists_the_names() -> None:
    result = run("pipe_seive")
    assert result.returncode == 2
    assert result.stdout == ""
    assert "'pipe_seive'. Did you mean pipe_sieve?" in result.stderr
    assert ", ".join(DEMOS) in result.stderr


@pytest.mark.parametrize("name", DEMOS)
def test_help(name: str) -> None:
    result = run(name, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(f"usage: demos {name}")
    assert "--processes" in result.stdout
    assert "--start-method" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", DEMOS)
def test_the_last_line_is_a_check_that_passes(name: str, start_method: str) -> None:
    result = run(name, *QUICK[name], "--start-method", start_method)
    assert result.stderr == ""
    assert result.returncode == 0
    last = result.stdout.splitlines()[-1]
    assert last.startswith("check: ")
    assert last.endswith(": OK")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--processes", "0"], "0 is not from 1 to"),
        (["--processes", "two"], "'two' is not a whole number"),
        (["--processes", "100000"], "100000 is not from 1 to"),
        (["--start-method", "magic"], "invalid choice"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
@pytest.mark.parametrize("name", ["by_hand", "pipe_sieve"])
def test_nonsense_is_refused(
    name: str, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([name, *arguments])
    assert exit_.value.code == 2
    assert reason in capsys.readouterr().err


@needs_posix
def test_a_reader_of_the_output_that_goes_away_is_no_traceback() -> None:
    code = (
        "import os, sys; from demos.__main__ import main; read, write = os.pipe(); os.close(read);"
        "os.dup2(write, 1); sys.exit(main(['manager_pids', '--processes', '1']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (1, b"")


def test_an_extension_that_is_not_built_is_one_line() -> None:
    result = run("prime_sieve", code="sys.modules['native'] = None")
    assert result.returncode == 1
    assert result.stderr.startswith("demos prime_sieve: error: the extension is not built")
    assert len(result.stderr.splitlines()) == 1
