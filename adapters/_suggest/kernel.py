"""Kernel: what Linux refuses to this process from now on, and to all that it starts.

Neither can be undone. Landlock is described in landlock(7), name spaces in network_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

# System calls, which have these numbers on nearly all machines.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = _PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38  # for prctl
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # for unshare

# Rights on files, and the version of Landlock that brings them.
_WRITE_FILE, _REFER, _TRUNCATE = 1 << 1, 1 << 13, 1 << 14
_REMOVE_OR_MAKE = sum(1 << bit for bit in range(4, 13))
_TCP = 0b11  # to bind and to connect: version 4
_SCOPES = 0b11  # no abstract sockets and no signals of processes outside: version 6


def confine_writing(places: Iterable[str]) -> None:
    """Let files be written, made and removed at some places only; all can be read and run.

    Changes of mode, owner and times are no writing, and abide.

    Args:
        places: Paths of folders, for what is beneath them, and of files. What is not there is
            passed over.

    Raises:
        OSError: this kernel has no Landlock, or refuses it.
    """
    version = _system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    in_files = _WRITE_FILE | (_TRUNCATE if version >= 3 else 0)
    rights = in_files | _REMOVE_OR_MAKE | (_REFER if version >= 2 else 0)
    # Older kernels take the longer struct, too, where the rest of it is zero.
    rules = struct.pack("=QQQ", rights, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    ruleset = _system_call(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0)
    try:
        for place in places:
            with suppress(FileNotFoundError):
                _let_write(ruleset, place, rights, in_files)
        _check(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def leave_network() -> None:
    """Go on in a network of its own, without any interface that is up.

    Raises:
        OSError: the kernel refuses it, as to a process with threads, or has no such thing.
    """
    if not sys.platform.startswith("linux"):
        raise OSError("only Linux has name spaces")
    libc = _libc()
    with suppress(OSError):  # root needs no user name space, in which it could read less
        _check(libc.unshare(_NEW_NETWORK))
        return
    user, group = os.geteuid(), os.getegid()
    if not os.access("/proc/self/uid_map", os.W_OK):
        raise PermissionError("there is no way to go on as the same user")
    _check(libc.unshare(_NEW_USER | _NEW_NETWORK))
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)


def _let_write(ruleset: int, place: str, rights: int, in_files: int) -> None:
    descriptor = os.open(place, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights = in_files
        rule = struct.pack("=Qi", rights, descriptor)
        _system_call(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _system_call(number: int, *args: Any) -> int:
    if not sys.platform.startswith("linux"):
        raise OSError("only Linux has Landlock")
    longs = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in (number, *args)]
    return _check(_libc().syscall(*longs))


def _check(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
