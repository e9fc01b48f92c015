"""The store in files of this host: private, deleted for all at once, gone when closed."""

from __future__ import annotations

import errno
import mmap
import multiprocessing
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import sharing
import storing
from storing import (
    FULL,
    TIMEOUT,
    change_writes,
    content,
    failing,
    files_in,
    folder_in,
    posix_users,
    root,
)

import adapters
from adapters import stores

store = storing.store


class TestAFile:
    @posix_users
    def test_and_its_folder_are_for_this_user_alone(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        mask = os.umask(0)
        try:
            key = Path(store.put([b"secret"]))
        finally:
            os.umask(mask)
        assert key.parent == folder_in(tmp_path)
        assert key.parent.stat().st_mode & 0o777 == 0o700
        assert key.stat().st_mode & 0o777 == 0o600
        assert key.stat().st_uid == key.parent.stat().st_uid == os.geteuid()
        store.delete(str(key))

    def test_has_a_key_of_its_own(self, store: stores.Local) -> None:
        keys = [store.put([b"same"]) for _ in range(10)]
        assert len(set(keys)) == 10
        for key in keys:
            store.delete(key)

    def test_of_a_relative_directory_is_found_from_everywhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("here").mkdir()
        store = stores.Local("here")
        key = store.put([b"part"])
        monkeypatch.chdir("here")
        assert content(store.get(key)) == [b"part"]
        store.delete(key)
        assert files_in(tmp_path) == ["here"]

    def test_that_is_deleted_is_gone_and_so_is_the_folder(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        first, second = store.put([b"1"]), store.put([b"2"])
        store.delete(first)
        with pytest.raises(LookupError):
            store.get(first)
        assert content(store.get(second)) == [b"2"]
        store.delete(second)
        assert files_in(tmp_path) == []

    def test_is_deleted_once(self, store: stores.Local) -> None:
        key = store.put([b"1"])
        store.delete(key)
        store.delete(key)

    def test_that_is_deleted_is_closed_for_who_has_mapped_it(self, store: stores.Local) -> None:
        first, second = store.put([b"1"]), store.put([b"2"])
        parts = [store.get(key) for key in (first, first, second)]
        assert [store.closed(part) for part in parts] == [False, False, False]
        store.delete(first)
        assert [store.closed(part) for part in parts] == [True, True, False]
        assert content(parts[0]) == [b"1"]
        store.delete(second)

    def test_that_is_deleted_is_closed_in_another_process(
        self, store: stores.Local, start_method: str
    ) -> None:
        key = store.put([b"1", b"two"])
        context = multiprocessing.get_context(start_method)
        ours, theirs = context.Pipe()
        process = context.Process(target=sharing.tell_when_closed, args=(key, theirs))
        process.start()
        theirs.close()
        assert ours.poll(TIMEOUT)
        assert ours.recv() is False
        store.delete(key)
        ours.send("look")
        assert ours.poll(TIMEOUT)
        assert ours.recv() == (True, [b"1", b"two"])
        assert ours.poll(TIMEOUT)
        assert ours.recv() == "not found"
        process.join(TIMEOUT)
        assert process.exitcode == 0
        ours.close()

    def test_that_the_system_keeps_while_it_is_mapped_is_deleted_all_the_same(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = store.put([b"1"])
        parts = store.get(key)

        def refuse(*_: Any, **__: Any) -> None:
            raise PermissionError(errno.EACCES, "it is in use")

        with monkeypatch.context() as patch:  # as on Windows
            patch.setattr(os, "unlink", refuse)
            store.delete(key)
        assert store.closed(parts)
        with pytest.raises(LookupError):
            store.get(key)
        store.delete(key)

    def test_is_deleted_where_there_is_no_room_for_a_byte(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        key = store.put([b"1"])
        with monkeypatch.context() as patch:
            change_writes(patch, tmp_path, failing(0, FULL))
            store.delete(key)
        assert files_in(tmp_path) == []

    @pytest.mark.parametrize("code", [errno.ENOMEM, errno.EMFILE])
    def test_that_cannot_be_mapped_is_an_error_of_the_store(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        key = store.put([b"1"])

        def refuse(*_: Any, **__: Any) -> None:
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(mmap, "mmap", refuse)
            with pytest.raises(adapters.StoreError, match=os.strerror(code)):
                store.get(key)
        assert content(store.get(key)) == [b"1"]
        store.delete(key)


class TestTheStore:
    def test_takes_little_of_a_pickle(self, store: stores.Local) -> None:
        assert len(pickle.dumps(stores.Local())) < 60
        assert len(pickle.dumps(store)) < 60

    def test_that_arrives_reads_what_lies_in_any_directory(self, store: stores.Local) -> None:
        key = store.put([b"1"])
        arrived = pickle.loads(pickle.dumps(store))
        assert content(arrived.get(key)) == [b"1"]
        arrived.delete(key)

    def test_says_where_it_keeps_things(self, tmp_path: Path) -> None:
        assert repr(stores.Local()) == "stores.Local()"
        assert repr(stores.Local(tmp_path)) == f"stores.Local({str(tmp_path)!r})"


def test_a_key_of_another_host_says_so(store: stores.Local) -> None:
    key = Path(store.put([b"part"]))
    there = key.with_name("00000000" + key.name[8:])
    with pytest.raises(adapters.StoreError, match="on another host, or in another container"):
        store.get(str(there))
    store.delete(str(key))


class TestAHostileFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return folder_in(tmp_path)

    def refused(self, store: stores.Local, folder: Path) -> None:
        before = files_in(folder.parent)
        with pytest.raises(
            adapters.StoreError, match="is not a directory that only this user can open"
        ) as caught:
            store.put([b"secret"])
        assert str(folder) in str(caught.value)
        assert files_in(folder.parent) == before

    @posix_users
    @pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o1777])
    def test_that_others_may_open(self, store: stores.Local, folder: Path, mode: int) -> None:
        folder.mkdir()
        folder.chmod(mode)
        self.refused(store, folder)

    @posix_users
    def test_of_somebody_else(
        self, store: stores.Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        me = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)
        folder = folder_in(tmp_path)
        folder.mkdir(0o700)
        self.refused(store, folder)

    @root
    def test_that_was_given_away(self, store: stores.Local, folder: Path) -> None:
        folder.mkdir(0o700)
        os.chown(folder, 12345, 12345)
        self.refused(store, folder)

    def test_that_is_a_symlink(self, store: stores.Local, folder: Path) -> None:
        elsewhere = folder.parent / "elsewhere"
        elsewhere.mkdir(0o700)
        try:
            folder.symlink_to(elsewhere, target_is_directory=True)
        except OSError:
            pytest.skip("this user may not make symlinks")
        self.refused(store, folder)

    def test_that_is_a_symlink_to_nothing(self, store: stores.Local, folder: Path) -> None:
        try:
            folder.symlink_to(folder.parent / "nowhere", target_is_directory=True)
        except OSError:
            pytest.skip("this user may not make symlinks")
        self.refused(store, folder)

    def test_that_is_a_file(self, store: stores.Local, folder: Path) -> None:
        folder.touch(0o600)
        self.refused(store, folder)
