"""Helpers of the tests of segments: a folder of the test's own, and what is in it."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters._segments import home, receiver
from adapters._segments.home import Home
from adapters._segments.segment import is_name
from adapters._segments.sender import Handed, Sender, close_sender, sender_in

SIZE = 200_000  # bytes of a part that goes into a segment
TIMEOUT = 60


def _are_usable() -> bool:
    made = Home()
    try:
        return bool(made.folder) and Sender(made.folder)._make(1 << 17, 1 << 17) is not None
    finally:
        made.close()


# There are none on systems without POSIX, nor where the file system is almost full.
needs_segments = pytest.mark.skipif(not _are_usable(), reason="segments cannot be used here")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where this process makes its folders of segments; nothing else is there."""
    made = tempfile.mkdtemp(dir=home._directory())
    monkeypatch.setattr(home, "_directory", lambda: made)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def room(directory: str) -> Iterator[Home]:
    """A folder for segments."""
    made = Home()
    yield made
    made.close()


@pytest.fixture
def sender(room: Home) -> Sender:
    """The sender of this process in the folder of the test."""
    return sender_in(room.folder)


def hand(sender: Sender, data: bytes) -> Handed:
    """Hand a part over."""
    handed = sender.hand_over([data], len(data))
    assert handed is not None
    return handed


def take(handed: Handed, readonly: bool = False) -> memoryview:
    """Take a part that was handed over."""
    view = receiver.take(*handed.name, readonly)
    assert isinstance(view, memoryview), view
    return view


def lost(name: tuple[str, int, int]) -> str:
    """Why a part cannot be taken."""
    error = receiver.take(*name)
    assert isinstance(error, Exception)
    return str(error)


def segments_in(directory: str | Path) -> list[Path]:
    """The segments in a directory, in whichever folder."""
    return sorted(each for each in Path(directory).rglob("*") if is_name(each.name))


def folders_in(directory: str | Path) -> list[Path]:
    """The folders of segments in a directory."""
    return sorted(Path(directory).rglob("*.segments"))


def restart(sender: Sender) -> Sender:
    """A new sender in the folder of one that ends as with its process."""
    close_sender(sender._folder, keep_unread=True)
    return sender_in(sender._folder)


def in_a_child(function: Callable[[], Any]) -> bytes:
    """What a function returns in a forked child, which then ends at once."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(theirs, bytes(function()))
        except BaseException as error:
            os.write(theirs, repr(error).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    return found


def killed_child(function: Callable[[], Any]) -> bytes:
    """What a function returns in a forked child, which is then killed."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            result = function()
            os.write(theirs, bytes(result))
            os.close(theirs)
            signal.pause()
        finally:
            os._exit(1)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        found = pipe.read()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return found


def part_of(fill: int, size: int = SIZE) -> bytes:
    """A part that holds one byte again and again."""
    return bytes([fill % 256]) * size


def state_of(size: int, fill: int = 0) -> Any:
    """An array that emits its memory as a buffer, without numpy."""
    array = (ctypes.c_ubyte * size)()
    ctypes.memset(array, fill, size)
    return array


def descriptors() -> int:
    """How many files this process has open."""
    return len(os.listdir("/dev/fd"))
