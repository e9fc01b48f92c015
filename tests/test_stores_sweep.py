"""The sweep: the next process removes the files of dead owners, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import storing
from storing import (
    TIMEOUT,
    content,
    files_in,
    folder_in,
    leave_file,
    owner_of,
    owner_of_ended_process,
    posix_users,
    proc,
)

from adapters import _owner, stores

store = storing.store


class TestTheNextPut:
    def sweeps(self, store: stores.Local, left: Path) -> bool:
        """Whether it removes a file, as only it does."""
        assert left.exists()
        key = store.put([b"part"])
        assert content(store.get(key)) == [b"part"]
        swept = not left.exists()
        store.delete(key)
        assert not left.exists() if swept else left.exists()
        return swept

    def test_removes_the_files_of_a_process_that_ended(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        owner = owner_of_ended_process()
        left = [leave_file(tmp_path, owner), leave_file(tmp_path, owner).with_suffix(".f0")]
        left[1].write_bytes(b"left, too")
        assert self.sweeps(store, left[0])
        assert files_in(tmp_path) == []

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
    def test_removes_the_files_of_a_process_that_was_killed(
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
        assert self.sweeps(store, Path(key))
        assert store.closed(parts)
        with pytest.raises(LookupError):
            store.get(key)

    def test_leaves_the_files_of_the_living(self, store: stores.Local, tmp_path: Path) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            left = leave_file(tmp_path, owner_of(process.pid))
            assert not self.sweeps(store, left)
            process.communicate(b"\n", TIMEOUT)
        mine = leave_file(tmp_path, _owner.name())
        assert not self.sweeps(store, mine)

    @proc
    def test_knows_that_an_id_is_used_again(self, store: stores.Local, tmp_path: Path) -> None:
        assert not self.sweeps(store, leave_file(tmp_path, owner_of(os.getpid())))
        assert self.sweeps(store, leave_file(tmp_path, owner_of(os.getpid(), later=-1)))

    @proc
    def test_leaves_the_files_of_an_owner_whose_name_begins_like_a_dead_ones(
        self, store: stores.Local, tmp_path: Path
    ) -> None:
        mine, dead = leave_file(tmp_path, _owner.name()), leave_file(tmp_path, _owner.name()[:-1])
        assert self.sweeps(store, dead)
        assert mine.exists()

    @proc
    @pytest.mark.skipif(not hasattr(os, "waitid"), reason="waitid is of POSIX")
    def test_counts_a_zombie_as_dead(self, store: stores.Local, tmp_path: Path) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            left = leave_file(tmp_path, owner_of(process.pid))
            assert process.stdin is not None
            process.stdin.close()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            assert self.sweeps(store, left)
            process.wait(TIMEOUT)

    def test_leaves_the_files_of_other_hosts(self, store: stores.Local, tmp_path: Path) -> None:
        _, _, process = owner_of_ended_process().partition(".")
        assert not self.sweeps(store, leave_file(tmp_path, f"00000000.{process}"))

    @pytest.mark.parametrize(
        "name",
        [
            *("notes", ".hidden", "a.b.c.d", "...", "été.1.2.3"),
            *("{host}", "{host}.{pid}", "{host}.{pid}.1.2.3", "x{host}.{pid}.1.2"),
            *("{host}.pid.1.2", "{host}..1.2", "{pid}.1.2"),
        ],
    )
    def test_leaves_files_of_any_other_name(
        self, store: stores.Local, tmp_path: Path, name: str
    ) -> None:
        host, process, _ = owner_of_ended_process().split(".")
        left = leave_file(tmp_path, "x")
        left = left.rename(left.with_name(name.format(host=host, pid=process)))
        assert not self.sweeps(store, left)
        assert left.read_bytes() == b"left"

    def test_leaves_what_is_no_file(self, store: stores.Local, tmp_path: Path) -> None:
        folder = folder_in(tmp_path)
        (folder / f"{owner_of_ended_process()}.0123456789abcdef").mkdir(parents=True)
        folder.chmod(0o700)
        store.delete(store.put([b"part"]))
        assert len(files_in(tmp_path)) == 2

    @posix_users
    def test_asks_the_system_where_there_is_no_proc(
        self, store: stores.Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dead = owner_of_ended_process()
        exists = os.path.exists
        monkeypatch.setattr(
            os.path, "exists", lambda path: not str(path).startswith("/proc") and exists(path)
        )
        assert self.sweeps(store, leave_file(tmp_path, dead))
        assert not self.sweeps(store, leave_file(tmp_path, owner_of(os.getpid())))

        def refuse(*_: int) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "kill", refuse)  # it lives, and is another user's
        assert not self.sweeps(store, leave_file(tmp_path, dead))
