"""The own folder of a child: what foreign code writes lands there, and is removed with it.

The parent holds a lock (flock) on a file in there. Where a parent is killed, and the child is, too,
the next process that makes such a folder sees that the lock is free, and removes what they left.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from contextlib import suppress

from adapters._user_folder import is_private

try:
    import fcntl
except ImportError:  # a system without POSIX
    fcntl = None  # type: ignore[assignment]

_PREFIX, _LOCK = "adapters-child-", "lock"
_UNLOCKED = 60.0  # seconds after which an empty folder without a lock is of no use
_WORK, _TEMPORARY = "work", "tmp"
_VARIABLES = ("TMPDIR", "TEMP", "TMP")

entered = ""  # in a child: its own folder
_swept: set[str] = set()  # directories in which this process has looked for what others left
_locks: dict[str, tuple[int, os.stat_result]] = {}  # of folders: the descriptor, and of which file


def make() -> str:
    """In the parent: make a folder, of which `work` and `tmp` are empty."""
    import tempfile

    directory = os.path.realpath(tempfile.gettempdir())
    if fcntl is not None and directory not in _swept:
        _swept.add(directory)
        _sweep(directory)
    folder = tempfile.mkdtemp(prefix=_PREFIX, dir=directory)
    for each in (_WORK, _TEMPORARY):
        os.mkdir(os.path.join(folder, each))
    if fcntl is not None:
        _lock(folder)
    return folder


def remove(folder: str) -> None:
    """In the parent: remove a folder, if there is one, as far as the system lets it."""
    if folder:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
        descriptor, file = _locks.pop(folder, (-1, None))
        with suppress(OSError):  # somebody has closed it
            if file is not None and os.path.samestat(file, os.fstat(descriptor)):
                os.close(descriptor)


def _lock(folder: str) -> None:
    path = os.path.join(folder, _LOCK)
    descriptor = os.open(path + ".new", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    _locks[folder] = descriptor, os.fstat(descriptor)
    os.write(descriptor, os.fsencode(os.uname().nodename))
    with suppress(OSError):  # a file system without locks, where no process gets one
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.rename(path + ".new", path)


def _sweep(directory: str) -> None:
    """Remove the folders in a directory that this user's processes have left on this host."""
    for name in os.listdir(directory):
        if name.startswith(_PREFIX):
            with suppress(OSError):  # another process has removed it, or uses it
                _remove_dead(os.path.join(directory, name))


def _remove_dead(folder: str) -> None:
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or not is_private(found):
        return
    try:
        descriptor = os.open(os.path.join(folder, _LOCK), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        if found.st_mtime < time.time() - _UNLOCKED:
            os.rmdir(folder)
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if os.read(descriptor, 1024) == os.fsencode(os.uname().nodename):
            remove(folder)
    finally:
        os.close(descriptor)


def enter(folder: str) -> None:
    """In a child: work in the folder from now on, and put temporary files there, too."""
    global entered
    # Imports must go on from where they did.
    sys.path[:] = [os.path.abspath(each) if isinstance(each, str) else each for each in sys.path]
    os.environ.update(dict.fromkeys(_VARIABLES, os.path.join(folder, _TEMPORARY)))
    if module := sys.modules.get("tempfile"):
        vars(module)["tempdir"] = None  # it is looked up anew
    os.chdir(os.path.join(folder, _WORK))
    entered = folder


def work_in_another() -> None:
    """In a child: go on in another empty folder inside of its own one."""
    import tempfile

    os.chdir(tempfile.mkdtemp(dir=entered))


def new_path(name: str) -> str:
    """In a child: a new path inside of its own folder, with that last part."""
    import tempfile

    return os.path.join(tempfile.mkdtemp(dir=entered), name)


def content() -> set[str]:
    """In a child: what lies in the folder that it works in, and in that of temporary files."""
    folders = os.getcwd(), os.path.join(entered, _TEMPORARY)
    return {os.path.join(each, name) for each in folders for name in os.listdir(each)}
