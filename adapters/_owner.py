"""The owner of a file: a name for a process, and whether the process of that name still runs."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path
from re import fullmatch
from zlib import crc32


def name() -> str:
    """The name of this process: host, id and, since ids are used again, when it started."""
    return f"{_host()}.{os.getpid()}.{_started(os.getpid()) or 0}"


def is_here(owner: str) -> bool:
    """Whether a process of this name is or was on this host, and in this container."""
    return owner.partition(".")[0] == _host()


def is_dead(owner: str) -> bool:
    """Whether it is known that the process of this name has ended."""
    found = fullmatch(rf"{_host()}\.(\d+)\.(\d+)", owner)
    if not found or os.name != "posix":
        return False
    process, started = map(int, found.groups())
    if os.path.exists("/proc/self/stat"):
        return _started(process) != started
    try:
        os.kill(process, 0)
    except OSError as error:  # any other one says that it runs, as another user's
        return isinstance(error, ProcessLookupError)
    return False


@cache
def _host() -> str:
    """A checksum that names the host, its current boot and the PID namespace (of a container)."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        parts.append(os.readlink("/proc/self/ns/pid"))
    return f"{crc32(repr(parts).encode()):08x}"


def _started(process: int) -> int | None:
    """When a process started, in clock ticks; None if it has ended, or there is no /proc."""
    try:
        # proc(5): the command, in parentheses, may hold any character; the state is the next field.
        fields = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])
