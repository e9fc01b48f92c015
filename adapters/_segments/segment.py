"""Segment: a file that one sender fills, and one receiver at a time uses as its own memory."""

from __future__ import annotations

import mmap
import os
import secrets
import sys
from collections.abc import Sequence
from contextlib import suppress
from re import fullmatch
from time import monotonic
from typing import Any

from adapters._segments import header
from adapters._segments.limits import CHUNK
from adapters._segments.processes import has_ended, identity

_FLAGS = os.O_RDWR | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_CLOEXEC"))
_NAME = r"[0-9]+\.[0-9]+\.[0-9a-f]{12}"  # its sender, as `identity` has it, and a random part

# Until 3.13, a mapping holds a descriptor of its own.
UNTRACKED: dict[str, Any] = (
    {"trackfd": False} if sys.version_info >= (3, 13) and os.name == "posix" else {}
)
DESCRIPTORS = 1 if UNTRACKED else 2  # of a mapping, with that of the file
# Bytes around a page that Linux maps with it if they are in memory. An access to one page of each
# takes three quarters of the time of MAP_POPULATE, which looks up each page.
_AROUND = 1 << 16


def is_name(name: str) -> bool:
    """Whether a file of this name is a segment."""
    return fullmatch(_NAME, name) is not None


def maker_of(name: str) -> tuple[int, int]:
    """The process that has made a segment of this name, as `identity` has it."""
    process, namespace, _ = name.split(".")
    return int(process), int(namespace)


def mapped(descriptor: int, size: int) -> mmap.mmap:
    """A mapping of a file that others write to as well, with all of its pages.

    Raises:
        OSError: it cannot be mapped.
    """
    mapping = mmap.mmap(descriptor, size, **UNTRACKED)
    touch(mapping, 0, size)
    return mapping


def touch(mapping: mmap.mmap, start: int, end: int) -> None:
    """Map the pages of a part of a mapping, if they are in memory."""
    mapping[start:end:_AROUND]


class Segment:
    """One segment, as its sender has it.

    Args:
        folder: Where to make the file.
        size_class: The size up to which it can hold a part.

    Attributes:
        used: When it was last known to be in use, as a time of `time.monotonic`.
        token: That of the part that it holds.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, folder: str, size_class: int) -> None:
        self._descriptor = -1
        process, namespace = identity()
        self.path = os.path.join(folder, f"{process}.{namespace}.{secrets.token_hex(6)}")
        self.size_class = size_class
        self.used = monotonic()
        self.token = secrets.randbits(62)
        self._size = 0  # bytes of data for which the file has memory
        self._memory: memoryview | None = None  # a mapping of these, from the second part on
        self._descriptor = os.open(self.path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.fchmod(self._descriptor, 0o600)  # whatever the umask is
            os.pwrite(self._descriptor, header.packed(self.token, header.FREE), 0)
        except BaseException:
            self.remove()
            raise

    def __del__(self) -> None:
        self.forget()  # one that an interrupt has lost

    def fill(self, pieces: Sequence[Any], size: int) -> None:
        """Copy bytes-like pieces, `size` bytes in all, and hand them over.

        write() fills fresh memory in half the time of a mapping, and a full file system is an error
        there, and no signal. What is mapped already is filled in half the time of write().

        Raises:
            OSError: there is no room.
        """
        self.token += 1
        memory = self._map(size)
        position = 0
        for piece in pieces:
            with memoryview(piece) as view, view.cast("B") as rest:
                for start in range(0, len(rest), CHUNK):
                    part = rest[start : start + CHUNK]
                    if memory is None:
                        self._write(part, header.DATA + position)
                    else:
                        memory[position : position + len(part)] = part
                    position += len(part)
        self._size = max(self._size, size)
        os.pwrite(self._descriptor, header.packed(self.token, header.HANDED), 0)
        self.used = monotonic()

    def _map(self, size: int) -> memoryview | None:
        """The memory for a part, if it needs no more than the file has."""
        if not 0 < size <= self._size:
            self._memory = None
        elif self._memory is None:
            with suppress(OSError, ValueError):  # no more mappings, or the file was truncated
                memory = memoryview(mapped(self._descriptor, header.DATA + self._size))
                self._memory = memory[header.DATA :]
        return self._memory

    def _write(self, rest: memoryview, offset: int) -> None:
        while rest:
            written = os.pwrite(self._descriptor, rest, offset)
            rest, offset = rest[written:], offset + written

    def state(self) -> int:
        """Its state, as in its header."""
        found = os.pread(self._descriptor, 1, header.STATE) if self._descriptor >= 0 else b""
        return found[0] if found else header.RETIRED  # it was removed, or truncated

    def reclaim(self) -> bool:
        """Free it if the process that has taken it is known to have ended."""
        if self.state() != header.TAKEN:
            return False
        taker = os.pread(self._descriptor, header.PROCESS.size, header.TAKER)
        if len(taker) < header.PROCESS.size or not has_ended(*header.PROCESS.unpack(taker)):
            return False
        os.pwrite(self._descriptor, bytes([header.FREE]), header.STATE)
        return True

    def mark_sent(self) -> None:
        """Note that the message that names it was sent."""
        if self._descriptor >= 0:
            os.pwrite(self._descriptor, b"\1", header.SENT)

    def remove(self, *, keep_unread: bool = False) -> None:
        """Remove it. Its memory stays with a receiver that has taken it, and goes with its object.

        With `keep_unread`, one that was handed over is left for its receiver, which removes it.
        """
        with suppress(OSError):
            os.pwrite(self._descriptor, b"\1", header.CLOSED)  # before the state is read
            state = self.state()
            if state == header.FREE:
                # At once, also where a receiver keeps its mapping for the next time.
                os.ftruncate(self._descriptor, header.DATA)
            if state != header.HANDED or not keep_unread:
                os.unlink(self.path)
        self.forget()

    def forget(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, -1
        self._memory = None
        if descriptor >= 0 and os is not None:  # None: the interpreter is shutting down
            os.close(descriptor)
