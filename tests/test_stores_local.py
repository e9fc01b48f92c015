"""The store in files of this host: private, deleted for all at once, gone when closed."""

from __future__ import annotations

import errno
import multiprocessing
import os
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor
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
)

import adapters
from adapters import _owner, stores

store = storing.store


class TestAFile:
    @posix_users
    @pytest.mark.parametrize("mask", [0, 0o777])
    def test_and_its_folders_are_for_this_user_alone(
        self, store: stores.Local, tmp_path: Path, mask: int
    ) -> None:
        mask = os.umask(mask)
        try:
            key = Path(store.put([b"secret"]))
        finally:
            os.umask(mask)
        assert key.parents[1] == folder_in(tmp_path)
        for folder in key.parents[:2]:
            assert folder.stat().st_mode & 0o777 == 0o700
        for file in (key, key.with_name("lock")):
            assert file.stat().st_mode & 0o777 == 0o600
            assert file.stat().st_uid == os.geteuid()
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


class TestAKeyOfAFileThatIsNotThere:
    @pytest.fixture
    def key(self, store: stores.Local) -> str:
        key = store.put([b"part"])
        store.delete(key)
        return key

    def test_is_closed_where_the_file_could_be_seen(
        self, store: stores.Local, key: str, tmp_path: Path
    ) -> None:
        with pytest.raises(LookupError):
            store.get(key)
        tmp_path.rename(tmp_path.with_name("gone"))
        with pytest.raises(LookupError):
            store.get(key)

    def test_of_another_host_says_so(
        self, store: stores.Local, key: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_owner, "_host", lambda: "another boot")
        with pytest.raises(adapters.StoreError, match="on another host, or in another container"):
            store.get(key)


STATE = "0badcafe.0badcafe.0123456789ab/0.0123456789abcdef"
WRONG_KEYS = {
    **{repr(key): key for key in (5, None, True, 1.5, b"x", "", "a\0b", ("x",), frozenset("x"))},
    "a file": "/etc/passwd",
    "a device": "/dev/zero",
    "this process": "/proc/self/mem",
    "standard input": "/dev/stdin",
    "a directory": os.path.abspath(os.sep),
    "a relative path": STATE,
    "a path with a null character": f"/a\0b/{STATE}",
    "a path with half of a character": f"/\ud800/{STATE}",
    "too large a number": f"/dev/shm/{STATE.replace('/0.', '/4096.')}",
    "a number too long": f"/dev/shm/{STATE.replace('/0.', '/00000.')}",
    "a state of no owner": f"/dev/shm/adapters-0/{Path(STATE).name}",
    "a lock": f"/dev/shm/{Path(STATE).with_name('lock')}",
    "of an earlier version": "/dev/shm/adapters-0/0badcafe.17.4242.0123456789abcdef",
}


class TestAWrongKey:
    @pytest.mark.parametrize("key", WRONG_KEYS.values(), ids=WRONG_KEYS.keys())
    def test_is_an_error_of_the_store(self, store: stores.Local, key: Any) -> None:
        with pytest.raises(adapters.StoreError, match=r"is not a key of stores\.Local") as caught:
            store.get(key)
        assert repr(key) in str(caught.value)
        with pytest.raises(adapters.StoreError, match="is not a key"):
            adapters.Shared(store, key, "thing").get()
        store.delete(key)

    def test_of_a_path_too_long_is_an_error_of_the_store(self, store: stores.Local) -> None:
        key = f"/{'x' * 5000}/{STATE}"
        with pytest.raises(adapters.StoreError, match="cannot open"):
            store.get(key)
        store.delete(key)

    @pytest.mark.parametrize("name", ["lock", "the key"])
    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="FIFOs are of POSIX")
    def test_of_a_fifo_does_not_wait_for_a_writer(self, store: stores.Local, name: str) -> None:
        key = Path(store.put([b"part"]))
        path = key.with_name("lock") if name == "lock" else key
        path.unlink()
        os.mkfifo(path, 0o600)
        with pytest.raises(adapters.StoreError, match="is not a file"):
            store.get(str(key))
        path.unlink()
        store.delete(str(key))

    def test_deletes_nothing(self, store: stores.Local, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        store.delete(str(tmp_path / "file"))
        assert files_in(tmp_path) == ["file"]


class TestAHostileFolder:
    """Of a name that this user needs, made by somebody else (all cases: test_user_folder)."""

    @posix_users
    @pytest.mark.parametrize("start_method", ["spawn"])
    def test_takes_nothing_from_this_user(
        self, store: stores.Local, tmp_path: Path, start_method: str
    ) -> None:
        folder_in(tmp_path).touch()
        key = store.put([b"part"])
        assert content(store.get(key)) == [b"part"]
        context = multiprocessing.get_context(start_method)
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            assert pool.submit(sharing.put_and_delete, str(tmp_path), 3).result(TIMEOUT) is None
        store.delete(key)
        assert files_in(tmp_path) == [folder_in(tmp_path).name]

    @posix_users
    def test_that_comes_later_takes_nothing_either(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        first = store.put([b"1"])
        folder_in(tmp_path).chmod(0o777)
        assert content(store.get(first)) == [b"1"]
        store.delete(first)
        second = store.put([b"2"])
        assert Path(second).parents[1] == folder_in(tmp_path)
        store.delete(second)


class TestAFolderThatSomebodyRemoves:
    def test_is_made_again(self, store: stores.Local, tmp_path: Path) -> None:
        first = store.put([b"1"])
        parts = store.get(first)
        shutil.rmtree(folder_in(tmp_path))
        second = store.put([b"2"])
        assert Path(second).parent != Path(first).parent
        assert content(store.get(second)) == [b"2"]
        assert content(parts) == [b"1"]
        with pytest.raises(LookupError):
            store.get(first)
        store.delete(first)
        assert content(store.get(second)) == [b"2"]
        store.delete(second)
        assert files_in(tmp_path) == []
