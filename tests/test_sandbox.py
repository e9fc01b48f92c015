"""The sandbox: what a child that tries foreign code cannot do to its author, and what it can."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from multiprocessing import get_context, shared_memory
from pathlib import Path
from typing import Any

import pytest

from adapters import _own_folder
from adapters._child import Child, ChildRaisedError, legacy, run
from adapters._suggest import refusals, sandbox

WAIT = 60

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


@pytest.fixture(autouse=True)
def nothing_is_left(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert os.listdir(folder) == []


@pytest.fixture(params=["kernel", "hook"])
def means(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Sandboxed:
    """A child in the sandbox; `had` is what it could get."""

    def __init__(self, obj: Any = None, means: str = "kernel") -> None:
        self._child = Child("fork", timeout=WAIT, quiet=True, folder=True, legacy=obj)
        try:
            if means == "hook":
                self._child.call(take_kernel_away)
            self.had = self._child.call(sandbox.enter)
        except BaseException:
            self._child.close()
            raise

    def __enter__(self) -> Callable[..., Any]:
        return self._child.call

    def __exit__(self, *_: object) -> None:
        self._child.close()


def take_kernel_away() -> None:
    """Let the child find neither Landlock nor name spaces."""
    sys.modules["adapters._suggest.kernel"] = None  # type: ignore[assignment]


def error_of(function: Callable[..., Any], *args: Any) -> str:
    try:
        function(*args)
    except OSError as error:
        return type(error).__name__
    return ""


class TestDescriptors:
    def test_a_file_that_is_read_keeps_its_offset(self, tmp_path: Path) -> None:
        path = tmp_path / "numbers"
        path.write_bytes(b"0123456789abcdefghij")
        with open(path, "rb", buffering=0) as file:
            file.seek(10)
            with Sandboxed(file) as call:
                assert call(read_legacy) == (b"abcdefghij", 20)
            assert file.tell() == 10
            assert file.read() == b"abcdefghij"

    def test_a_file_that_is_written_keeps_its_content(self, tmp_path: Path) -> None:
        path = tmp_path / "log"
        with open(path, "a+") as file:
            file.write("of the author\n")
            file.flush()
            file.seek(3)
            with Sandboxed(file) as call:
                assert call(write_legacy, "of the child\n") == "of the author\nof the child\n"
            assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 3
        assert path.read_text() == "of the author\n"

    def test_what_the_author_has_not_flushed_is_written_once(self, tmp_path: Path) -> None:
        path = tmp_path / "log"
        with open(path, "w") as file:
            file.write("of the author\n")
            with Sandboxed(file) as call:
                call(flush_legacy)
        assert path.read_text() == "of the author\n"

    def test_a_large_file_that_could_be_written_can_be_read(self, tmp_path: Path) -> None:
        with open(tmp_path / "large", "wb+", buffering=0) as file:
            file.truncate(sandbox._MOST_COPIED + 1)
            file.seek(sandbox._MOST_COPIED)
            with Sandboxed(file) as call:
                assert call(read_legacy) == (b"\0", sandbox._MOST_COPIED + 1)
                with pytest.raises(ChildRaisedError, match="OSError"):
                    call(write_legacy, b"of the child")
            assert file.tell() == sandbox._MOST_COPIED

    def test_a_deleted_file_can_be_read(self) -> None:
        with tempfile.TemporaryFile(buffering=0) as file:
            file.write(b"0123456789")
            file.seek(5)
            with Sandboxed(file) as call:
                assert call(read_legacy) == (b"56789", 10)
            assert file.tell() == 5

    def test_pipes_and_sockets_are_not_shared(self) -> None:
        reader, writer = os.pipe()
        ours, theirs = socket.socketpair()
        os.set_blocking(reader, False)
        ours.setblocking(False)
        os.write(writer, b"of the author")
        with ours, theirs:
            with Sandboxed() as call:
                assert call(os.read, reader, 100) == b""
                assert call(os.write, writer, b"of the child") == 12
                with pytest.raises(ChildRaisedError):
                    call(send, theirs.fileno())
            assert os.read(reader, 100) == b"of the author"
            with pytest.raises(BlockingIOError):
                ours.recv(100)
        os.close(reader)
        os.close(writer)

    def test_children_inherit_those_that_they_did(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.touch()
        with open(path) as kept, open(path) as inherited:
            os.set_inheritable(inherited.fileno(), True)
            numbers = kept.fileno(), inherited.fileno()
            with Sandboxed() as call:
                assert [call(os.get_inheritable, each) for each in numbers] == [False, True]

    def test_standard_input_is_empty(self) -> None:
        before = os.dup(0)
        reader, writer = os.pipe()
        os.write(writer, b"for the author")
        os.dup2(reader, 0)
        try:
            with Sandboxed() as call:
                assert call(os.read, 0, 100) == b""
            assert os.read(0, 100) == b"for the author"
        finally:
            os.dup2(before, 0)
            for each in (before, reader, writer):
                os.close(each)


def read_legacy() -> tuple[bytes, int]:
    return legacy().read(), legacy().tell()


def write_legacy(content: Any) -> Any:
    legacy().write(content)
    legacy().seek(0)
    return legacy().read()


def flush_legacy() -> None:
    legacy().flush()


def send(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as end:
        end.send(b"of the child")


class TestFiles:
    def test_none_outside_is_changed_by_python(self, tmp_path: Path, means: str) -> None:
        path, folder = tmp_path / "file", tmp_path / "folder"
        path.write_text("of the author")
        folder.mkdir()
        before = path.stat()
        new = tmp_path / "new"
        with Sandboxed(means=means) as call:
            for function, *args in [
                (open_and_close, path, "w"),
                (open_and_close, path, "r+"),
                (open_and_close, new, "a"),
                (open_and_close, os.fspath(tmp_path).encode() + b"/new", "x"),
                (os.open, path, os.O_WRONLY),
                (os.open, new, os.O_RDONLY | os.O_CREAT),
                (os.remove, path),
                (os.rename, path, new),
                (os.replace, path, "taken"),
                (os.link, path, "taken"),
                (os.symlink, path, new),
                (os.mkdir, new),
                (os.rmdir, folder),
                (os.truncate, path, 0),
                (os.chmod, path, 0),
                (os.utime, path, (0, 0)),
                (change_through_descriptor, path),
                (write_through_a_symlink, path),
            ]:
                assert call(error_of, function, *args), (function, args)
            assert call(Path.read_text, path) == "of the author"
        assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
        assert path.read_text() == "of the author"
        after = path.stat()
        assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)

    def test_none_outside_is_changed_by_c(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_text("of the author")
        sandboxed = Sandboxed()
        with sandboxed as call:
            if "files" not in sandboxed.had:
                pytest.skip("no Landlock")
            assert call(open_by_c, path, os.O_WRONLY) == -1
            assert call(open_by_c, path, os.O_RDONLY) >= 0
            assert call(open_by_c, tmp_path / "new", os.O_WRONLY | os.O_CREAT) == -1
            assert call(open_by_c, "own", os.O_WRONLY | os.O_CREAT) >= 0
        assert os.listdir(tmp_path) == ["file"]

    def test_those_inside_can_be_changed(self, means: str) -> None:
        with Sandboxed(means=means) as call:
            assert call(change_files_inside) == "one, two"

    def test_shared_memory_can_be_made(self, means: str) -> None:
        with Sandboxed(means=means) as call:
            assert call(make_shared_memory) == b"shared"


def open_and_close(path: Any, mode: str) -> None:
    open(path, mode).close()


def open_by_c(path: Any, flags: int) -> int:
    return ctypes.CDLL(None).open(os.fsencode(path), flags, 0o600)  # type: ignore[no-any-return]


def change_through_descriptor(path: Path) -> None:
    with open(path) as file:
        os.chmod(file.fileno(), 0)


def write_through_a_symlink(path: Path) -> None:
    os.symlink(path, "link")
    open_and_close("link", "w")


def change_files_inside() -> str:
    os.mkdir("folder")
    Path("folder/one").write_text("one, ")
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("two")
        file.seek(0)
        text = file.read()
    os.rename("folder/one", "two")
    with open("two", "a") as file:
        file.write(text)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        Path(folder, "deep").mkdir()
        Path(folder, "deep", "file").touch()
    with open(os.devnull, "w") as file:
        file.write("nothing")
    return Path(_own_folder.entered, "work", "two").read_text()


def make_shared_memory() -> bytes:
    memory = shared_memory.SharedMemory(create=True, size=100)
    memory.buf[:6] = b"shared"
    content = bytes(memory.buf[:6])
    memory.close()
    memory.unlink()
    return content


class TestNetwork:
    def test_there_is_none(self, means: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0)
            with Sandboxed(means=means) as call:
                assert call(error_of, connect, server.getsockname())
                assert call(error_of, send_to, server.getsockname())
                assert call(error_of, bind)
            with pytest.raises(BlockingIOError):
                server.accept()

    def test_there_is_none_for_c(self) -> None:
        sandboxed = Sandboxed()
        with sandboxed as call, socket.create_server(("127.0.0.1", 0)) as server:
            if "network" not in sandboxed.had:
                pytest.skip("no name spaces")
            assert call(connect_unhindered, server.getsockname())

    def test_no_socket_of_the_author_is_reached(self, tmp_path: Path) -> None:
        path = str(tmp_path / "socket")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            with Sandboxed() as call:
                assert call(error_of, connect_unix, path) == "PermissionError"

    def test_sockets_of_its_own_connect(self, means: str) -> None:
        with Sandboxed(means=means) as call:
            assert call(talk) == b"heard"


def connect(address: Any) -> None:
    socket.create_connection(address, 5).close()


def connect_unhindered(address: Any) -> str:
    with refusals.allowed():  # as C code does
        return error_of(connect, address)


def connect_unix(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def send_to(address: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"of the child", address)


def bind() -> None:
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))


def talk() -> bytes:
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        server.listen()
        connect_unix("socket")
        ours.sendall(b"heard")
        return theirs.recv(100)


class TestProcesses:
    def test_no_program_is_run(self, tmp_path: Path) -> None:
        with Sandboxed() as call:
            for function, *args in [
                (os.system, f"touch {tmp_path}/file"),
                (subprocess.run, [sys.executable, "-V"]),
                (os.execv, sys.executable, [sys.executable, "-V"]),
                (os.posix_spawn, sys.executable, [sys.executable, "-V"], {}),
            ]:
                assert call(error_of, function, *args) == "PermissionError", function

    def test_own_code_runs_programs(self) -> None:
        with Sandboxed() as call:
            assert call(run_programs) == (3, 0, "4\n")
            assert call(error_of, os.system, "exit 3") == "PermissionError"

    def test_own_code_runs_children(self) -> None:
        with Sandboxed() as call:
            assert call(run_children) == [True, "PermissionError"]

    def test_what_it_starts_is_restricted_too(self, tmp_path: Path) -> None:
        sandboxed = Sandboxed()
        with sandboxed as call:
            if "files" not in sandboxed.had:
                pytest.skip("no Landlock")
            program = f"open({str(tmp_path / 'file')!r}, 'w')"
            assert call(run_program, program) == 1
            assert call(run_program, "open('file', 'w')") == 0
        assert os.listdir(tmp_path) == []

    def test_no_other_process_gets_a_signal(self) -> None:
        heard: list[int] = []
        before = signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))
        try:
            with Sandboxed() as call:
                for function, target in [
                    (os.kill, os.getpid()),
                    (os.kill, -1),
                    (os.killpg, os.getpgrp()),
                    (signal.pthread_kill, threading.get_ident()),
                ]:
                    assert call(error_of, function, target, signal.SIGUSR1), function
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert heard == []

    def test_its_own_get_signals(self) -> None:
        with Sandboxed() as call:
            assert call(signal_its_own) == [-signal.SIGKILL, -signal.SIGTERM]


def run_programs() -> tuple[int, int, str]:
    with refusals.allowed():
        code = os.waitstatus_to_exitcode(os.system("exit 3"))
        done = subprocess.run(
            [sys.executable, "-c", "print(2 + 2)"], capture_output=True, text=True, timeout=WAIT
        )
        return code, done.returncode, done.stdout


def run_program(program: str) -> int:
    with refusals.allowed():
        return subprocess.run([sys.executable, "-c", program], timeout=WAIT).returncode


def run_children() -> list[Any]:
    with refusals.allowed():
        spawned = run(os.getppid, method="spawn", timeout=WAIT)
        forked = run(error_of, os.system, "exit 3", method="fork", timeout=WAIT)
    return [spawned == os.getpid(), forked]


def signal_its_own() -> list[int | None]:
    codes = []
    for number in (signal.SIGKILL, signal.SIGTERM):
        process = get_context("fork").Process(target=signal.pause)
        process.start()
        assert process.pid is not None
        os.kill(process.pid, number)
        process.join(WAIT)
        codes.append(process.exitcode)
    return codes


class TestEnter:
    def test_tells_what_could_be_had(self, means: str) -> None:
        sandboxed = Sandboxed(means=means)
        with sandboxed:
            pass
        assert {"descriptors", "limits", "processes"} <= set(sandboxed.had)
        for name in ("network", "files"):
            had = {name, f"{name} of Python code"} & set(sandboxed.had)
            assert len(had) == 1
            assert means == "kernel" or had == {f"{name} of Python code"}

    def test_does_nothing_in_other_processes(self) -> None:
        assert sandbox.enter() == ()
        with Child("fork", timeout=WAIT) as child:
            assert child.call(sandbox.enter) == ()

    def test_the_user_is_the_same(self) -> None:
        with Sandboxed() as call:
            assert (call(os.getuid), call(os.getgid)) == (os.getuid(), os.getgid())

    def test_limits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resource = pytest.importorskip("resource")
        monkeypatch.setenv("DISPLAY", ":0")
        with Sandboxed() as call:
            assert call(os.getenv, "DISPLAY") is None
            assert call(resource.getrlimit, resource.RLIMIT_CORE)[0] == 0
            assert 0 < call(resource.getrlimit, resource.RLIMIT_FSIZE)[0] <= 1 << 30
