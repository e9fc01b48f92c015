"""Leases: the kernel tells whether a file is open or mapped anywhere."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import processes
import pytest
import storing
from storing import forked, in_a_fork, leases

from adapters.stores import _lease

pytestmark = leases
memory = storing.memory
SIZE = 1 << 16
KEPT: list[Any] = []


@pytest.fixture
def file(memory: Path) -> Iterator[tuple[Path, int]]:
    """A file in memory, and a descriptor of this process."""
    path = memory / "file"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.truncate(descriptor, SIZE)
    yield path, descriptor
    os.close(descriptor)


def mapped(path: Path, access: int = mmap.ACCESS_READ) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR if access == mmap.ACCESS_WRITE else os.O_RDONLY)
    try:
        return mmap.mmap(descriptor, SIZE, access=access)
    finally:
        os.close(descriptor)


def mapped_alone(path: Path, flags: str = "MAP_SHARED") -> int:
    """The address of a mapping that holds no descriptor, as all mappings from Python 3.13 on."""
    function = ctypes.CDLL(None).mmap
    function.restype = ctypes.c_void_p
    descriptor = os.open(path, os.O_RDONLY)
    try:
        size, offset = ctypes.c_size_t(SIZE), ctypes.c_long(0)
        address: int = function(
            None, size, mmap.PROT_READ, getattr(mmap, flags), descriptor, offset
        )
        assert address not in (None, ctypes.c_void_p(-1).value)
        return address
    finally:
        os.close(descriptor)


READERS: dict[str, Callable[[Path], Any]] = {
    "has it open": lambda path: os.open(path, os.O_RDONLY),
    "has it open for writing": lambda path: os.open(path, os.O_WRONLY),
    "has mapped it": mapped,
    "has mapped it for writing": lambda path: mapped(path, mmap.ACCESS_WRITE),
    "has mapped a copy": lambda path: mapped(path, mmap.ACCESS_COPY),
    "holds no descriptor": mapped_alone,
    "has mapped a copy and holds no descriptor": lambda path: mapped_alone(path, "MAP_PRIVATE"),
}


def test_a_file_of_one_descriptor_is_free(file: tuple[Path, int]) -> None:
    _, descriptor = file
    assert _lease.is_free(descriptor)
    with mmap.mmap(descriptor, SIZE):  # it is made from the same descriptor
        assert _lease.is_free(descriptor)
    assert _lease.is_free(descriptor)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_file_is_not_free_while_another_process(
    file: tuple[Path, int], read: Callable[[Path], Any]
) -> None:
    path, descriptor = file
    with forked(lambda: KEPT.append(read(path))):
        assert not _lease.is_free(descriptor)
        path.rename(path.with_name("other"))
        assert not _lease.is_free(descriptor)
        path.with_name("other").unlink()
        assert not _lease.is_free(descriptor)
    assert _lease.is_free(descriptor)


def test_a_file_is_not_free_while_a_view_in_this_process_is_of_it(file: tuple[Path, int]) -> None:
    path, descriptor = file
    view = memoryview(mapped(path))
    part = view[1:2]
    del view
    assert not _lease.is_free(descriptor)
    del part
    assert _lease.is_free(descriptor)


def test_a_file_is_not_free_while_a_child_of_its_reader_lives(file: tuple[Path, int]) -> None:
    path, descriptor = file
    view = mapped(path)
    with forked(lambda: KEPT.append(view)):
        view.close()
        assert not _lease.is_free(descriptor)
    assert _lease.is_free(descriptor)


OPENED_MEANWHILE = """
import fcntl, os, sys
from adapters.stores import _lease

path = sys.argv[1]
real = fcntl.fcntl
opens = []

def ask(descriptor, command, argument):
    real(descriptor, command, argument)
    if (command, argument) == (fcntl.F_SETLEASE, fcntl.F_WRLCK):
        try:
            opens.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        except BlockingIOError:
            opens.append("it waits")

fcntl.fcntl = ask
print(_lease.is_free(os.open(path, os.O_RDWR)), opens)
"""


def test_who_opens_the_file_meanwhile_does_not_end_this_process(memory: Path) -> None:
    path = memory / "file"
    path.touch()
    assert processes.run("-c", OPENED_MEANWHILE, str(path)) == "True ['it waits']\n"


def test_what_has_no_lease_is_not_free() -> None:
    ends = os.pipe()
    assert not any(map(_lease.is_free, ends))
    for end in ends:
        os.close(end)
    assert not _lease.is_free(ends[0])


class TestLeasesTell:
    def test_on_tmpfs(self, memory: Path) -> None:
        assert _lease.can_tell(memory.stat().st_dev)
        assert not _lease.can_tell(Path("/proc").stat().st_dev)

    @pytest.mark.parametrize(("system", "tells"), [("tmpfs", True), ("overlay", False)])
    def test_by_the_name_of_the_file_system(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, tells: bool
    ) -> None:
        mounts = tmp_path / "mounts"
        mounts.write_text(
            "30 1 0:38 / / rw - ext4 /dev/vda rw\n"
            f"31 30 0:39 / /me\\040too rw,nosuid shared:7 master:2 - {system} tmpfs rw\n"
            "32 30 0:40 / /me rw - tmpfs tmpfs rw\n"
        )
        monkeypatch.setattr(_lease, "_MOUNTS", str(mounts))
        assert _lease.can_tell(os.makedev(0, 39)) == tells
        assert not _lease.can_tell(os.makedev(0, 41))

    def test_not_where_there_are_none(self, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        device = memory.stat().st_dev
        with monkeypatch.context() as patch:
            patch.delattr(_lease.fcntl, "F_SETLEASE")
            assert not _lease.can_tell(device)
        with monkeypatch.context() as patch:
            patch.setattr(_lease, "_MOUNTS", "/nowhere")
            assert not _lease.can_tell(device)
        monkeypatch.setattr(_lease, "fcntl", None)
        assert not _lease.can_tell(device)


def test_a_child_of_the_owner_does_not_count(file: tuple[Path, int]) -> None:
    """It has copies of the descriptor and the mapping: so it must not read them."""
    _, descriptor = file
    with mmap.mmap(descriptor, SIZE), forked(os.getpid):
        assert _lease.is_free(descriptor)
    assert in_a_fork(lambda: _lease.is_free(descriptor))
