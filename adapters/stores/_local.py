"""Local: a file for each state, in this host's memory where there is room; readers map it.

write() fills a file in half the time that a fresh mapping takes: the page faults, not the copy, are
the cost. And a file system that is full gives an error, where a mapping gives SIGBUS.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from adapters import _owner
from adapters.errors import StoreError
from adapters.stores._frame import DELETED, FLAG, flat, frame, parts_of
from adapters.stores._store import Store
from adapters.stores._sweep import sweep

_LARGE = 1 << 20  # bytes from which on all pages are mapped at once; below, at the first access
_CHUNK = 1 << 26  # bytes of one write, after which Ctrl-C is served
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_ATTEMPTS = 100  # to create a file in a folder that other processes remove while it is empty
_error = partial(StoreError, subject="stores.Local")


class Local(Store):
    """Keeps states in files that only this user can open, for the processes of this host.

    A file is gone when the owner closes its handle, drops it or exits. If the owner was killed, the
    next process that puts something into the same directory removes it.

    Args:
        directory: Where to keep them; it must exist. None means memory, /dev/shm where there is one
            and it has room, and else the directory for temporary files.
    """

    __module__ = "adapters.stores"

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        self._directory = None if directory is None else Path(os.path.abspath(directory))

    def __reduce__(self) -> Any:
        return Local, ()  # a key is a whole path

    def __repr__(self) -> str:
        where = "" if self._directory is None else repr(str(self._directory))
        return f"stores.Local({where})"

    def put(self, parts: Sequence[Any]) -> str:
        """Write a new file; its path is the key."""
        problems = []
        for directory in _directories() if self._directory is None else [self._directory]:
            try:
                return _write(directory, parts)
            except OSError as error:
                problems.append(f"{directory}: {error.strerror}")
                cause = error
        failed = f"cannot keep {sum(len(flat(part)) for part in parts)} bytes"
        advice = "make room, or pass stores.Local(directory) for one that has some"
        raise _error(f"{failed} ({'; '.join(problems)}); {advice}") from cause

    def get(self, key: str) -> _Mapped:
        """Map the file."""
        try:
            with _closing(os.open(key, os.O_RDONLY | _FLAGS)) as descriptor:
                found = os.fstat(descriptor)
                if not _is_ours(found):
                    raise _error(f"{key} belongs to another user, {found.st_uid}; it is not read")
                if not stat.S_ISREG(found.st_mode):
                    raise _error(f"{key} is not a file; it has been replaced")
                parts = _Mapped(key, descriptor, found.st_size)
        except FileNotFoundError:
            if _owner.is_here(os.path.basename(key)):
                raise LookupError(key) from None
            advice = "share with a store that both reach, such as stores.Fsspec"
            raise _error(f"{key} is on another host, or in another container; {advice}") from None
        except OSError as error:
            raise _error(f"cannot open and map {key}: {error.strerror}") from error
        if self.closed(parts):  # where the system keeps a file for as long as it is mapped
            raise LookupError(key)
        return parts

    def delete(self, key: str) -> None:
        """Mark the file as deleted for all that have mapped it, and remove it."""
        with suppress(OSError), _closing(os.open(key, os.O_WRONLY | _FLAGS)) as descriptor:
            os.write(descriptor, DELETED)
        with suppress(OSError):
            os.unlink(key)
        with suppress(OSError):  # the folder, unless other files are in it
            os.rmdir(os.path.dirname(key))

    def closed(self, parts: Any) -> bool:
        """Whether the file has been deleted: each process that has mapped it sees its flag."""
        return bool(parts.flag[0])


class _Mapped(list[memoryview]):
    """The parts in a file that is mapped for as long as one of them is held."""

    def __init__(self, key: str, descriptor: int, size: int) -> None:
        how: dict[str, Any] = {"access": mmap.ACCESS_READ}
        if size >= _LARGE and hasattr(mmap, "MAP_POPULATE"):
            how = {"flags": mmap.MAP_SHARED | mmap.MAP_POPULATE, "prot": mmap.PROT_READ}
        content = memoryview(mmap.mmap(descriptor, size, **how) if size else b"")
        super().__init__(parts_of(content, key.rpartition(".")[2], key))
        self.flag = content[FLAG]


def _directories() -> Iterator[Path]:
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK):
        yield memory
    yield Path(tempfile.gettempdir())


def _folder_in(directory: Path) -> Path:
    """The user's folder, swept; a StoreError if others could put files into it, or replace them."""
    user = os.geteuid() if hasattr(os, "geteuid") else "user"
    folder = directory / f"adapters-{user}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not _is_ours(found):
        advice = "remove it, or pass stores.Local(directory)"
        raise _error(f"{folder} is not a directory that only this user can open; {advice}")
    sweep(folder, Local().delete)
    return folder


def _is_ours(found: os.stat_result) -> bool:
    """Whether this user owns what was found, and no other user may open it."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _write(directory: Path, parts: Sequence[Any]) -> str:
    token, pieces, size = frame(parts)
    descriptor, key = _create(directory, f"{_owner.name()}.{token}")
    try:
        with _closing(descriptor):
            if hasattr(os, "statvfs"):
                room = os.statvfs(directory)
                if room.f_bavail * room.f_frsize < size:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            for rest in pieces:
                while rest:
                    rest = rest[os.write(descriptor, rest[:_CHUNK]) :]
    except BaseException:
        with suppress(OSError):
            os.unlink(key)
            os.rmdir(os.path.dirname(key))
        raise
    return key


def _create(directory: Path, name: str) -> tuple[int, str]:
    """A new file in the user's folder, open for writing: its descriptor and its path."""
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):  # the sweep or another process removed the folder
            key = str(_folder_in(directory) / name)
            return os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600), key
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(directory))


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
