"""The demos as a user runs them: a command, its output, its last line, its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from demos.__main__ import DEMOS

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
HAS_PROC = Path("/proc/self/stat").exists()
# Small windows whose base primes take seconds to find.
LONG = ("pipe_sieve", "--ranges", "9e18+1e5,9.1e18+1e5,9.2e18+1e5")
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


def processes_of(group: int) -> int:
    """How many processes a process group has, where there is /proc."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it is gone again
            state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            count += int(its_group) == group and state != "Z"
    return count


def start(*arguments: str, after: float = 0.1) -> subprocess.Popen[str]:
    """Start `python -m demos ARGUMENTS` in a group of its own, until `after` it has children."""
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


def is_there(group: int) -> bool:
    """Whether a process group has processes; a zombie is none."""
    if HAS_PROC:
        return processes_of(group) > 0
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


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


@pytest.mark.parametrize("name", DEMOS)
def test_no_progress_bar_where_rich_is_not_installed(name: str) -> None:
    hide = "sys.modules['rich'] = None; sys.stderr.isatty = lambda: True"
    result = run(name, *QUICK[name], code=hide)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_progress_bar_on_a_terminal() -> None:
    pytest.importorskip("rich")
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    code = (
        "from demos import progress, __main__; import sys; progress.DELAY = 0.0;"
        "sys.exit(__main__.main(['prime_sieve', '--limit', '1e6']))"
    )
    try:
        subprocess.run(
            [sys.executable, "-c", code],
            env={**ENVIRONMENT, "TERM": "xterm"},
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=60,
            check=True,
        )
        assert b"sieving" in os.read(ours, 1 << 16)
    finally:
        os.close(ours)
        os.close(theirs)


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
    from demos.__main__ import main

    with pytest.raises(SystemExit) as exit_:
        main([name, *arguments])
    assert exit_.value.code == 2
    assert reason in capsys.readouterr().err


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
        ["palindromes", "--count", "4000000"],
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
def test_children_end_when_the_parent_is_killed(start_method: str) -> None:
    process = start(*LONG, "--start-method", start_method)
    process.kill()
    assert finish(process) == ("", "")


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
