"""`adapters.suggest` in scripts as users write them, and its end by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import suggested_types
from exploring import WAIT, needs_fork
from processes import TESTS, run

import adapters

pytestmark = [needs_fork, pytest.mark.slow]

UNGUARDED = """
import adapters, suggested_types
print("begin")
found = adapters.suggest(suggested_types.Timer(2.5, "tea"))
print(found.best.strategy)
"""

IN_MAIN = """
import adapters

_native = {}

class Native:
    def __init__(self, label):
        _native[id(self)] = label

    @property
    def label(self):
        return _native[id(self)]

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle")

obj = Native("tea")
best = adapters.suggest(obj).best
print(best.code)
exec(best.code)
print(adapters.loads(adapters.dumps(obj)).label)
"""

STOPPED = """
import adapters, suggested_types, sys
print("begin", flush=True)
try:
    adapters.suggest(suggested_types.Endless(2.5, "tea"))
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def test_a_script_without_a_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED, encoding="utf-8")
    assert run(str(script), cwd=tmp_path).splitlines() == ["begin", "constructor"]
    assert list(tmp_path.iterdir()) == [script]


def test_a_program_given_on_the_command_line() -> None:
    assert run("-c", UNGUARDED).splitlines() == ["begin", "constructor"]


def test_a_class_of_a_script_without_a_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(IN_MAIN, encoding="utf-8")
    code, _, label = run(str(script), cwd=tmp_path).rstrip().rpartition("\n")
    assert "__main__" not in code
    assert "adapters.register(Native, serialize=serialize, factory=factory)" in code
    assert label == "tea"


def _processes_in(group: int) -> list[str]:
    """The processes of a process group that have not ended."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pgid=,stat=,pid="], capture_output=True, text=True, timeout=WAIT
    ).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


@pytest.mark.parametrize("after", [0.3, 1.0, 3.0], ids=lambda after: f"after {after:g} s")
@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "kill"])
def test_ctrl_c(tmp_path: Path, after: float, whole_group: bool) -> None:
    roots = [str(Path(adapters.__file__).parents[1]), str(TESTS)]
    path = os.pathsep.join([*roots, os.environ.get("PYTHONPATH", "")])
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED],
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begin\n"
    time.sleep(after)
    if whole_group:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=WAIT)
    assert (out, errors) == ("stopped\n", "")
    # Python ends so, too, if the last eval() of a text was interrupted, as in an import.
    assert process.returncode in (0, -signal.SIGINT)
    deadline = time.monotonic() + 5
    while _processes_in(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _processes_in(process.pid) == []
    assert list(temporary.iterdir()) == []


def test_a_module_that_only_this_script_can_import(tmp_path: Path) -> None:
    """The folder of the script is on the path of the children of the kit, too."""
    source = Path(suggested_types.__file__).read_text(encoding="utf-8")
    (tmp_path / "beside.py").write_text(source, encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED.replace("suggested_types", "beside"), encoding="utf-8")
    assert run(str(script)).splitlines() == ["begin", "constructor"]
