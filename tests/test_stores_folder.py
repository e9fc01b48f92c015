"""The folders of a process: numbers for its states, and gone with the last of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from storing import files_in, folder_in, fork, in_a_fork

from adapters.stores import _folder


def test_numbers_are_of_one_folder_and_differ(tmp_path: Path) -> None:
    reserved = [_folder.reserve(str(tmp_path)) for _ in range(3)]
    [folder] = {folder for folder, _ in reserved}
    assert [number for _, number in reserved] == [0, 1, 2]
    _folder.release(folder, 1)
    assert _folder.reserve(str(tmp_path)) == (folder, 3)
    for number in (0, 2, 2, 7):
        _folder.release(folder, number)
    assert Path(folder).exists()
    _folder.release(folder, 3)
    assert files_in(tmp_path) == []
    _folder.release(folder, 3)
    other, number = _folder.reserve(str(tmp_path))
    assert (other != folder, number) == (True, 0)
    _folder.release(other, number)


def test_each_directory_has_a_folder(tmp_path: Path) -> None:
    reserved = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        reserved.append(_folder.reserve(str(tmp_path / name)))
        assert Path(reserved[-1][0]).parents[1] == tmp_path / name
    for folder, number in reserved:
        _folder.release(folder, number)


def test_a_process_that_becomes_another_user_has_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "geteuid"):
        pytest.skip("there are no users here")
    first, _ = _folder.reserve(str(tmp_path))
    user = os.geteuid()
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: user + 1)
        folder_in(tmp_path).mkdir(0o700)
        second, _ = _folder.reserve(str(tmp_path))
    assert first != second
    _folder.release(first, 0)
    _folder.release(second, 0)


def test_a_folder_that_is_gone_is_used_no_longer(tmp_path: Path) -> None:
    folder, _ = _folder.reserve(str(tmp_path))
    _, number = _folder.reserve(str(tmp_path))
    _folder.release(folder, number, is_gone=True)
    other, _ = _folder.reserve(str(tmp_path))
    assert other != folder
    _folder.release(folder, 0)
    assert Path(other).exists()
    _folder.release(other, 0)


@fork
class TestAForkedChild:
    def test_has_a_folder_of_its_own(self, tmp_path: Path) -> None:
        folder, number = _folder.reserve(str(tmp_path))

        def child() -> tuple[str, int]:
            _folder.release(folder, number)
            return _folder.reserve(str(tmp_path))

        other, first = in_a_fork(child)
        assert other != folder
        assert first == 0
        assert _folder.reserve(str(tmp_path)) == (folder, number + 1)
        for each in (number, number + 1):
            _folder.release(folder, each)

    def test_that_runs_no_handlers_has_one_as_well(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """C code that forks calls none of Python's."""
        folder, number = _folder.reserve(str(tmp_path))
        owner = _folder._folders[folder].owner
        process = os.getpid()
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: process + 1)
            other, first = _folder.reserve(str(tmp_path))
            assert (other != folder, first) == (True, 0)
            _folder.release(folder, number)
            _folder.release(other, first)
        assert Path(folder, "lock").exists()
        owner.release()
        assert files_in(tmp_path) == []

    def test_waits_for_no_thread_of_its_parent(self, tmp_path: Path) -> None:
        with _folder._lock:  # as another thread would hold it
            lock = _folder._lock
            assert in_a_fork(lambda: _folder._lock is lock) is False
