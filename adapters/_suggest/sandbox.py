"""Sandbox: a forked child gives up what foreign code that is tried there could do to its author.

Files are shared over a fork, with their offsets, as are pipes and sockets: what the child reads is
lost for the author, and what it writes arrives. Memory that is mapped from a file or shared stays.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection
from contextlib import suppress

from adapters import _child, _own_folder
from adapters._suggest import refusals
from adapters.errors import failures

_DEVICES = "/dev/shm", os.devnull  # which may be written
_MOST_COPIED = 1 << 24  # bytes of a file
_MOST_WRITTEN = 1 << 30  # bytes of a file
_VARIABLES = "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"
_REST = " of Python code"


def enter() -> tuple[str, ...]:
    """Restrict this process, and what it starts, as far as the system lets it; cannot be undone.

    Returns:
        The names of what could be had: "descriptors" (none is shared with the author), "limits",
        "network" (there is none), "files" (only those in its own folder, and in shared memory, can
        be written) and "processes" (no program is run, no signal sent). Where the kernel has no
        means for the network or the files, they are refused to Python code alone: "network of
        Python code", "files of Python code". Empty in a process that is no child with a folder.
    """
    parent, folder = _child.parent, _own_folder.entered
    if parent is None or parent[0] != os.getpid() or not folder:
        return ()
    places = folder, *_DEVICES
    pipes = parent[1].fileno(), parent[3].fileno()
    _succeeds(_let_start_children)
    had = [
        name
        for name, measure in (
            ("descriptors", lambda: _own_descriptors(pipes, folder)),
            ("limits", _set_limits),
            ("network", _leave_network),
            ("files", lambda: _confine_writing(places)),
            ("processes", lambda: refusals.install(places)),
        )
        if _succeeds(measure)
    ]
    if "processes" in had:
        had += [name + _REST for name in ("network", "files") if name not in had]
    return tuple(had)


def _succeeds(measure: Callable[[], object]) -> bool:
    try:
        measure()
    except failures():
        return False
    return True


def _leave_network() -> None:
    from adapters._suggest import kernel  # not every Python has ctypes

    kernel.leave_network()


def _confine_writing(places: Collection[str]) -> None:
    from adapters._suggest import kernel

    kernel.confine_writing(places)


def _set_limits() -> None:
    """No core dumps, no huge files, no windows on the author's screen."""
    for variable in _VARIABLES:
        os.environ.pop(variable, None)
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    import resource

    for limit, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, _MOST_WRITTEN)):
        hard = resource.getrlimit(limit)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(limit, (most, most))


def _let_start_children() -> None:
    """Let multiprocessing start children here, with temporary files here."""
    import multiprocessing

    process = multiprocessing.current_process()
    process.daemon = False
    # It puts them in a folder of the author's process, if that has made one.
    vars(process).get("_config", {}).pop("tempdir", None)


def _own_descriptors(kept: Collection[int], folder: str) -> None:
    """Put a descriptor of its own in the place of each one that is shared with the author.

    Also in that of multiprocessing's resource tracker: one of the child's own would remove the
    shared memory of the author at the child's end (python/cpython#82300).
    """
    null = os.open(os.devnull, os.O_RDWR)
    for number in _descriptors():
        if number > 2 and number != null and number not in kept:
            with suppress(OSError):  # it is not open any more, as that of the listing
                _replace(number, null, folder)
    os.dup2(null, 0)
    if null:
        os.close(null)


def _descriptors() -> list[int]:
    for place in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return [int(name) for name in os.listdir(place)]
    return list(range(os.sysconf("SC_OPEN_MAX")))


def _replace(number: int, null: int, folder: str) -> None:
    mode = os.fstat(number).st_mode
    is_inheritable = os.get_inheritable(number)
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISBLK(mode):
        own = _opened_anew(number, folder)
    elif stat.S_ISCHR(mode) and not os.isatty(number):
        return  # a device has no offset that matters
    else:
        own = None
    os.dup2(null if own is None else own, number, is_inheritable)
    if own not in (None, number):
        os.close(own)


def _opened_anew(number: int, folder: str) -> int | None:
    """Another descriptor of the same file with an offset of its own; None if there is no way.

    One that can be written becomes one of a copy, so that code that writes goes on; that of a
    large file becomes one that can only be read.
    """
    import fcntl

    flags = fcntl.fcntl(number, fcntl.F_GETFL)
    if flags & getattr(os, "O_PATH", 0):
        return number
    try:
        own = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    if flags & os.O_ACCMODE != os.O_RDONLY and os.fstat(own).st_size <= _MOST_COPIED:
        with suppress(OSError):
            copy = _copy(own, flags & (os.O_ACCMODE | os.O_APPEND), folder)
            os.close(own)
            own = copy
    with suppress(OSError):  # a file that has no offset
        os.lseek(own, os.lseek(number, 0, os.SEEK_CUR), os.SEEK_SET)
    return own


def _copy(reader: int, flags: int, folder: str) -> int:
    path = os.path.join(folder, "copy")
    try:
        with open(path, "wb") as file:
            while piece := os.read(reader, 1 << 20):
                file.write(piece)
        return os.open(path, flags | os.O_CLOEXEC)
    finally:
        os.unlink(path)
