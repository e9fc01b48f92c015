"""The store in files where there is no room: another directory, or an error, and no rest."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import storing
from storing import (
    FULL,
    change_writes,
    content,
    failing,
    files_in,
    folder_in,
    leave_state,
    locks,
    no_room,
    posix_users,
)

import adapters
from adapters import stores
from adapters.stores import _local

MEMORY = Path("/dev/shm")

store = storing.store


class TestWithoutRoom:
    @pytest.fixture
    def places(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
        """What stands for memory, and the directory for temporary files."""
        memory, temporary = tmp_path / "memory", tmp_path / "temporary"
        memory.mkdir()
        temporary.mkdir()
        monkeypatch.setattr(_local, "_directories", lambda: [memory, temporary])
        return memory, temporary

    @pytest.mark.skipif(not os.access(MEMORY, os.W_OK), reason="there is no /dev/shm")
    def test_in_dev_shm_it_takes_the_directory_for_temporary_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        store = stores.Local()
        key = store.put([b"part"])
        assert key.startswith(f"{folder_in(MEMORY)}{os.sep}")
        store.delete(key)
        monkeypatch.setattr(os, "statvfs", no_room(lambda directory: directory == str(MEMORY)))
        key = store.put([b"part"])
        assert key.startswith(f"{folder_in(tmp_path)}{os.sep}")
        assert content(store.get(key)) == [b"part"]
        store.delete(key)

    def test_without_dev_shm_it_takes_the_directory_for_temporary_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(os, "access", lambda *_: False)
        key = stores.Local().put([b"part"])
        assert key.startswith(f"{folder_in(tmp_path)}{os.sep}")
        stores.Local().delete(key)

    def test_memory_that_fills_while_it_is_written_leaves_nothing(
        self, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        memory, temporary = places
        change_writes(monkeypatch, memory, failing(2, FULL))
        key = stores.Local().put([bytes(100)] * 3)
        monkeypatch.undo()
        assert Path(key).parents[1] == folder_in(temporary)
        assert files_in(memory) == []
        stores.Local().delete(key)

    @pytest.mark.parametrize("count", [0, 1, 2, 5])
    def test_anywhere_it_says_where_and_why_and_leaves_nothing(
        self,
        places: tuple[Path, Path],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        count: int,
    ) -> None:
        change_writes(monkeypatch, tmp_path, failing(count, FULL))
        with pytest.raises(adapters.StoreError) as caught:
            stores.Local().put([bytes(100)] * 3)
        monkeypatch.undo()
        for directory in places:
            assert f"{directory}: {os.strerror(errno.ENOSPC)}" in str(caught.value)
        assert "300 bytes" in str(caught.value)
        assert files_in(tmp_path) == ["memory", "temporary"]

    @pytest.mark.skipif(not hasattr(os, "statvfs"), reason="statvfs is of POSIX")
    def test_nothing_is_written_where_it_is_known_before(
        self, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(os, "statvfs", no_room(lambda _: True))
        change_writes(monkeypatch, tmp_path, failing(0, AssertionError()))
        with pytest.raises(adapters.StoreError, match=r"memory: No space.*temporary: No space"):
            stores.Local().put([b"part"])
        assert files_in(tmp_path) == ["memory", "temporary"]

    @pytest.mark.skipif(not hasattr(os, "statvfs"), reason="statvfs is of POSIX")
    @locks
    def test_the_files_of_the_dead_make_room_first(
        self, store: stores.Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left = leave_state(tmp_path)
        monkeypatch.setattr(os, "statvfs", no_room(lambda _: left.exists()))
        store.delete(store.put([b"part"]))
        assert files_in(tmp_path) == []

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_ctrl_c_leaves_nothing(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int
    ) -> None:
        change_writes(monkeypatch, tmp_path, failing(count, KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            store.put([bytes(100)] * 3)
        monkeypatch.undo()
        assert files_in(tmp_path) == []

    def test_a_directory_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(adapters.StoreError, match="nowhere: No such file or directory"):
            stores.Local(tmp_path / "nowhere").put([b"part"])
        assert files_in(tmp_path) == []

    def test_a_directory_that_is_a_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(adapters.StoreError, match="file: "):
            stores.Local(tmp_path / "file").put([b"part"])
        assert files_in(tmp_path) == ["file"]

    @posix_users
    @pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes anywhere")
    def test_a_directory_that_nobody_may_write_to_is_named(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(adapters.StoreError, match=f"{tmp_path}: Permission denied"):
                stores.Local(tmp_path).put([b"part"])
        finally:
            tmp_path.chmod(0o700)

    def test_memory_that_may_not_be_written_to_is_passed_over(
        self, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        memory, temporary = places
        mkdir = os.mkdir

        def refuse(path: str, mode: int) -> None:
            if Path(path).parent == memory:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            mkdir(path, mode)

        monkeypatch.setattr(os, "mkdir", refuse)
        key = stores.Local().put([b"part"])
        assert Path(key).parents[1] == folder_in(temporary)
        stores.Local().delete(key)

    def test_a_folder_that_another_process_just_removed_is_made_again(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """It was empty: its last file was deleted there, and this process has none in it yet."""
        listdir, mkdir = os.listdir, os.mkdir
        raced: list[str] = []

        def remove_once(where: str) -> None:
            if where not in raced:
                raced.append(where)
                os.rmdir(folder_in(tmp_path))

        def list_late(path: str) -> list[str]:
            if path == str(folder_in(tmp_path)):
                remove_once("before it is swept")
            return listdir(path)

        def make_late(path: str, mode: int) -> None:
            if path.startswith(f"{folder_in(tmp_path)}{os.sep}"):
                remove_once("before a folder is made in it")
            mkdir(path, mode)

        folder_in(tmp_path).mkdir(0o700)
        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", list_late)
            patch.setattr(os, "mkdir", make_late)
            key = store.put([b"part"])
        assert len(raced) == 2
        assert content(store.get(key)) == [b"part"]
        store.delete(key)

    def test_a_file_that_is_given_up_is_closed_before_it_is_removed(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Some systems remove nothing that is open, and would say so in place of what is wrong."""
        change_writes(monkeypatch, tmp_path, failing(0, FULL))
        opened: dict[int, str] = {}
        real_open, close, unlink = os.open, os.close, os.unlink

        def opening(path: Any, *args: Any, **kwargs: Any) -> int:
            descriptor = real_open(path, *args, **kwargs)
            opened[descriptor] = os.fspath(path)
            return descriptor

        def closing(descriptor: int) -> None:
            opened.pop(descriptor, None)
            close(descriptor)

        def unlinking(path: Any) -> None:
            if os.fspath(path) in opened.values():
                raise PermissionError(errno.EACCES, "it is open")
            unlink(path)

        with monkeypatch.context() as patch:
            patch.setattr(os, "open", opening)
            patch.setattr(os, "close", closing)
            patch.setattr(os, "unlink", unlinking)
            with pytest.raises(adapters.StoreError, match="No space left"):
                store.put([b"part"])
        assert files_in(tmp_path) == []

    def test_a_file_that_is_never_found_is_not_tried_for_ever(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """So it is where a path is longer than the system takes."""
        opened = os.open
        tries: list[Any] = []

        def lose(path: Any, *args: Any, **kwargs: Any) -> int:
            if not os.fspath(path).startswith(str(tmp_path)):
                return opened(path, *args, **kwargs)
            tries.append(path)
            assert len(tries) < 10_000
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

        monkeypatch.setattr(os, "open", lose)
        with pytest.raises(adapters.StoreError, match="No such file"):
            store.put([b"part"])
