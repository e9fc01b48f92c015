"""The sweep: a process that puts something removes what dead owners have left, and nothing else."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import storing
from storing import (
    TIMEOUT,
    content,
    files_in,
    folder_in,
    forked,
    in_a_fork,
    leave_file,
    leave_state,
    locks,
    posix_users,
    sweep,
)

from adapters import _owner, _sweep, _user_folder, stores

store = storing.store


@locks
class TestAPut:
    def test_removes_the_states_of_a_process_that_ended(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        leave_state(tmp_path)
        left = leave_state(tmp_path)
        left.with_name("unfinished").write_bytes(b"left, too")
        sweep(store)
        assert files_in(tmp_path) == []

    def test_removes_a_folder_in_which_nothing_is(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        (tmp_path / f"{folder_in(tmp_path).name}-0123456789abcdef").mkdir(0o700)
        sweep(store)
        assert files_in(tmp_path) == []

    def test_ends_the_states_of_a_process_that_was_killed(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        program = (
            "import os, signal, sys; from adapters import stores;"
            "print(stores.Local(sys.argv[1]).put([b'left']), flush=True);"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        assert done.returncode == -signal.SIGKILL
        key = done.stdout.strip()
        parts = store.get(key)
        assert content(parts) == [b"left"]
        assert not store.closed(parts)
        sweep(store)
        assert store.closed(parts)
        with pytest.raises(LookupError):
            store.get(key)

    def test_leaves_the_states_of_the_living(self, store: stores.Local, tmp_path: Path) -> None:
        mine = store.put([b"mine"])
        with forked(lambda: stores.Local(tmp_path).put([b"theirs"])) as (theirs, _):
            sweep(store)
            assert content(store.get(theirs)) == [b"theirs"]
            assert content(store.get(mine)) == [b"mine"]
        sweep(store)
        assert not Path(theirs).exists()
        assert content(store.get(mine)) == [b"mine"]
        store.delete(mine)

    @pytest.mark.skipif(not hasattr(os, "waitid"), reason="waitid is of POSIX")
    def test_counts_a_zombie_as_dead(self, store: stores.Local, tmp_path: Path) -> None:
        with forked(lambda: stores.Local(tmp_path).put([b"left"])) as (_, child):
            os.kill(child, signal.SIGKILL)
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            sweep(store)
            assert files_in(tmp_path) == []

    def test_leaves_the_states_of_other_hosts(
        self, store: stores.Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A lock is not seen on each host that sees the file."""
        left = leave_state(tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(_owner, "_host", lambda: "another boot")
            sweep(store)
            assert left.exists()
        sweep(store)
        assert not left.exists()

    @posix_users
    def test_removes_what_was_left_in_a_folder_of_another_name(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        folder_in(tmp_path).touch()
        left = leave_state(tmp_path)
        assert left.parents[1] != folder_in(tmp_path)
        folder_in(tmp_path).unlink()
        sweep(store)
        assert files_in(tmp_path) == []

    @posix_users
    def test_leaves_what_lies_in_a_folder_that_others_can_open(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        left = leave_state(tmp_path)
        folder_in(tmp_path).chmod(0o755)
        sweep(store)
        assert left.exists()

    def test_leaves_what_is_no_file(self, store: stores.Local, tmp_path: Path) -> None:
        left = leave_state(tmp_path)
        left.with_name("folder").mkdir()
        (folder_in(tmp_path) / "folder").mkdir()
        sweep(store)
        assert not left.exists()
        assert sorted(path.name for path in tmp_path.rglob("folder")) == ["folder", "folder"]

    @pytest.mark.parametrize("name", ["notes", ".hidden", "été.1.2.3", "0badcafe.0badcafe.x"])
    def test_leaves_files_of_any_other_name(
        self, store: stores.Local, tmp_path: Path, name: str
    ) -> None:
        left = leave_file(tmp_path, name)
        sweep(store)
        assert left.read_bytes() == b"left"


@locks
class TestTheCost:
    @pytest.fixture
    def looks(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Each folder of an owner that is looked at."""
        looks: list[str] = []
        remove_dead = _sweep.remove_dead

        def look(folder: str, clear: Any) -> None:
            looks.append(folder)
            remove_dead(folder, clear)

        monkeypatch.setattr(_sweep, "remove_dead", look)
        return looks

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """What the time is, in seconds."""
        clock = [100.0]
        monkeypatch.setattr(_sweep, "monotonic", lambda: clock[0])
        return clock

    def test_is_one_look_at_an_owner_whatever_the_number_of_its_states(
        self,
        store: stores.Local,
        tmp_path: Path,
        looks: list[str],
        clock: list[float],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        keys = [store.put([bytes(1)]) for _ in range(50)]
        assert looks == []
        clock[0] += 10
        names: list[str] = []
        listdir = os.listdir
        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", lambda path: names.extend(listdir(path)) or listdir(path))
            keys.append(store.put([bytes(1)]))
        assert looks == [str(Path(keys[0]).parent)]
        assert names == [folder_in(tmp_path).name, Path(keys[0]).parent.name]
        for key in keys:
            store.delete(key)
        assert files_in(tmp_path) == []

    def test_is_not_paid_at_each_put(
        self, store: stores.Local, tmp_path: Path, looks: list[str], clock: list[float]
    ) -> None:
        owners = [_owner.claim(str(tmp_path)) for _ in range(9)]
        keys = [store.put([b"first"])]
        assert len(looks) == 9
        keys += [store.put([b"more"]) for _ in range(5)]
        assert len(looks) == 9
        clock[0] += 10.5 * _sweep._PAUSE
        keys.append(store.put([b"one more"]))
        assert len(looks) == 9
        clock[0] += _sweep._PAUSE  # in all 11: the directory, the folder in it, and those in there
        keys.append(store.put([b"last"]))
        assert len(looks) == 9 + 10
        for key in keys:
            store.delete(key)
        for owner in owners:
            owner.release()

    def test_counts_other_names_in_the_directory(
        self, store: stores.Local, tmp_path: Path, clock: list[float]
    ) -> None:
        for number in range(100):
            (tmp_path / str(number)).touch()
        store.delete(store.put([b"first"]))
        left = leave_state(tmp_path)
        clock[0] += 100 * _sweep._PAUSE
        store.delete(store.put([b"more"]))
        assert left.exists()
        clock[0] += 1
        store.delete(store.put([b"last"]))
        assert not left.exists()

    def test_is_paid_for_each_directory(self, tmp_path: Path, clock: list[float]) -> None:
        directories = tmp_path / "one", tmp_path / "other"
        for directory in directories:
            directory.mkdir()
            left = leave_state(directory)
            sweep_at_once = stores.Local(directory)
            sweep_at_once.delete(sweep_at_once.put([b"part"]))
            assert not left.exists()


def of_an_earlier_version(process: int) -> str:
    """The name of a file that an earlier version has made in a process of this host."""
    parts = [platform.node()]
    if os.path.exists("/proc/self/ns/pid"):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        parts.append(os.readlink("/proc/self/ns/pid"))
    return f"{crc32(repr(parts).encode()):08x}.{process}.1.0123456789abcdef"


@locks
class TestFilesOfAnEarlierVersion:
    def test_go_when_their_process_has_ended(self, store: stores.Local, tmp_path: Path) -> None:
        leave_file(tmp_path, of_an_earlier_version(in_a_fork(os.getpid)))
        sweep(store)
        assert files_in(tmp_path) == []

    def test_stay_while_a_process_has_the_id(
        self, store: stores.Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left = leave_file(tmp_path, of_an_earlier_version(os.getpid()))
        sweep(store)
        assert left.exists()

        def refuse(*_: int) -> None:
            raise PermissionError

        left = leave_file(tmp_path, of_an_earlier_version(in_a_fork(os.getpid)))
        monkeypatch.setattr(os, "kill", refuse)  # it lives, and is another user's
        sweep(store)
        assert left.exists()

    @pytest.mark.parametrize("name", ["x{}", "{}.1", "0{}", "{}"])
    def test_stay_where_they_are_of_another_host_or_have_another_name(
        self, store: stores.Local, tmp_path: Path, name: str
    ) -> None:
        ended = of_an_earlier_version(in_a_fork(os.getpid))
        left = leave_file(tmp_path, name.format(ended if name != "{}" else f"00000000{ended[8:]}"))
        sweep(store)
        assert left.exists()


def test_a_directory_that_cannot_be_listed_is_swept_where_it_usually_has_to_be(
    store: stores.Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listdir = os.listdir

    def refuse(directory: str) -> list[str]:
        if directory == str(tmp_path):
            raise PermissionError
        return listdir(directory)

    folder = folder_in(tmp_path) / "0badcafe.0badcafe.0123456789ab"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    monkeypatch.setattr(os, "listdir", refuse)
    assert _user_folder.names_in(str(tmp_path)) == [folder.parent.name]
    sweep(store)
    assert files_in(tmp_path) == []
