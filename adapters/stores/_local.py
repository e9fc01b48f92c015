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
from contextlib import suppress
from pathlib import Path
from typing import Any

from adapters import _owner
from adapters.errors import StoreError
from adapters.stores._frame import FLAG, flat, frame, parts_of
from adapters.stores._store import Store
from adapters.stores._sweep import FLAGS, delete, sweep

_LARGE = 1 << 20  # bytes from which on all pages are mapped at once; below, at the first access
_CHUNK = 1 << 26  # bytes of one write, after which Ctrl-C is served
_ATTEMPTS = 100  # to create a file in a folder that other processes remove while it is empty


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
        size = sum(len(flat(part)) for part in parts)
        raise _error(
            f"cannot keep {size} bytes ({'; '.join(problems)}); make room, or pass"
            " stores.Local(directory) for one that has some"
        ) from cause

    def get(self, key: str) -> _Mapped:
        """Map the file."""
        try:
            descriptor = os.open(key, os.O_RDONLY | FLAGS)
        except FileNotFoundError:
            if _owner.is_here(os.path.basename(key)):
                raise LookupError(key) from None
            raise _error(
                f"{key} is on another host, or in another container; share with a store that both"
                " reach, such as stores.Fsspec"
            ) from None
        except OSError as error:
            raise _error(f"cannot open {key}: {error.strerror}") from error
        try:
            found = os.fstat(descriptor)
            if not _is_ours(found):
                raise _error(f"{key} belongs to another user, {found.st_uid}; it is not read")
            if not stat.S_ISREG(found.st_mode):
                raise _error(f"{key} is not a file; it has been replaced")
            parts = _Mapped(key, _map(descriptor, found.st_size))
        except OSError as error:
            raise _error(f"cannot map {key}: {error.strerror}") from error
        finally:
            os.close(descriptor)
        if self.closed(parts):  # where the system keeps a file for as long as it is mapped
            raise LookupError(key)
        return parts

    def delete(self, key: str) -> None:
        """Mark the file as deleted for all that have mapped it, and remove it."""
        delete(key)
        _remove_if_empty(os.path.dirname(key))

    def closed(self, parts: Any) -> bool:
        """Whether the file has been deleted: each process that has mapped it sees its flag."""
        return bool(parts.flag[0])


class _Mapped(list[memoryview]):
    """The parts in a file that is mapped for as long as one of them is held."""

    def __init__(self, key: str, content: memoryview) -> None:
        super().__init__(parts_of(content, key.rpartition(".")[2], key))
        self.flag = content[FLAG]


def _directories() -> Iterator[Path]:
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK):
        yield memory
    yield Path(tempfile.gettempdir())


def _folder_in(directory: Path) -> Path:
    """The folder of this user in a directory that others may write to, swept.

    Raises:
        StoreError: another user could put files into it, or replace them.
    """
    user = os.geteuid() if hasattr(os, "geteuid") else "user"
    folder = directory / f"adapters-{user}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not _is_ours(found):
        raise _error(
            f"{folder} is not a directory that only this user can open; remove it, or pass"
            " stores.Local(directory)"
        )
    sweep(folder)
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
        try:
            if hasattr(os, "statvfs"):
                room = os.statvfs(directory)
                if room.f_bavail * room.f_frsize < size:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            for piece in pieces:
                written = 0
                while written < len(piece):
                    written += os.write(descriptor, piece[written : written + _CHUNK])
        finally:
            os.close(descriptor)
    except BaseException:
        os.unlink(key)
        _remove_if_empty(os.path.dirname(key))
        raise
    return key


def _create(directory: Path, name: str) -> tuple[int, str]:
    """A new file in the user's folder, open for writing: its descriptor and its path."""
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):  # another process has just removed the empty folder
            key = str(_folder_in(directory) / name)
            return os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FLAGS, 0o600), key
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(directory))


def _remove_if_empty(folder: str) -> None:
    with suppress(OSError):
        os.rmdir(folder)


def _map(descriptor: int, size: int) -> memoryview:
    if size == 0:
        return memoryview(b"")
    how: dict[str, Any] = {"access": mmap.ACCESS_READ}
    if size >= _LARGE and hasattr(mmap, "MAP_POPULATE"):
        how = {"flags": mmap.MAP_SHARED | mmap.MAP_POPULATE, "prot": mmap.PROT_READ}
    return memoryview(mmap.mmap(descriptor, size, **how))


def _error(message: str) -> StoreError:
    return StoreError(message, "stores.Local")
