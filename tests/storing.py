"""Helpers of the tests of stores in files: what is there, who left it, and writes that fail.

A test module that uses the fixture assigns it to a name of its own.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters import _owner, stores

TIMEOUT = 60


posix_users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users and modes are of POSIX")
root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="there is no /proc")


@pytest.fixture
def store(tmp_path: Path) -> stores.Local:
    return stores.Local(tmp_path)


def folder_in(directory: Path) -> Path:
    """The folder of this user, whether it is there or not."""
    return directory / f"adapters-{os.geteuid() if hasattr(os, 'geteuid') else 'user'}"


def files_in(directory: Path) -> list[str]:
    """Everything in a directory, and in those in it."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def content(parts: Any) -> list[bytes]:
    return [bytes(part) for part in parts]


def no_room(in_which: Callable[[str], bool]) -> Callable[[Any], Any]:
    """An `os.statvfs` to which some directories are full."""

    class Room:
        f_frsize = 4096

        def __init__(self, directory: Any) -> None:
            self.f_bavail = 0 if in_which(str(directory)) else 1 << 30

    return Room


def change_writes(
    patch: pytest.MonkeyPatch, directory: Path, change: Callable[[str, memoryview], memoryview]
) -> None:
    """Replace what is written to files under a directory, by `os.write`.

    Not all that is written: whatever else is garbage may have something to say when it is found.
    """
    real_open, real_write = os.open, os.write
    names: dict[int, str] = {}

    def opening(path: Any, *args: Any, **kwargs: Any) -> int:
        descriptor = real_open(path, *args, **kwargs)
        names[descriptor] = os.fspath(path)
        return descriptor

    def writing(descriptor: int, data: Any) -> int:
        name = names.get(descriptor, "")
        inside = name.startswith(f"{directory}{os.sep}")
        return real_write(descriptor, change(name, memoryview(data)) if inside else data)

    patch.setattr(os, "open", opening)
    patch.setattr(os, "write", writing)


def failing(count: int, error: BaseException) -> Callable[[str, memoryview], memoryview]:
    """A change that lets so many writes to each file pass."""
    counts: Counter[str] = Counter()

    def change(name: str, data: memoryview) -> memoryview:
        counts[name] += 1
        if counts[name] > count:
            raise error
        return data

    return change


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def owner_of_ended_process() -> str:
    """The name that a process had."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        name = owner_of(process.pid)
        process.communicate(b"\n", TIMEOUT)
    return name


def owner_of(process: int, later: int = 0) -> str:
    """The name of a process, or of one that had its id and started later."""
    return f"{_owner._host()}.{process}.{(_owner._started(process) or 0) + later}"


def leave_file(directory: Path, owner: str) -> Path:
    folder = folder_in(directory)
    folder.mkdir(0o700, exist_ok=True)
    left = folder / f"{owner}.0123456789abcdef"
    left.write_bytes(b"left")
    return left
