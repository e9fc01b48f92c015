"""Local: a file for each state, in a folder of its owner, in memory where there is room.

    DIRECTORY/adapters-USER/OWNER/NUMBER.TOKEN

write() fills a file in half the time that a fresh mapping takes: the page faults, not the copy, are
the cost. And a file system that is full gives an error, where a mapping gives SIGBUS.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from re import fullmatch
from typing import Any

from adapters import _events, _owner
from adapters.errors import StoreError
from adapters.stores._files import FLAGS, content, opened
from adapters.stores._flags import COUNT, flag_of, set_flag
from adapters.stores._folder import path_of, release, reserve
from adapters.stores._frame import flat, frame, parts_of
from adapters.stores._spare import fill, keep, let_go
from adapters.stores._store import Store, wrong_key
from adapters.stores._sweep import sweep

_CHUNK = 1 << 26  # bytes of one write, after which Ctrl-C is served
_ATTEMPTS = 100  # to create a file in a folder that somebody removes
_error = partial(StoreError, subject="stores.Local")


class Local(Store):
    """Keeps states in files that only this user can open, for the processes of this host.

    A file is gone when the owner closes its handle, drops it or exits. If the owner was killed, the
    next process that puts something into the same directory removes it; one that puts many looks
    again every few milliseconds. That needs locks of files (flock), as POSIX systems have.

    An owner that shares states of 1 MiB or more again and again, in memory on Linux, fills the
    files of closed ones again once no process has them mapped. Up to four such files are kept, for
    10 seconds and the next garbage collection, until room is needed or the process ends.

    A state of up to 32 KiB is read; larger ones are mapped, so that the processes of the host share
    the memory. Nothing may write to the files but this class. A file that another program of this
    user truncates ends the processes that read its mapping by SIGBUS.

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
                return _write(str(directory), parts)
            except OSError as error:
                problems.append(f"{directory}: {error.strerror}")
                _events.warning("cannot keep a state in %s: %s", directory, error.strerror)
                cause = error
        failed = f"cannot keep {sum(len(flat(part)) for part in parts)} bytes"
        advice = "make room, or pass stores.Local(directory) for one that has some"
        raise _error(f"{failed} ({'; '.join(problems)}); {advice}") from cause

    def get(self, key: str) -> _Parts:
        """Read or map the file."""
        folder, number, token = _fields(key)
        try:
            flag = flag_of(folder, number)
            with opened(key) as (descriptor, size):
                found = content(descriptor, size)
        except FileNotFoundError:
            if _owner.is_seen(folder):
                raise LookupError(key) from None
            advice = "share with a store that both reach, such as stores.Fsspec"
            raise _error(f"{key} is on another host, or in another container; {advice}") from None
        except OSError as error:
            raise _error(f"cannot open and map {key}: {_reason(error)}") from error
        if flag[0]:  # where the system keeps a file for as long as it is mapped
            raise LookupError(key)
        return _Parts(parts_of(found, token, key), flag)

    def delete(self, key: str) -> None:
        """Mark the state as deleted for all that have got it, and remove the file."""
        with suppress(StoreError):
            folder, number, _ = _fields(key)
            with suppress(OSError):
                set_flag(folder, number)
            if not keep(key, folder, number):
                with suppress(OSError):
                    os.unlink(key)
            release(folder, number)

    def closed(self, parts: Any) -> bool:
        """Whether the file has been deleted: each process that has got it sees its flag."""
        return bool(parts.flag[0])


class _Parts(list[memoryview]):
    """The parts of a state, and the flag that says whether it was deleted."""

    def __init__(self, parts: list[memoryview], flag: memoryview) -> None:
        super().__init__(parts)
        self.flag = flag


def _directories() -> Iterator[Path]:
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK):
        yield memory
    yield Path(tempfile.gettempdir())


def _fields(key: object) -> tuple[str, int, str]:
    """The owner's folder in a key, the number of the state and its token."""
    if isinstance(key, str) and _is_path(key):
        folder, name = os.path.split(key)
        found = fullmatch(r"([0-9]{1,4})\.([0-9a-f]{16})", name)
        if found and int(found[1]) < COUNT and _owner.is_name(os.path.basename(folder)):
            return folder, int(found[1]), found[2]
    raise wrong_key(key, "stores.Local")


def _is_path(key: str) -> bool:
    try:
        return os.path.isabs(key) and b"\0" not in os.fsencode(key)
    except UnicodeEncodeError:
        return False


def _reason(error: OSError) -> str:
    reason = str(error.strerror or error)
    if error.errno in (errno.EMFILE, errno.ENFILE):
        reason += "; raise the limit (ulimit -n), or close files and drop objects of large states"
    return reason


def _write(directory: str, parts: Sequence[Any]) -> str:
    token, pieces, size = frame(parts)
    sweep(directory)
    if (filled := fill(directory, token, pieces, size)) is not None:
        return filled
    if not _has_room(directory, size):
        let_go()
        if not _has_room(directory, size):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for _ in range(_ATTEMPTS):
        folder, number = reserve(directory)
        key = path_of(folder, number, token)
        try:
            _create(key, pieces)
        except FileNotFoundError:  # somebody has removed the folder, with all that was in it
            release(folder, number, is_gone=True)
        except BaseException:
            with suppress(OSError):
                os.unlink(key)
            release(folder, number)
            raise
        else:
            return key
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), directory)


def _has_room(directory: str, size: int) -> bool:
    if not hasattr(os, "statvfs"):
        return True
    room = os.statvfs(directory)
    return bool(room.f_bavail * room.f_frsize >= size)


def _create(path: str, pieces: Sequence[memoryview]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FLAGS, 0o600)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)  # whatever the umask is
        for rest in pieces:
            while rest:
                rest = rest[os.write(descriptor, rest[:_CHUNK]) :]
    finally:
        os.close(descriptor)
