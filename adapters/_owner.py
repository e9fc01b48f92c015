"""The owners of files: a folder for each process, and whether that process still runs.

A process keeps its files in folders of its own, DIRECTORY/adapters-USER/OWNER. Their names end with
the kind of their files: "" for states, ".segments" for segments. As long as the process runs, it
holds a lock (flock) on the file LOCK in there. The kernel releases the lock at the death of the
process, and shows it to all others: those in containers, too, with clocks and process ids of their
own. Where there is no flock, no owner is known to have ended; one that has no flock itself says so
in the name of its folder.

A lock belongs to an open file, which a forked child shares. The child closes it at once, and `exec`
closes it; a child that C code forks, without Python's handlers, keeps the lock until it ends.
"""

from __future__ import annotations

import errno
import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from re import fullmatch
from threading import RLock
from zlib import crc32

from adapters._user_folder import folder_in

try:
    import fcntl
except ImportError:  # a system without POSIX
    fcntl = None  # type: ignore[assignment]

LOCK = "lock"
HAS_LOCKS = fcntl is not None
_ATTEMPTS = 100  # to make a folder, while other processes remove those that are empty
_NAME = r"[0-9a-f]{8}\.[0-9a-f]{8}\.[0-9a-f]{12}"  # where it is seen, where it is, a random part
_UNKNOWN = "0" * 8  # where a folder is whose owner has no locks: not where anybody else is
_FLAGS = sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY"))

# Held while a lock is made that `_locks` does not have yet: a fork waits for it.
_guard = RLock()
_locks: dict[int, os.stat_result] = {}  # the descriptors of the locks, and which files these are


class Owner:
    """What a process has of a folder of its own: the path and the lock."""

    __slots__ = ("_descriptor", "folder", "process")

    def __init__(self, folder: str, descriptor: int) -> None:
        self.folder = folder
        self.process = os.getpid()
        self._descriptor = descriptor

    def is_here(self) -> bool:
        """Whether this process is the owner, and not one that was forked from it."""
        return self.process == os.getpid()

    def release(self) -> None:
        """Remove the folder, in which no other file may be left, and give up the lock."""
        if self.is_here():
            self.leave()
            remove(self.folder)

    def leave(self) -> None:
        """Give up the lock, and leave the folder as that of an owner that has ended."""
        if self.is_here():
            _close(self._descriptor)


def claim(directory: str, content: bytes = b"", kind: str = "") -> Owner:
    """Make a folder for this process in the folder of its user.

    Args:
        directory: Where the folder of the user is. It must exist.
        content: What the file LOCK holds, which this process may change later.
        kind: How the name of the folder ends.

    Raises:
        OSError: the folder cannot be made.
    """
    for _ in range(_ATTEMPTS):
        # Other processes remove a folder that is empty, or that has a file without a lock.
        with suppress(FileNotFoundError, BlockingIOError):
            return _claim(directory, content, kind)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), directory)


def is_name(name: str, kind: str = "") -> bool:
    """Whether a folder of this name is an owner's, for files of a kind."""
    return name.endswith(kind) and fullmatch(_NAME, name.removesuffix(kind)) is not None


def is_seen(folder: str) -> bool:
    """Whether this process can see an owner's folder, or could as long as it was there."""
    view, place, *_ = os.path.basename(folder).split(".")
    return view == _view() or place == _place(os.path.dirname(os.path.dirname(folder)))


def is_dead(folder: str) -> bool:
    """Whether it is known that the owner of a folder has ended."""
    with without_owner(folder) as is_dead:
        return is_dead


def _claim(directory: str, content: bytes, kind: str) -> Owner:
    # Others that have flock would find the lock of one without it free, and take it for dead.
    place = _UNKNOWN if fcntl is None else _place(directory)
    name = f"{_view()}.{place}.{secrets.token_hex(6)}{kind}"
    folder = os.path.join(folder_in(directory), name)
    os.mkdir(folder, 0o700)
    try:
        os.chmod(folder, 0o700)  # whatever the umask is
        return Owner(folder, _lock(os.path.join(folder, LOCK), content))
    except BaseException:
        remove(folder)
        raise


def _lock(path: str, content: bytes) -> int:
    """Make a file with a lock; the descriptor that holds the lock."""
    with _guard:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
        _locks[descriptor] = os.fstat(descriptor)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)  # whatever the umask is
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if fcntl is not None:
            _flock(descriptor)
        os.lstat(path)  # raises if another process has removed it before it was locked
    except BaseException:
        _close(descriptor)
        raise
    return descriptor


def _flock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        # A file system without locks: no process gets one, and so none finds that this one is dead.
        pass


@contextmanager
def without_owner(folder: str) -> Iterator[bool]:
    """Whether the owner of a folder has ended; if so, no process can become its owner meanwhile.

    On another host, a lock may be free that the owner holds on its own.
    """
    place = os.path.basename(folder).split(".")[1]
    if fcntl is None or place != _place(os.path.dirname(os.path.dirname(folder))):
        yield False
        return
    try:
        descriptor = os.open(os.path.join(folder, LOCK), os.O_RDONLY | _FLAGS)
    except OSError:
        yield False
        return
    try:
        # Shared, so that two processes that ask at once get the same answer.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def remove(folder: str) -> None:
    """Remove an owner's folder with its lock, and the folder of the user, if it is empty then."""
    with suppress(OSError):
        os.unlink(os.path.join(folder, LOCK))
    with suppress(OSError):
        os.rmdir(folder)
        os.rmdir(os.path.dirname(folder))


def _close(descriptor: int) -> None:
    """Close the descriptor of a lock, unless somebody has closed it, and it is another's by now."""
    file = _locks.pop(descriptor, None)
    with suppress(OSError):
        if file is not None and os.path.samestat(file, os.fstat(descriptor)):
            os.close(descriptor)


def _after_fork() -> None:
    """Own nothing: close the locks, which a parent that is killed would go on to hold."""
    global _guard
    _guard = RLock()
    for descriptor in list(_locks):
        _close(descriptor)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _guard.acquire(),
        after_in_parent=lambda: _guard.release(),
        after_in_child=_after_fork,
    )


def _view() -> str:
    """A checksum that names what this process sees: the files of this host, or of its container."""
    with suppress(OSError):
        return _checksum(os.readlink("/proc/self/ns/mnt"))
    return _checksum(platform.node())


def _place(directory: str) -> str:
    """A checksum that names a directory of this host, from whichever container it is seen."""
    try:
        found = os.stat(directory)
    except OSError:
        return ""
    return _checksum(found.st_dev, found.st_ino)


def _checksum(*parts: object) -> str:
    return f"{crc32(repr((_host(), parts)).encode()):08x}"


@cache
def _host() -> str:
    """The current boot of this host, the same in all of its containers; else the host's name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        return platform.node()
