"""Refusals: what Python code cannot do from now on, in this process and in those forked from it.

An audit hook sees what Python code asks of the system (PEP 578), not what C code does. A refusal is
a PermissionError: most code that asks for something in passing has a way to do without.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_UNIX = 1  # the value of socket.AF_UNIX, whose module need not be imported
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_places: tuple[str, ...] = ()  # where files may be written
_first = 0  # the process that has called `install`
_are_lifted = False


def install(places: Iterable[str]) -> None:
    """Refuse network, other programs and signals, and changes of files but at some places.

    Args:
        places: Paths of folders, for what is beneath them, and of files.
    """
    global _places, _first
    _places, _first = tuple(map(os.path.realpath, places)), os.getpid()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_restore)
    sys.addaudithook(_hook)


@contextmanager
def allowed() -> Iterator[None]:
    """Lift the refusals for what the caller itself does, as to start a process.

    A process that is forked meanwhile has them again.
    """
    global _are_lifted
    before, _are_lifted = _are_lifted, True
    try:
        yield
    finally:
        _are_lifted = before


def _restore() -> None:
    global _are_lifted
    _are_lifted = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    check = _CHECKS.get(event)
    if check is not None and not _are_lifted and not check(*args):
        raise PermissionError(errno.EACCES, f"{event} is refused where code is only tried")


def _never(*_: object) -> bool:
    return False


def _may_open(path: Any, _mode: object, flags: int | None, *_: object) -> bool:
    return isinstance(path, int) or not (flags or 0) & _WRITES or _is_inside(path)


def _may_change(path: Any, *_: object) -> bool:
    return _is_inside(path)


def _may_make(path: Any, _mode: object = None, folder: int = -1, *_: object) -> bool:
    return _is_inside(path, folder, follow=False)


def _may_remove(path: Any, folder: int = -1, *_: object) -> bool:
    return _is_inside(path, folder, follow=False)


def _may_rename(old: Any, new: Any, of_old: int = -1, of_new: int = -1, *_: object) -> bool:
    return _is_inside(old, of_old, follow=False) and _is_inside(new, of_new, follow=False)


def _may_change_mode(path: Any, _mode: object, folder: int = -1, *_: object) -> bool:
    return _is_inside(path, folder)


def _may_change_owner(
    path: Any, _user: object, _group: object, folder: int = -1, *_: object
) -> bool:
    return _is_inside(path, folder)


def _may_link(_old: Any, new: Any, folder: int = -1, *_: object) -> bool:
    return _is_inside(new, folder, follow=False)


def _is_inside(path: Any, folder: int = -1, follow: bool = True) -> bool:
    """Whether a path leads to one of the places.

    Args:
        path: What was given for it, which may be a descriptor.
        folder: The descriptor of the folder that it is relative to, -1 for the current one.
        follow: Whether its last part is followed, if it is a symlink.
    """
    name = f"/proc/self/fd/{path}" if isinstance(path, int) else os.fsdecode(path)
    if folder != -1:
        name = os.path.join(f"/proc/self/fd/{folder}", name)
    if follow:
        real = os.path.realpath(name)
    else:
        head, tail = os.path.split(name.rstrip(os.sep))
        real = os.path.join(os.path.realpath(head), tail)
    return any(real == place or real.startswith(place + os.sep) for place in _places)


def _may_reach(socket: Any, address: Any, *_: object) -> bool:
    if address is None:  # of a message to where the socket is connected
        return True
    if socket.family != _UNIX:
        return False
    name = os.fsdecode(address)
    return name[:1] in ("", "\0") or _is_inside(name)  # abstract ones are of the network, too


def _may_signal(process: int, number: int, *_: object) -> bool:
    return number == 0 or process in (0, os.getpid()) or _is_of_this(process, True)


def _may_signal_group(group: int, number: int, *_: object) -> bool:
    return number == 0 or group == 0 or _is_of_this(group, False)


def _is_of_this(process: int, if_gone: bool) -> bool:
    """Whether a process is the first one, or was started by it or by those that it has started."""
    while process > 1 and process != _first:
        try:
            with open(f"/proc/{process}/stat", "rb") as file:
                process = int(file.read().rpartition(b")")[2].split()[1])
        except OSError:  # it has ended, or there is no such folder
            return if_gone and os.path.exists(f"/proc/{_first}")
    return process == _first


_CHECKS: dict[str, Callable[..., bool]] = {
    "open": _may_open,
    "os.chflags": _may_change,
    "os.chmod": _may_change_mode,
    "os.chown": _may_change_owner,
    "os.link": _may_rename,
    "os.mkdir": _may_make,
    "os.remove": _may_remove,
    "os.removexattr": _may_change,
    "os.rename": _may_rename,
    "os.rmdir": _may_remove,
    "os.setxattr": _may_change,
    "os.symlink": _may_link,
    "os.truncate": _may_change,
    "os.utime": _may_change_owner,
    "os.kill": _may_signal,
    "os.killpg": _may_signal_group,
    "socket.bind": _may_reach,
    "socket.connect": _may_reach,
    "socket.sendmsg": _may_reach,
    "socket.sendto": _may_reach,
    **dict.fromkeys(
        (
            "os.exec",
            "os.posix_spawn",
            "os.spawn",
            "os.startfile",
            "os.startfile/2",
            "os.system",
            "pty.spawn",
            "signal.pthread_kill",
            "subprocess.Popen",
            "webbrowser.open",
        ),
        _never,
    ),
}
