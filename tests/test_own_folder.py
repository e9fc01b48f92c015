"""The own folder of a child: what processes leave that were killed goes with the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from adapters import _own_folder

KILLED = """
import os, signal
from adapters import _child
if __name__ == "__main__":
    child = _child.Child("fork", timeout=60, folder=True)
    child.call(os.getpid)
    os.kill(child._process.pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
"""
WAIT = 60

pytestmark = pytest.mark.skipif(not _own_folder.fcntl, reason="no locks")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(_own_folder, "_swept", set())
    return tmp_path


def make_and_remove() -> None:
    _own_folder._swept.clear()
    _own_folder.remove(_own_folder.make())


def test_what_killed_processes_have_left_is_removed(directory: Path) -> None:
    variables = {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(directory)}
    done = subprocess.run(
        [sys.executable, "-c", KILLED], env={**os.environ, **variables}, timeout=WAIT
    )
    assert done.returncode == -signal.SIGKILL
    (left,) = directory.iterdir()
    assert sorted(os.listdir(left)) == ["lock", "tmp", "work"]
    make_and_remove()
    assert list(directory.iterdir()) == []


def test_what_is_in_use_stays(directory: Path) -> None:
    folder = _own_folder.make()
    make_and_remove()
    assert sorted(os.listdir(folder)) == ["lock", "tmp", "work"]
    _own_folder.remove(folder)
    assert list(directory.iterdir()) == []


def test_what_others_have_made_stays(directory: Path) -> None:
    for name, mode, host in [
        ("adapters-child-host", 0o700, "another host"),
        ("adapters-child-user", 0o755, os.uname().nodename),
        ("adapters-other", 0o700, os.uname().nodename),
    ]:
        (directory / name).mkdir()
        (directory / name / "lock").write_text(host)
        (directory / name).chmod(mode)
    (directory / "adapters-child-link").symlink_to("adapters-other")
    (directory / "adapters-child-file").touch()
    make_and_remove()
    assert len(list(directory.iterdir())) == 5


@pytest.mark.parametrize(("age", "is_left"), [(0, True), (120, False)])
def test_an_empty_folder_stays_while_it_is_new(directory: Path, age: int, is_left: bool) -> None:
    folder = directory / "adapters-child-empty"
    folder.mkdir(0o700)
    changed = folder.stat().st_mtime - age
    os.utime(folder, (changed, changed))
    make_and_remove()
    assert folder.exists() is is_left


def test_no_descriptor_is_left(directory: Path) -> None:
    before = os.dup(0)
    os.close(before)
    make_and_remove()
    after = os.dup(0)
    os.close(after)
    assert after == before
