"""The owner of a folder: which process it is, and whether it is known to have ended."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import processes
import pytest
import storing
from storing import files_in, folder_in, fork, forked, in_a_fork, locks, posix_users

from adapters import _owner, _sweep

claim = _owner.claim


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[_owner.Owner]:
    """This process, as an owner in the directory of the test."""
    owner = claim(str(tmp_path), b"content")
    yield owner
    owner.release()


def fork_a_child() -> int:
    """A child that waits, when Python's handlers have run in it."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(theirs, b"x")
        signal.pause()
    os.read(ours, 1)
    return child


def assert_ends_before_its_child(own: Callable[[], tuple[str, int]]) -> None:
    """Run `own` in a fork, which ends: it returns its folder and a child that goes on to run."""
    with forked(own) as ((folder, grandchild), _):
        assert not _owner.is_dead(folder)
    try:
        assert _owner.is_dead(folder)
    finally:
        os.kill(grandchild, signal.SIGKILL)


def lock_of(folder: str) -> Path:
    return Path(folder, _owner.LOCK)


class TestAFolder:
    def test_is_in_that_of_the_user_and_has_a_name_of_its_own(self, tmp_path: Path) -> None:
        owners = [claim(str(tmp_path)) for _ in range(3)]
        assert len({owner.folder for owner in owners}) == 3
        for owner in owners:
            assert Path(owner.folder).parent == folder_in(tmp_path)
            assert _owner.is_name(Path(owner.folder).name)
            assert owner.is_here()
            owner.release()

    @pytest.mark.parametrize("name", ["", "lock", "a.b.c", "0badcafe.17.4242", "0badcafe.0badcafe"])
    def test_has_a_name_that_other_files_do_not_have(self, name: str) -> None:
        assert not _owner.is_name(name)

    def test_has_a_file_with_a_content(self, owner: _owner.Owner) -> None:
        assert lock_of(owner.folder).read_bytes() == b"content"

    @posix_users
    @pytest.mark.parametrize("mask", [0, 0o777])
    def test_is_for_this_user_alone_whatever_the_umask(self, tmp_path: Path, mask: int) -> None:
        before = os.umask(mask)
        try:
            owner = claim(str(tmp_path))
        finally:
            os.umask(before)
        assert Path(owner.folder).stat().st_mode & 0o777 == 0o700
        assert lock_of(owner.folder).stat().st_mode & 0o777 == 0o600
        owner.release()

    def test_is_gone_when_it_is_released_and_so_is_that_of_the_user(self, tmp_path: Path) -> None:
        first, second = claim(str(tmp_path)), claim(str(tmp_path))
        first.release()
        assert files_in(tmp_path) != []
        second.release()
        second.release()
        assert files_in(tmp_path) == []

    def test_that_cannot_be_made_is_an_error_and_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(FileNotFoundError, match="nowhere"):
            claim(str(tmp_path / "nowhere"))

        def fail(*_: object) -> None:
            raise storing.FULL

        descriptors = set(_owner._locks)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fail)
            with pytest.raises(OSError, match="No space"):
                claim(str(tmp_path), b"content")
        assert files_in(tmp_path) == []
        assert set(_owner._locks) == descriptors


class TestALock:
    @locks
    def test_tells_that_its_process_runs_and_that_it_has_ended(self, tmp_path: Path) -> None:
        with forked(lambda: claim(str(tmp_path)).folder) as (folder, child):
            assert not _owner.is_dead(folder)
            os.kill(child, signal.SIGSTOP)
            assert not _owner.is_dead(folder)
        assert _owner.is_dead(folder)
        assert _owner.is_dead(folder)  # asking changes nothing

    @locks
    def test_is_seen_by_the_process_that_has_it(self, owner: _owner.Owner) -> None:
        assert not _owner.is_dead(owner.folder)

    @locks
    def test_that_its_process_cannot_hold_does_not_tell_that_it_has_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(_owner, "fcntl", None)
            owner = claim(str(tmp_path))
        assert not _owner.is_dead(owner.folder)
        assert _owner.is_seen(owner.folder)
        _sweep.remove_dead(owner.folder, pytest.fail)
        assert lock_of(owner.folder).exists()
        owner.release()

    @locks
    def test_of_a_zombie_is_free(self, tmp_path: Path) -> None:
        with forked(lambda: claim(str(tmp_path)).folder) as (folder, child):
            os.kill(child, signal.SIGKILL)
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            assert _owner.is_dead(folder)

    @locks
    def test_is_not_held_by_a_forked_child(self, tmp_path: Path) -> None:
        def own() -> tuple[str, int]:
            return claim(str(tmp_path)).folder, fork_a_child()

        assert_ends_before_its_child(own)

    @locks
    @pytest.mark.parametrize("options", [{}, {"close_fds": False}, {"preexec_fn": os.getpid}])
    def test_is_not_held_by_a_program_that_was_started(
        self, tmp_path: Path, options: dict[str, Any]
    ) -> None:
        def own() -> tuple[str, int]:
            folder = claim(str(tmp_path)).folder
            # It has run by the time that it says something.
            program = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = subprocess.Popen(program, **pipes, **options)
            assert process.stdout is not None
            process.stdout.readline()
            return folder, process.pid

        with forked(own) as ((folder, _), _):
            assert not _owner.is_dead(folder)
        assert _owner.is_dead(folder)

    @locks
    def test_that_a_thread_is_making_is_not_held_by_a_child_either(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The fork waits until it is known which descriptor the child has to close."""
        opened = os.open
        making, forking, main = threading.Event(), threading.Event(), threading.current_thread()

        def open_slowly(path: Any, *arguments: Any) -> int:
            descriptor = opened(path, *arguments)
            if Path(path).name == _owner.LOCK and threading.current_thread() is not main:
                making.set()
                forking.wait(0.05)  # which is over when the fork has not waited
            return descriptor

        folders: list[str] = []

        def own() -> tuple[str, int]:
            warnings.simplefilter("ignore")  # later Pythons warn of a fork beside a thread
            thread = threading.Thread(target=lambda: folders.append(claim(str(tmp_path)).folder))
            with monkeypatch.context() as patch:
                patch.setattr(os, "open", open_slowly)
                thread.start()
                making.wait(storing.TIMEOUT)
                child = fork_a_child()
            forking.set()
            thread.join()
            return folders[0], child

        assert_ends_before_its_child(own)

    @locks
    def test_that_is_free_for_somebody_else_on_another_host_says_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = in_a_fork(lambda: claim(str(tmp_path)).folder)
        with monkeypatch.context() as patch:
            patch.setattr(_owner, "_host", lambda: "another boot")
            assert not _owner.is_dead(folder)
        assert _owner.is_dead(folder)

    @locks
    @pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
    def test_that_the_file_system_does_not_have_says_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(_owner.fcntl, "flock", refuse)
        owner = claim(str(tmp_path))
        assert not _owner.is_dead(owner.folder)
        owner.release()
        assert files_in(tmp_path) == []

    def test_that_the_system_does_not_have_says_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_owner, "fcntl", None)
        owner = claim(str(tmp_path))
        assert not _owner.is_dead(owner.folder)
        _sweep.remove_dead(owner.folder, pytest.fail)
        owner.release()
        assert files_in(tmp_path) == []


@fork
class TestAForkedChild:
    def test_owns_nothing(self, owner: _owner.Owner) -> None:
        def child() -> tuple[bool, int, bool]:
            owner.release()
            return owner.is_here(), len(_owner._locks), Path(owner.folder).exists()

        assert in_a_fork(child) == (False, 0, True)
        assert owner.is_here()

    def test_closes_no_descriptor_that_is_of_something_else_by_now(self, tmp_path: Path) -> None:
        """Some programs close all that is open."""
        owner = claim(str(tmp_path))
        [descriptor] = [number for number in _owner._locks if number == owner._descriptor]
        os.close(descriptor)
        other = os.open(tmp_path, os.O_RDONLY)
        assert other == descriptor
        assert in_a_fork(lambda: os.fstat(other).st_ino) == tmp_path.stat().st_ino
        owner.release()
        assert os.fstat(other).st_ino == tmp_path.stat().st_ino
        os.close(other)

    def test_can_own_something_itself(self, owner: _owner.Owner, tmp_path: Path) -> None:
        def child() -> tuple[str, bool]:
            own = claim(str(tmp_path))
            return own.folder, own.is_here()

        folder, is_here = in_a_fork(child)
        assert is_here
        assert folder != owner.folder


class TestRemoving:
    @locks
    def test_what_a_dead_owner_has_left_clears_it_first(self, tmp_path: Path) -> None:
        folder = in_a_fork(lambda: claim(str(tmp_path)).folder)
        cleared: list[str] = []
        _sweep.remove_dead(folder, cleared.append)
        first, second = cleared
        assert first == folder
        assert second != folder  # where nobody makes files
        assert files_in(tmp_path) == []

    @locks
    def test_leaves_what_another_owner_has(self, owner: _owner.Owner) -> None:
        _sweep.remove_dead(owner.folder, pytest.fail)
        assert lock_of(owner.folder).exists()

    def test_a_folder_whose_owner_was_killed_before_it_had_a_lock(self, tmp_path: Path) -> None:
        folder = folder_in(tmp_path) / "0badcafe.0badcafe.0123456789ab"
        folder.mkdir(parents=True)
        _sweep.remove_dead(str(folder), pytest.fail)
        assert not folder.exists()

    @locks
    @pytest.mark.parametrize("when", ["before it is open", "before it has the lock"])
    def test_what_an_owner_is_making_lets_it_make_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
    ) -> None:
        """The other process sees a folder or a file, and no lock."""
        module, name = (os, "open") if when == "before it is open" else (_owner.fcntl, "flock")
        real = getattr(module, name)
        removed: list[Path] = []

        def act_late(*arguments: Any) -> Any:
            owners = [*folder_in(tmp_path).iterdir()]
            if owners and not removed:
                removed.extend(owners)
                in_a_fork(lambda: _sweep.remove_dead(str(owners[0]), bool))
            return real(*arguments)

        monkeypatch.setattr(module, name, act_late)
        owner = claim(str(tmp_path))
        monkeypatch.undo()
        assert [owner.folder] == [*map(str, folder_in(tmp_path).iterdir())]
        assert removed != [Path(owner.folder)]
        assert not _owner.is_dead(owner.folder)
        owner.release()

    @locks
    def test_what_an_owner_is_making_while_it_is_looked_at_lets_it_make_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The other process holds a lock itself, to see whether it is free."""
        looks: list[Any] = []
        flock = _owner.fcntl.flock

        def lock_late(descriptor: int, how: int) -> None:
            if not looks:
                [folder] = folder_in(tmp_path).iterdir()
                looks.append(_owner.without_owner(str(folder)))
                assert looks[0].__enter__()
            flock(descriptor, how)

        monkeypatch.setattr(_owner.fcntl, "flock", lock_late)
        owner = claim(str(tmp_path))
        looks[0].__exit__(None, None, None)
        assert not _owner.is_dead(owner.folder)
        owner.release()
        assert files_in(tmp_path) == []

    @locks
    def test_what_a_dead_owner_has_left_removes_what_another_process_makes_there_meanwhile(
        self, tmp_path: Path
    ) -> None:
        folder = in_a_fork(lambda: claim(str(tmp_path)).folder)
        made = []

        def clear(path: str) -> None:
            for name in os.listdir(path):
                if name != _owner.LOCK:
                    os.unlink(os.path.join(path, name))
            if not made:
                made.append(Path(path, "late"))
                made[0].touch()

        _sweep.remove_dead(folder, clear)
        assert Path(folder, "late").exists()  # which keeps the folder, and its lock
        _sweep.remove_dead(folder, clear)
        assert files_in(tmp_path) == []

    def test_a_folder_that_has_lost_its_lock_after_a_while(self, tmp_path: Path) -> None:
        lost = Path(claim(str(tmp_path)).folder)
        lock_of(str(lost)).unlink()
        (lost / "left").touch()
        _sweep.remove_dead(str(lost), pytest.fail)
        os.utime(lost, (0, 0))
        _sweep.remove_dead(str(lost), lambda folder: Path(folder, "left").unlink())
        assert not lost.exists()


def name_there(directory: str) -> tuple[str, bool]:
    owner = claim(directory)
    owner.release()
    return owner.folder, _owner.is_seen(owner.folder)


class TestAFolderThatIsNotThere:
    def test_could_be_seen_by_all_processes_of_this_host(self, tmp_path: Path) -> None:
        folder, is_seen = processes.in_a_child(name_there, str(tmp_path))
        assert is_seen
        assert _owner.is_seen(folder)
        tmp_path.rename(tmp_path.with_name("gone"))
        assert _owner.is_seen(folder)

    @pytest.mark.parametrize("seen", [pytest.param("_view", marks=locks), "_place"])
    def test_could_be_seen_from_where_its_directory_is_seen(
        self, owner: _owner.Owner, monkeypatch: pytest.MonkeyPatch, seen: str
    ) -> None:
        """It is another container; or this one, and its directory is gone."""
        change: Callable[..., str] = lambda *_: "00000000"  # noqa: E731
        monkeypatch.setattr(_owner, seen, change)
        assert _owner.is_seen(owner.folder)

    def test_could_not_be_seen_from_another_host(
        self, owner: _owner.Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_owner, "_host", lambda: "another boot")
        assert not _owner.is_seen(owner.folder)

    def test_could_be_seen_where_there_is_no_proc(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> str:
            raise FileNotFoundError

        _owner._host.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(os, "readlink", refuse)
            patch.setattr(Path, "read_text", refuse)
            owner = claim(str(tmp_path))
            assert _owner.is_seen(owner.folder)
            owner.release()
        _owner._host.cache_clear()
