"""Helpers of the tests of stores in files: what is there, who left it, and writes that fail.

A test module that uses the fixture assigns it to a name of its own.
"""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from adapters import _owner, _sweep, stores
from adapters.stores import _lease, _spare
from adapters.stores._files import LARGE

TIMEOUT = 60


posix_users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users and modes are of POSIX")
root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is of POSIX")
locks = pytest.mark.skipif(
    _owner.fcntl is None or not hasattr(os, "fork"), reason="locks of processes are of POSIX"
)


def _has_leases() -> bool:
    """Whether leases tell which files are in use, in the memory of this host."""
    memory = Path("/dev/shm")
    return hasattr(os, "fork") and memory.is_dir() and _lease.can_tell(memory.stat().st_dev)


leases = pytest.mark.skipif(not _has_leases(), reason="leases of files in memory are of Linux")


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory in the memory of this host."""
    with TemporaryDirectory(dir="/dev/shm") as directory:
        yield Path(directory)


@pytest.fixture
def store_in_memory(memory: Path) -> Iterator[stores.Local]:
    """A store in the memory of this host, of which nothing is left when a test is done."""
    yield stores.Local(memory)
    gc.collect()
    _spare.let_go()
    assert files_in(memory) == []
    assert not _spare._filled


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


def inode(key: str) -> int:
    return os.stat(key).st_ino


@contextmanager
def put_again(store: stores.Local, part: bytes = bytes(LARGE)) -> Iterator[str]:
    """The key of a large state, which is deleted in the end."""
    key = store.put([part])
    yield key
    store.delete(key)


def leave_spare(store: stores.Local, size: int = LARGE) -> None:
    """Put a state and another, so that the file of that one is spare."""
    for _ in range(2):
        store.delete(store.put([bytes(size)]))


def spares_in(directory: Path) -> list[str]:
    """The folders and names of spare files."""
    found = directory.rglob("*.spare")
    return sorted(os.path.join(path.parent.name, path.name) for path in found)


def held(directory: Path) -> list[str]:
    """What this process has mapped or open in a directory."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # that of the listing
            lines.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    return [line for line in lines if str(directory) in line]


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


def in_a_fork(function: Callable[[], Any]) -> Any:
    """What a function returns in a forked child, which then ends at once."""
    with forked(function) as (answer, _):
        return answer


@contextmanager
def forked(function: Callable[[], Any]) -> Iterator[tuple[Any, int]]:
    """What a function returns in a forked child, and the child, which is killed in the end."""
    with forking(function) as (answer, child):
        yield answer(), child


@contextmanager
def forking(function: Callable[[], Any]) -> Iterator[tuple[Callable[[], Any], int]]:
    """A forked child that calls a function, and how to wait for what that returns."""
    ours, theirs = multiprocessing.Pipe(duplex=False)

    def answer() -> Any:
        assert ours.poll(TIMEOUT), "the child says nothing"
        return ours.recv()

    with ours, theirs:
        child = os.fork()
        if child == 0:
            with suppress(BaseException):
                theirs.send(function())
                signal.pause()
            os._exit(1)
        theirs.close()
        try:
            yield answer, child
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def leave_state(directory: Path) -> Path:
    """The file of a state that a process puts, which is killed then."""
    left = Path(in_a_fork(lambda: stores.Local(directory).put([b"left"])))
    assert left.exists()
    return left


def leave_file(directory: Path, name: str) -> Path:
    """A file of some name in the folder of the user."""
    folder = folder_in(directory)
    folder.mkdir(0o700, exist_ok=True)
    left = folder / name
    left.write_bytes(b"left")
    return left


def sweep(store: stores.Local) -> None:
    """Put something, when it is time to sweep again."""
    _sweep._next.clear()
    store.delete(store.put([b"part"]))
