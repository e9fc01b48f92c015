"""The demos as a user runs them: a command, its output, its last line, its exit code."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_stdout_escapes_what_its_encoding_lacks(encoding: str, tmp_path: Path) -> None:
    # Linux allows a name that is no UTF-8, which Python reads as a lone surrogate.
    name, shown = ("caf\udce9", r"caf\udce9") if sys.platform == "linux" else ("cafe", "cafe")
    words = "été ötö 😀a😀"
    (tmp_path / name).write_text(words.replace(" ", "\n"), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "demos", "palindromes", "--words", str(tmp_path / name)],
        env={**ENVIRONMENT, "LC_ALL": "C", "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    output = result.stdout.decode(encoding).splitlines()
    assert output[0].startswith(f"3 words, those of {shown}, in 2 lists")
    assert "palindromes: " + words.encode(encoding, "backslashreplace").decode(encoding) in output
    assert output[-1] == "check: 6 ways found the same 3 palindromes: OK"


def test_a_stdout_of_another_kind_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(sys, "stdout", text)
    assert main(["prime_sieve", "--limit", "100"]) == 0
    assert text.getvalue().endswith(": OK\n")
    monkeypatch.setattr(sys, "stdout", None)
    assert main([]) == 0
    assert main(["prime_sieve", "--limit", "100"]) == 0
