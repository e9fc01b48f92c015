"""Spare files: their memory is given back, whatever happens, and children hold none of it."""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import processes
import pytest
import sharing
import storing
from sharing import in_threads
from storing import (
    TIMEOUT,
    content,
    files_in,
    forked,
    held,
    in_a_fork,
    inode,
    leases,
    leave_spare,
    no_room,
    put_again,
    spares_in,
)

from adapters import _sweep, stores
from adapters.stores import _files, _folder, _spare

pytestmark = leases
memory = storing.memory
store = storing.store_in_memory
MIB = _files.LARGE


class TestSpareFilesAreRemoved:
    def test_when_they_are_idle(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave_spare(store)
        gc.collect()
        assert len(spares_in(memory)) == 1
        now = _spare.monotonic() + _spare._IDLE
        monkeypatch.setattr(_spare, "monotonic", lambda: now)
        gc.collect()
        assert files_in(memory) == []
        assert held(memory) == []

    def test_when_there_are_more_than_a_few(self, store: stores.Local, memory: Path) -> None:
        leave_spare(store)
        keys = [store.put([bytes(MIB)]) for _ in range(_spare._COUNT + 2)]
        for key in keys:
            store.delete(key)
        assert len(spares_in(memory)) == _spare._COUNT
        keys = [store.put([bytes(MIB)]) for _ in keys]
        assert spares_in(memory) == []
        for key in keys[_spare._COUNT :]:
            store.delete(key)
        more = [store.put([bytes(MIB)]) for _ in range(2)]
        # Some are in files that were spare, and have no mapping all the same.
        assert len(_spare._filled) == _spare._COUNT
        for key in [*keys[: _spare._COUNT], *more]:
            store.delete(key)

    @pytest.mark.parametrize("size", [1, 4 * MIB])
    def test_when_there_is_no_room(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        leave_spare(store)
        monkeypatch.setattr(os, "statvfs", no_room(lambda _: bool(spares_in(memory))))
        with put_again(store, bytes(size)) as key:
            assert content(store.get(key)) == [bytes(size)]
            assert spares_in(memory) == []

    def test_at_the_end_of_the_process(self, memory: Path) -> None:
        program = "import sharing, sys; sharing.leave_spares(sys.argv[1])"
        processes.run("-c", program, str(memory))
        assert files_in(memory) == []

    def test_at_the_end_of_a_process_of_multiprocessing(
        self, memory: Path, start_method: str
    ) -> None:
        context = multiprocessing.get_context(start_method)
        process = context.Process(target=sharing.leave_spares, args=(str(memory),))
        process.start()
        process.join(TIMEOUT)
        assert process.exitcode == 0
        assert files_in(memory) == []

    def test_by_the_next_process_if_their_owner_was_killed(
        self, store: stores.Local, memory: Path
    ) -> None:
        with forked(lambda: sharing.leave_spares(str(memory))) as (count, child):
            assert count == len(spares_in(memory)) == 1
            storing.sweep(store)
            assert len(spares_in(memory)) == 1
            os.kill(child, signal.SIGKILL)
        _sweep._next.clear()
        store.delete(store.put([b"part"]))
        assert files_in(memory) == []


class TestAForkedChild:
    def test_holds_and_removes_no_file_of_its_parent(
        self, store: stores.Local, memory: Path
    ) -> None:
        leave_spare(store)
        with put_again(store) as key:  # which is mapped here
            leave_spare(store)

            def child() -> tuple[list[str], bool, list[str]]:
                found = held(memory)
                assert not _spare._spares
                assert not _spare._filled
                own = store.put([b"child" * MIB])
                is_other = Path(own).parent != Path(key).parent
                store.delete(own)
                assert spares_in(memory) == taken  # it has not put anything here before
                _spare.let_go()
                _spare._end()
                return found, is_other, spares_in(memory)

            assert len(held(memory)) > 1
            taken = spares_in(memory)
            found, is_other, spares = in_a_fork(child)
            assert [line for line in found if "lock" not in line] == []
            assert is_other
            assert spares == spares_in(memory) == taken
            assert len(taken) == 1
            assert content(store.get(key)) == [bytes(MIB)]
        with put_again(store), put_again(store):
            assert spares_in(memory) == []

    def test_of_c_code_writes_to_no_file_of_its_parent(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Python's handlers do not run there."""
        leave_spare(store)
        [spare] = _spare._spares
        spares, process = spares_in(memory), os.getpid()
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: process + 1)
            with put_again(store) as key:
                assert inode(key) != spare._found.st_ino
            _spare.let_go()
            assert spares_in(memory) == spares
            assert [line for line in held(memory) if "spare" in line] == []
        os.unlink(spare._path)
        assert spare._place
        _folder.release(*spare._place)


def link(path: Path) -> None:
    os.link(path, path.with_name("link"))


def grow(path: Path) -> None:
    os.truncate(path, 2 * MIB)


def cut_off(path: Path) -> None:
    os.truncate(path, 1000)


def replace(path: Path) -> None:
    path.unlink()
    path.write_bytes(bytes(MIB + 64))
    path.chmod(0o600)


def open_to_others(path: Path) -> None:
    path.chmod(0o644)


CHANGES = [link, grow, cut_off, replace, open_to_others, Path.unlink]


class TestASpareFileIsNotUsed:
    @pytest.mark.parametrize("change", CHANGES)
    def test_that_somebody_has_changed(
        self, store: stores.Local, memory: Path, change: Callable[[Path], None]
    ) -> None:
        leave_spare(store)
        [spare] = _spare._spares
        change(Path(spare._path))
        with put_again(store, b"x" * MIB) as key:
            assert inode(key) != spare._found.st_ino
            assert content(store.get(key)) == [b"x" * MIB]
        for path in memory.rglob("link"):
            assert path.read_bytes()[64:] == bytes(MIB)
            path.unlink()

    def test_whose_descriptor_somebody_has_closed(self, store: stores.Local, memory: Path) -> None:
        leave_spare(store)
        [spare] = _spare._spares
        other = memory / "other"
        other.write_bytes(b"o" * spare._found.st_size)
        other.chmod(0o600)
        reused = os.open(other, os.O_RDWR)
        os.dup2(reused, spare._descriptor)
        with put_again(store) as key:
            assert inode(key) != spare._found.st_ino
        _spare.let_go()
        assert os.fstat(spare._descriptor).st_ino == other.stat().st_ino  # it is left open
        assert set(other.read_bytes()) == set(b"o")
        os.close(spare._descriptor)
        os.close(reused)
        other.unlink()


class TestAWriteThatFails:
    @pytest.mark.parametrize("what", ["mmap.mmap", "os.truncate", "os.rename"])
    def test_is_done_in_a_new_file(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        leave_spare(store)
        [spare] = _spare._spares

        def fail(*_: Any, **__: Any) -> None:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

        with monkeypatch.context() as patch:
            patch.setattr(f"adapters.stores._spare.{what}", fail)
            key = store.put([b"x" * MIB])
        assert inode(key) != spare._found.st_ino
        assert content(store.get(key)) == [b"x" * MIB]
        assert spares_in(memory) == []
        assert held(memory) == [line for line in held(memory) if "lock" in line]
        store.delete(key)

    @pytest.mark.parametrize("when", ["while it copies", "before the last step", "after it"])
    def test_by_an_interrupt_leaves_nothing(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch, when: str
    ) -> None:
        leave_spare(store)
        rename = os.rename

        def interrupt(*args: Any) -> None:
            if when == "after it":
                rename(*args)
            raise KeyboardInterrupt

        what = "touch" if when == "while it copies" else "os.rename"
        monkeypatch.setattr(f"adapters.stores._spare.{what}", interrupt)
        with pytest.raises(KeyboardInterrupt):
            store.put([b"x" * MIB])
        assert files_in(memory) == []
        assert held(memory) == []


def test_threads_share_again_and_again(store: stores.Local, memory: Path) -> None:
    numbers = iter(range(10**6))
    inodes = []

    def share() -> None:
        for _ in range(30):
            part = next(numbers).to_bytes(4, "little") * (MIB // 4)
            with put_again(store, part) as key:
                inodes.append(inode(key))
                parts = store.get(key)
                assert content(parts) == [part]
            assert content(parts) == [part]
            with put_again(store, bytes(MIB)):
                assert content(parts) == [part]
            del parts

    leave_spare(store)
    in_threads(share, 4)
    assert len(spares_in(memory)) <= _spare._COUNT
    assert len(set(inodes)) < len(inodes)


def test_a_handle_that_the_collector_finds_is_kept_as_any(
    store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finalizer may run in the middle of a put, in the same thread."""
    other = store.put([b"o" * MIB])
    leave_spare(store)
    real = _spare._File.is_free

    def collect(file: Any) -> bool:
        nonlocal other
        if other:
            key, other = other, ""
            store.delete(key)
        return real(file)

    monkeypatch.setattr(_spare._File, "is_free", collect)
    key = store.put([b"x" * MIB])
    assert other == ""
    assert content(store.get(key)) == [b"x" * MIB]
    store.delete(key)
    assert len(spares_in(memory)) == 2
