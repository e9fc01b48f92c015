"""The check for files that rebuilds write, and the watch over them."""

from __future__ import annotations

import errno
import gc
import os
import pickle
import sys
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any

from adapters import _own_folder
from adapters._conformance.report import Broken, NotHere
from adapters._conformance.states import parts
from adapters._naming import shown
from adapters.errors import failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters._conformance.case import Case, Sent

_MOST = 100  # files that a state names
_LONGEST = 4096  # bytes of a path
# Events of sys.addaudithook: what is done, and which arguments are paths.
_EVENTS = {
    "open": ("opens {} for writing", 1),
    "os.chmod": ("changes the mode of {}", 1),
    "os.link": ("makes a link, {}", 2),
    "os.mkdir": ("makes the folder {}", 1),
    "os.remove": ("removes {}", 1),
    "os.rename": ("renames {}", 2),
    "os.rmdir": ("removes the folder {}", 1),
    "os.symlink": ("makes a link, {}", 2),
    "os.utime": ("changes the times of {}", 1),
    "os.truncate": ("truncates {}", 1),
    "shutil.rmtree": ("removes the folder {}", 1),
}
_WRITES = os.O_WRONLY | os.O_APPEND | os.O_TRUNC
_SYSTEM = ("/dev/", "/proc/", "/sys/")
_CACHES = {"__pycache__", ".cache", "cache", "caches"}


def rebuild_writes_no_file(case: Case, sent: Sent) -> None:
    """A rebuild leaves no file behind, and writes, removes and changes none that was there.

    In a child that has rebuilt nothing yet, each example is rebuilt twice, in empty folders. What
    Python code tries to write outside of them is refused, but for imports and caches. The files
    that the state names must have the same size, time and inode afterwards. Temporary files that
    are gone with the object are none that it leaves.
    """
    for turn in range(2):  # what only the first one writes is done once in a process
        if turn:
            _own_folder.work_in_another()
        with Watch(sent.files) as watch:
            fails = _fails(sent)
            gc.collect()
        if found := watch.found(left=bool(turn)):
            advice = "a factory only reads the files that a state names; refuse objects that write"
            raise Broken(f"a rebuild {found}: {advice} in serialize, or name this promise in skip=")
        if fails:
            raise NotHere("an example cannot be rebuilt in an empty folder")


def _fails(sent: Sent) -> bool:
    try:
        pickle.loads(sent.body, buffers=[bytearray(buffer) for buffer in sent.buffers])
    except failures():
        return True
    return False


class Watch(AbstractContextManager["Watch"]):
    """Sees what is written to files, in a child that works in a folder of its own.

    Args:
        files: Paths of files that are not to change.
    """

    def __init__(self, files: Iterable[str] = ()) -> None:
        self._files = {path: _identity(path) for path in files}
        self._writes: list[str] = []
        self._content: set[str] = set()

    def __enter__(self) -> Watch:
        global _watch
        if _own_folder.entered:
            _add_hook()
            self._content = _own_folder.content()
            _watch = self
        return self

    def __exit__(self, *_: object) -> None:
        global _watch
        _watch = None

    def found(self, left: bool = True) -> str:
        """What was done to a file, in words; "" if nothing was. `left`: or which file is left."""
        if self._writes:
            return self._writes[0]
        for path, identity in self._files.items():
            if _identity(path) != identity:
                return f"changes the file {shown(path)}"
        if left and self._left():
            gc.collect()  # an object may remove its temporary files at its end
            folder = os.getcwd()
            new = sorted(self._left(), key=lambda path: (not path.startswith(folder), path))
            if new:
                return f"leaves {shown(os.path.relpath(new[0], folder))} in the folder it works in"
        return ""

    def _left(self) -> set[str]:
        return _own_folder.content() - self._content if _own_folder.entered else set()

    def see(self, event: str, args: tuple[Any, ...]) -> None:
        """Refuse what writes outside of the child's folder, and remember it."""
        verb, count = _EVENTS[event]
        paths = args[:count]
        if event == "open" and not self._is_writing(*args):
            return
        if event == "os.mkdir" and os.path.isdir(paths[0]):  # os.makedirs(..., exist_ok=True)
            return
        for path in paths:
            if not isinstance(path, int) and not _is_excused(path):
                self._writes.append(verb.format(shown(os.fsdecode(path))))
                said = "adapters.testing: a rebuild writes nothing outside of the child's folder"
                raise PermissionError(errno.EACCES, said, path)

    def _is_writing(self, path: Any, mode: Any, flags: Any) -> bool:
        """Whether a file is opened to be written; one for updates is looked at afterwards."""
        if not isinstance(flags, int) or isinstance(path, int):
            return False
        if flags & _WRITES or (flags & os.O_CREAT and not os.path.exists(path)):
            return True
        if flags & os.O_RDWR and not _is_excused(path):
            self._files.setdefault(os.path.abspath(os.fsdecode(path)), _identity(path))
        return False


_watch: Watch | None = None
_has_hook = False


def _add_hook() -> None:
    global _has_hook
    if not _has_hook:
        _has_hook = True
        sys.addaudithook(_hear)


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if _watch is not None and event in _EVENTS:
        _watch.see(event, args)


def _is_excused(path: Any) -> bool:
    """Whether a path is in the child's folder, of the system, a cache or written by an import."""
    where = os.path.realpath(os.fsdecode(path))
    if where.startswith((_own_folder.entered + os.sep, *_SYSTEM)):
        return True
    if _CACHES.intersection(where.lower().split(os.sep)):
        return True
    frame: Any = sys._getframe()
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _identity(path: Any) -> tuple[int, ...] | None:
    with suppress(OSError, ValueError):
        found = os.stat(path)
        return found.st_size, found.st_mtime_ns, found.st_ino
    return None


def _paths_in(state: Any) -> Iterator[str]:
    for _, part in parts(state):
        if isinstance(part, (str, bytes, os.PathLike)):
            with suppress(TypeError, ValueError):  # not every text is a path
                path = os.fsdecode(part)
                if 0 < len(path) <= _LONGEST:
                    yield path


def files_in(state: Any) -> list[str]:
    """The files that the strings, bytes and paths in a state name, as absolute paths."""
    found: dict[str, None] = {}
    for path in _paths_in(state):
        with suppress(OSError, ValueError):
            if len(found) < _MOST and os.path.isfile(path):
                found[os.path.abspath(path)] = None
    return list(found)


def relative_path(state: Any, folder: str, error: BaseException) -> str:
    """What to do if a rebuild failed as a state names a file from `folder`, its author's; or ""."""
    missing = set()
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, FileNotFoundError):
            missing.add(cause.filename)
        cause = cause.__cause__ or cause.__context__
    for path in _paths_in(state):
        if not os.path.isabs(path) and (
            path in missing
            or os.path.isfile(where := os.path.join(folder, path))
            or (missing and os.path.exists(where))
        ):
            return (
                f"; the state names {shown(path)} by a relative path, and another process may work"
                " in another folder: put os.path.abspath of it into the state"
            )
    return ""
