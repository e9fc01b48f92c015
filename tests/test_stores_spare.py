"""Spare files: a state is written into the pages of one that was deleted and is not in use."""

from __future__ import annotations

import errno
import multiprocessing
import os
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sharing
import storing
from sharing import Costly
from storing import (
    TIMEOUT,
    content,
    files_in,
    forking,
    held,
    in_a_fork,
    inode,
    leases,
    leave_spare,
    put_again,
    spares_in,
)

import adapters
from adapters import stores
from adapters.stores import _files, _folder, _lease, _local, _spare

pytestmark = leases
memory = storing.memory
MIB = _files.LARGE


store = storing.store_in_memory


class TestAStateThatIsPutAgainAndAgain:
    def test_takes_the_file_of_the_one_before(self, store: stores.Local, memory: Path) -> None:
        leave_spare(store, 2 * MIB)
        seen = set()
        keys = []
        for number in range(5):
            parts = [bytes([number]) * 100, b"", os.urandom(2 * MIB - 2000 * (number + 1))]
            key = store.put(parts)
            keys.append(key)
            seen.add(inode(key))
            assert content(store.get(key)) == parts
            assert spares_in(memory) == []
            store.delete(key)
            assert spares_in(memory) == [f"{Path(key).parent.name}/{number + 2}.spare"]
        assert len(seen) == 1
        assert len(set(keys)) == 5
        for key in keys:
            with pytest.raises(LookupError):
                store.get(key)

    def test_is_closed_for_who_has_got_it(self, store: stores.Local) -> None:
        leave_spare(store)
        key = store.put([bytes(MIB)])
        parts = store.get(key)
        assert not store.closed(parts)
        store.delete(key)
        assert store.closed(parts)
        with put_again(store, b"x" * MIB) as other:
            assert inode(other) != os.fstat(_spare._spares[0]._descriptor).st_ino
            assert content(parts) == [bytes(MIB)]
            assert store.closed(parts)
        del parts

    def test_may_have_half_of_the_size(self, store: stores.Local, memory: Path) -> None:
        for first, second, taken in ((4, 2, True), (4, 1, False), (2, 3, False)):
            leave_spare(store, first * MIB)
            [spare] = _spare._spares
            # With the header, the file is a little larger.
            part = os.urandom(second * MIB)
            with put_again(store, part) as key:
                assert content(store.get(key)) == [part]
                assert (inode(key) == spare._found.st_ino) == taken
                assert os.stat(key).st_size == second * MIB + 64
            _spare.let_go()

    def test_goes_on_when_its_folder_is_full(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_folder, "COUNT", 2)
        leave_spare(store)
        inodes = set()
        for number in range(5):
            with put_again(store, bytes([number]) * MIB) as key:
                inodes.add(inode(key))
        assert len(inodes) == 1

    def test_is_found_by_no_name_of_an_earlier_one(self, store: stores.Local) -> None:
        leave_spare(store)
        [spare] = _spare._spares
        with pytest.raises(Exception, match="is not a key"):
            store.get(spare._path)


class TestNothingIsKept:
    def test_of_one_that_is_put_once(self, store: stores.Local, memory: Path) -> None:
        store.delete(store.put([bytes(MIB)]))
        assert files_in(memory) == []

    def test_of_several_that_are_deleted_in_the_end(
        self, store: stores.Local, memory: Path
    ) -> None:
        keys = [store.put([bytes(MIB)]) for _ in range(3)]
        for key in keys:
            store.delete(key)
        assert files_in(memory) == []

    def test_of_small_ones(self, store: stores.Local, memory: Path) -> None:
        for _ in range(4):
            store.delete(store.put([bytes(MIB - 200)]))
        assert files_in(memory) == []
        leave_spare(store)
        store.delete(store.put([bytes(MIB - 200)]))
        assert len(spares_in(memory)) == 1

    def test_of_other_directories(self, store: stores.Local, memory: Path) -> None:
        leave_spare(store)
        (memory / "other").mkdir()
        other = stores.Local(memory / "other")
        key = other.put([bytes(MIB)])
        assert inode(key) != _spare._spares[0]._found.st_ino
        other.delete(key)
        assert files_in(memory / "other") == []
        with put_again(other):  # from now on, it is this one that is used again
            assert spares_in(memory) == []
        assert len(spares_in(memory / "other")) == 1
        _spare.let_go()
        (memory / "other").rmdir()

    def test_on_a_file_system_where_leases_tell_nothing(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_lease, "_MOUNTS", os.devnull)
        leave_spare(store)
        assert files_in(memory) == []

    def test_where_there_are_no_leases(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_lease, "fcntl", None)
        leave_spare(store)
        assert files_in(memory) == []

    def test_where_it_would_take_more_than_is_left(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Room:
            f_frsize, f_bavail = MIB, 4

        monkeypatch.setattr(os, "statvfs", lambda _: Room)
        leave_spare(store)
        assert files_in(memory) == []

    def test_by_one_who_is_not_the_owner(self, store: stores.Local, memory: Path) -> None:
        leave_spare(store)
        with put_again(store) as key:
            in_a_fork(lambda: store.delete(key))
            assert not Path(key).exists()
            assert spares_in(memory) == []
        assert files_in(memory) == []
        assert held(memory) == []

    def test_if_its_file_cannot_be_renamed(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave_spare(store)
        key = store.put([bytes(MIB)])

        def refuse(*_: Any) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(os, "rename", refuse)
        store.delete(key)
        assert files_in(memory) == []
        assert held(memory) == []

    def test_twice(self, store: stores.Local, memory: Path) -> None:
        leave_spare(store)
        key = store.put([bytes(MIB)])
        store.delete(key)
        store.delete(key)
        assert len(spares_in(memory)) == 1
        with put_again(store) as other:
            assert content(store.get(other)) == [bytes(MIB)]

    def test_without_a_descriptor(
        self, store: stores.Local, memory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.open

        def refuse(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            if flags & os.O_RDWR and not flags & os.O_CREAT:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return real(path, flags, *args, **kwargs)

        monkeypatch.setattr(os, "open", refuse)
        leave_spare(store)
        assert files_in(memory) == []


class TestAViewThatIsHeld:
    """Whatever is put afterwards, it stays as it was."""

    @pytest.mark.parametrize("seed", range(5))
    def test_in_this_process(self, store: stores.Local, seed: int) -> None:
        choice = random.Random(seed)
        live: list[tuple[str, bytes]] = []
        held: list[tuple[memoryview, bytes]] = []
        inodes = []
        leave_spare(store)
        for _ in range(60):
            if len(live) < choice.randrange(1, 5):
                part = bytes([choice.randrange(256)]) * choice.randrange(MIB, 3 * MIB)
                live.append((store.put([part]), part))
                inodes.append(inode(live[-1][0]))
            else:
                store.delete(live.pop(choice.randrange(len(live)))[0])
            if live and choice.random() < 0.4:
                key, part = choice.choice(live)
                held.append((store.get(key)[0][7:], part[7:]))
            while held and choice.random() < 0.4:
                held.pop(choice.randrange(len(held)))
            for view, part in held:
                assert view == part
        assert len(set(inodes)) < len(inodes)  # some files were filled again
        held.clear()
        del view
        for key, part in live:
            assert content(store.get(key)) == [part]
            store.delete(key)

    def test_in_another_process(self, store: stores.Local, start_method: str) -> None:
        leave_spare(store)
        context = multiprocessing.get_context(start_method)
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            with adapters.share(Costly(None, b"a" * MIB), store) as handle:
                pool.submit(sharing.keep, handle).result(TIMEOUT)
            inodes = set()
            for number in range(4):
                part = bytes([number]) * MIB
                with adapters.share(Costly(None, part), store) as handle:
                    inodes.add(inode(handle._key))
                    assert pool.submit(sharing.look, handle).result(TIMEOUT)[2] == part
                assert pool.submit(sharing.kept_content).result(TIMEOUT) == b"a" * MIB
            assert len(inodes) < 4  # the worker lets go of what is closed when it gets another
            pool.submit(sharing.let_go).result(TIMEOUT)

    def test_in_a_child_of_a_process_that_has_let_it_go(self, store: stores.Local) -> None:
        leave_spare(store)
        with put_again(store, b"a" * MIB) as key:
            parts = store.get(key)
            taken = inode(key)
        told, tell = os.pipe()

        def look() -> list[bytes]:
            os.read(told, 1)
            return content(parts)

        with forking(look) as (answer, _):
            parts.clear()
            for part in (b"b", b"c"):
                with put_again(store, part * MIB) as key:
                    assert inode(key) != taken
            os.write(tell, b"1")
            assert answer() == [b"a" * MIB]
        with put_again(store) as one, put_again(store) as other:
            assert taken in (inode(one), inode(other))
        os.close(told)
        os.close(tell)

    def test_of_one_who_opened_it_just_before_it_was_deleted(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave_spare(store)
        key = store.put([b"a" * MIB])
        taken = inode(key)
        real = _local.content

        def late(descriptor: int, size: int) -> memoryview:
            store.delete(key)
            with put_again(store, b"b" * MIB) as other:
                assert inode(other) != taken
            return real(descriptor, size)

        monkeypatch.setattr(_local, "content", late)
        with pytest.raises(LookupError):
            store.get(key)
