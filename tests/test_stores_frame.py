"""The frame of a state: parts come back as they were, aligned, or not at all."""

from __future__ import annotations

import mmap
import os
import pickle
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import storing
from hypothesis import example, given
from hypothesis import strategies as st
from storing import change_writes, content, files_in, posix_users, root

import adapters
from adapters import stores
from native._native import ffi

SIZES = [0, 1, 63, 64, 65, 4095, (1 << 20) + 1]

store = storing.store


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
        with pytest.raises(adapters.StoreError, match="is not a file"):
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
