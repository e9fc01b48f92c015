"""Stores: parts come back as they were, nothing is left behind, nothing of others is touched."""

from __future__ import annotations

import errno
import mmap
import multiprocessing
import os
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sharing
from hypothesis import example, given
from hypothesis import strategies as st

import adapters
from adapters import _owner, stores
from adapters.stores import _local
from native._native import ffi

TIMEOUT = 60
SIZES = [0, 1, 63, 64, 65, 4095, (1 << 20) + 1]
MEMORY = Path("/dev/shm")

posix_users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users and modes are of POSIX")
root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="there is no /proc")


@pytest.fixture
def store(tmp_path: Path) -> stores.Local:
    return stores.Local(tmp_path)


def folder_in(directory: Path) -> Path:
    """The folder of this user, whether it is there or not."""
    return directory / f"adapters-{os.geteuid() if hasattr(os, 'geteuid') else 'user'}"


def files_in(directory: Path) -> list[str]:
    """Everything in a directory, and in those in it."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def content(parts: Any) -> list[bytes]:
    return [bytes(part) for part in parts]


def address(part: memoryview) -> int:
    return int(ffi.cast("uintptr_t", ffi.from_buffer(part)))


class TestParts:
    def test_of_every_size_come_back(self, store: stores.Local) -> None:
        parts = [os.urandom(size) for size in SIZES]
        key = store.put(parts)
        assert content(store.get(key)) == parts
        store.delete(key)

    @pytest.mark.parametrize("size", SIZES)
    def test_come_back_alone(self, store: stores.Local, size: int) -> None:
        key = store.put([bytes(size)])
        assert content(store.get(key)) == [bytes(size)]
        store.delete(key)

    @given(st.lists(st.binary(max_size=200), max_size=6))
    @example([])
    @example([b"", b"", b""])
    def test_of_any_kind_come_back(self, parts: list[bytes]) -> None:
        with tempfile.TemporaryDirectory() as directory:
            store = stores.Local(directory)
            key = store.put(parts)
            found = store.get(key)
            assert content(found) == parts
            store.delete(key)
            assert content(found) == parts

    def test_are_any_bytes_like_objects(self, store: stores.Local) -> None:
        numbers = memoryview(bytearray(24)).cast("Q", (1, 3))
        key = store.put([bytearray(b"ab"), memoryview(b"cd"), numbers])
        assert content(store.get(key)) == [b"ab", b"cd", bytes(24)]
        store.delete(key)

    def test_are_aligned_to_64_bytes(self, store: stores.Local) -> None:
        key = store.put([bytes(size) for size in SIZES])
        for part in store.get(key):
            if len(part):
                assert address(part) % 64 == 0
        store.delete(key)

    def test_cannot_be_written_to(self, store: stores.Local) -> None:
        key = store.put([b"constant"])
        [part] = store.get(key)
        assert part.readonly
        with pytest.raises(TypeError, match="read-only"):
            part[0] = 1
        assert memoryview(part.obj).readonly  # nor is there a writable mapping behind the view
        store.delete(key)

    def test_outlive_the_file_and_the_list_of_them(self, store: stores.Local) -> None:
        key = store.put([b"first", b"second"])
        second = store.get(key)[1]
        store.delete(key)
        assert bytes(second) == b"second"

    def test_are_written_in_as_many_steps_as_the_system_needs(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        change_writes(monkeypatch, tmp_path, lambda _, data: data[:7])
        key = store.put([b"a longer part", b""])
        assert content(store.get(key)) == [b"a longer part", b""]
        store.delete(key)

    def test_come_back_where_there_is_nothing_of_posix(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for module, name in (
            (os, "geteuid"),
            (os, "statvfs"),
            (os, "O_NOFOLLOW"),
            (mmap, "PROT_READ"),
            (mmap, "MAP_POPULATE"),
        ):
            monkeypatch.delattr(module, name, raising=False)
        key = store.put([b"part", bytes(1 << 20)])
        parts = store.get(key)
        assert content(parts) == [b"part", bytes(1 << 20)]
        assert parts[0].readonly
        store.delete(key)
        assert store.closed(parts)
        assert files_in(tmp_path) == []


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


def no_room(in_which: Callable[[str], bool]) -> Callable[[Any], Any]:
    """An `os.statvfs` to which some directories are full."""

    class Room:
        f_frsize = 4096

        def __init__(self, directory: Any) -> None:
            self.f_bavail = 0 if in_which(str(directory)) else 1 << 30

    return Room


def change_writes(
    patch: pytest.MonkeyPatch, directory: Path, change: Callable[[str, memoryview], memoryview]
) -> None:
    """Replace what is written to files under a directory, by `os.write`.

    Not all that is written: whatever else is garbage may have something to say when it is found.
    """
    real_open, real_write = os.open, os.write
    names: dict[int, str] = {}

    def opening(path: Any, *args: Any, **kwargs: Any) -> int:
        descriptor = real_open(path, *args, **kwargs)
        names[descriptor] = os.fspath(path)
        return descriptor

    def writing(descriptor: int, data: Any) -> int:
        name = names.get(descriptor, "")
        inside = name.startswith(f"{directory}{os.sep}")
        return real_write(descriptor, change(name, memoryview(data)) if inside else data)

    patch.setattr(os, "open", opening)
    patch.setattr(os, "write", writing)


def failing(count: int, error: BaseException) -> Callable[[str, memoryview], memoryview]:
    """A change that lets so many writes to each file pass."""
    counts: Counter[str] = Counter()

    def change(name: str, data: memoryview) -> memoryview:
        counts[name] += 1
        if counts[name] > count:
            raise error
        return data

    return change


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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
        assert Path(key).parent == folder_in(temporary)
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
    @proc
    def test_the_files_of_the_dead_make_room_first(
        self, store: stores.Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left = leave_file(tmp_path, owner_of_ended_process())
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
        mkdir = Path.mkdir

        def refuse(path: Path, *args: Any, **kwargs: Any) -> None:
            if path.parent == memory:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            mkdir(path, *args, **kwargs)

        monkeypatch.setattr(Path, "mkdir", refuse)
        key = stores.Local().put([b"part"])
        assert Path(key).parent == folder_in(temporary)
        stores.Local().delete(key)

    def test_a_folder_that_another_process_just_removed_is_made_again(
        self, store: stores.Local, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """It was empty: its last file was deleted there, and this process has none in it yet."""
        listdir, opened = os.listdir, os.open
        raced: list[str] = []

        def remove_once(where: str) -> None:
            if where not in raced:
                raced.append(where)
                os.rmdir(folder_in(tmp_path))

        def list_late(path: Any) -> list[str]:
            remove_once("before it is listed")
            return listdir(path)

        def open_late(path: Any, *args: Any, **kwargs: Any) -> int:
            if str(path).startswith(str(tmp_path)):
                remove_once("before a file is made")
            return opened(path, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", list_late)
            patch.setattr(os, "open", open_late)
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


class TestAHostileFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return folder_in(tmp_path)

    def refused(self, store: stores.Local, folder: Path) -> None:
        before = files_in(folder.parent)
        with pytest.raises(adapters.StoreError, match="somebody else made it") as caught:
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


PARTS = [b"first part", b"", bytes(range(100))]
COUNT, FIRST_SIZE = 32, 40  # offsets in the header


def with_number(content: bytes, offset: int, number: int) -> bytes:
    return content[:offset] + struct.pack("=Q", number) + content[offset + 8 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "one byte": lambda content: content[:1],
    "cut in its header": lambda content: content[:35],
    "cut in its sizes": lambda content: content[:48],
    "one byte too short": lambda content: content[:-1],
    "one line too short": lambda content: content[:-64],
    "one byte too long": lambda content: content + b"\0",
    "one line too long": lambda content: content + bytes(64),
    "zeros": lambda content: bytes(len(content)),
    "ones": lambda content: b"\xff" * len(content),
    "a pickle": lambda content: pickle.dumps(list(range(200))),
    "another mark": lambda content: content[:1] + b"another" + content[8:],
    "no parts": lambda content: with_number(content, COUNT, 0),
    "one part more": lambda content: with_number(content, COUNT, 4),
    "more parts than bytes": lambda content: with_number(content, COUNT, 1 << 40),
    "more parts than there are numbers": lambda content: with_number(content, COUNT, 2**64 - 1),
    "a larger part": lambda content: with_number(content, FIRST_SIZE, 65),
    "a part larger than the file": lambda content: with_number(content, FIRST_SIZE, 1 << 20),
    "a part larger than memory": lambda content: with_number(content, FIRST_SIZE, 2**64 - 1),
}


class TestADamagedFile:
    @pytest.fixture
    def key(self, store: stores.Local) -> Iterator[str]:
        key = store.put(PARTS)
        yield key
        store.delete(key)

    @pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
    def test_is_refused(
        self, store: stores.Local, key: str, damage: Callable[[bytes], bytes]
    ) -> None:
        Path(key).write_bytes(damage(Path(key).read_bytes()))
        with pytest.raises(
            adapters.StoreError, match="truncated, or has been written over"
        ) as caught:
            store.get(key)
        assert key in str(caught.value)

    def test_with_the_content_of_another_is_refused(self, store: stores.Local, key: str) -> None:
        other = store.put(PARTS)
        Path(key).write_bytes(Path(other).read_bytes())
        with pytest.raises(adapters.StoreError, match="written over"):
            store.get(key)
        assert content(store.get(other)) == PARTS
        store.delete(other)

    @given(place=st.integers(0, 127), byte=st.integers(0, 255))
    def test_never_ends_the_process(self, place: int, byte: int) -> None:
        with tempfile.TemporaryDirectory() as directory:
            store = stores.Local(directory)
            key = store.put(PARTS)
            changed = bytearray(Path(key).read_bytes())
            changed[place] = byte
            Path(key).write_bytes(changed)
            try:
                found = content(store.get(key))
            except (adapters.StoreError, LookupError):
                pass
            else:
                assert sum(map(len, found)) <= len(changed)

    def test_that_became_a_directory_is_refused(self, store: stores.Local, key: str) -> None:
        os.unlink(key)
        os.mkdir(key, 0o700)
        with pytest.raises(adapters.StoreError):
            store.get(key)
        os.rmdir(key)

    def test_that_became_a_symlink_is_refused(self, store: stores.Local, key: str) -> None:
        if not hasattr(os, "O_NOFOLLOW"):
            pytest.skip("no O_NOFOLLOW here")
        os.rename(key, f"{key}.real")
        os.symlink(f"{key}.real", key)
        with pytest.raises(adapters.StoreError, match="cannot open"):
            store.get(key)
        os.unlink(key)
        os.unlink(f"{key}.real")

    @posix_users
    def test_that_others_may_write_to_is_refused(self, store: stores.Local, key: str) -> None:
        os.chmod(key, 0o622)
        with pytest.raises(adapters.StoreError, match="not read"):
            store.get(key)

    @posix_users
    def test_of_another_user_is_refused(
        self, store: stores.Local, key: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        me = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)
        with pytest.raises(adapters.StoreError, match=f"another user, {me}; it is not read"):
            store.get(key)

    @root
    def test_that_was_given_away_is_refused(self, store: stores.Local, key: str) -> None:
        os.chown(key, 12345, 12345)
        with pytest.raises(adapters.StoreError, match="another user, 12345; it is not read"):
            store.get(key)

    @posix_users
    @pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root reads anything")
    def test_that_nobody_may_read_is_refused(self, store: stores.Local, key: str) -> None:
        os.chmod(key, 0)
        try:
            with pytest.raises(adapters.StoreError, match=r"cannot open.*Permission denied"):
                store.get(key)
        finally:
            os.chmod(key, 0o600)


def test_a_key_of_another_host_says_so(store: stores.Local) -> None:
    key = Path(store.put([b"part"]))
    there = key.with_name("00000000" + key.name[8:])
    with pytest.raises(adapters.StoreError, match="on another host, or in another container"):
        store.get(str(there))
    store.delete(str(key))


def owner_of_ended_process() -> str:
    """The name that a process had."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        name = owner_of(process.pid)
        process.communicate(b"\n", TIMEOUT)
    return name


def owner_of(process: int, later: int = 0) -> str:
    """The name of a process, or of one that had its id and started later."""
    return f"{_owner._host()}.{process}.{(_owner._started(process) or 0) + later}"


def leave_file(directory: Path, owner: str) -> Path:
    folder = folder_in(directory)
    folder.mkdir(0o700, exist_ok=True)
    left = folder / f"{owner}.0123456789abcdef"
    left.write_bytes(b"left")
    return left


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

    def test_removes_nothing_where_processes_cannot_be_asked_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dead = owner_of_ended_process()
        with monkeypatch.context() as patch:
            patch.setattr(os, "name", "nt")
            is_dead = _owner.is_dead(dead)
        assert not is_dead
