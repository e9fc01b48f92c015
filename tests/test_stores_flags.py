"""Flags: a state that is deleted is so for all readers at once, whatever their number."""

from __future__ import annotations

import errno
import mmap
import multiprocessing
import os
from pathlib import Path

import pytest
import sharing
import storing
from storing import TIMEOUT, in_a_fork, locks

import adapters
from adapters import stores
from adapters.stores import _flags, _folder

store = storing.store


@pytest.mark.parametrize("size", [1, 100_000], ids=["read", "mapped"])
class TestADeletedState:
    def test_is_closed_for_who_has_got_it(self, store: stores.Local, size: int) -> None:
        first, second = store.put([bytes(size)]), store.put([bytes(size)])
        parts = [store.get(key) for key in (first, first, second)]
        assert [store.closed(part) for part in parts] == [False, False, False]
        store.delete(first)
        assert [store.closed(part) for part in parts] == [True, True, False]
        assert bytes(parts[0][0]) == bytes(size)
        store.delete(second)

    def test_is_closed_in_another_process(
        self, store: stores.Local, start_method: str, size: int
    ) -> None:
        key = store.put([b"1", bytes(size)])
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
        assert ours.recv() == (True, [b"1", bytes(size)])
        assert ours.poll(TIMEOUT)
        assert ours.recv() == "not found"
        process.join(TIMEOUT)
        assert process.exitcode == 0
        ours.close()

    def test_is_closed_for_a_child_that_has_got_it_from_its_parent(
        self, store: stores.Local, size: int
    ) -> None:
        if not hasattr(os, "fork"):
            pytest.skip("no fork here")
        key, other = store.put([bytes(size)]), store.put([bytes(size)])
        parts = store.get(key)
        ours, theirs = os.pipe()

        def look() -> tuple[bool, bool]:
            before = store.closed(parts)
            os.write(theirs, b"x")
            while not store.closed(parts):
                pass
            return before, store.closed(store.get(other))

        with storing.forking(look) as (answer, _):
            os.read(ours, 1)
            store.delete(key)
            assert answer() == (False, False)
        store.delete(other)
        os.close(ours)
        os.close(theirs)


def test_the_states_of_an_owner_have_one_mapping(store: stores.Local, tmp_path: Path) -> None:
    keys = [store.put([bytes(number)]) for number in range(10)]
    parts = [store.get(key) for key in keys]
    assert len({id(part.flag.obj) for part in parts}) == 1
    assert len(_flags._mappings) == 1
    for key in keys:
        store.delete(key)
    assert all(store.closed(part) for part in parts)
    del parts
    assert len(_flags._mappings) == 0


def test_an_owner_of_more_states_than_there_are_flags_has_another_folder(
    store: stores.Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_folder, "COUNT", 3)
    keys = [store.put([bytes(number)]) for number in range(8)]
    folders = [Path(key).parent for key in keys]
    assert [folders.count(folder) for folder in dict.fromkeys(folders)] == [3, 3, 2]
    parts = [store.get(key) for key in keys]
    for key in keys[1:6]:
        store.delete(key)
    assert [store.closed(part) for part in parts] == [False, *[True] * 5, False, False]
    assert [folder.exists() for folder in folders[::3]] == [True, False, True]
    for key in (keys[0], *keys[6:]):
        store.delete(key)
    assert storing.files_in(folders[0].parents[1]) == []


@locks
def test_all_states_of_a_dead_owner_are_closed_when_they_are_swept(
    store: stores.Local, tmp_path: Path
) -> None:
    keys = in_a_fork(lambda: [stores.Local(tmp_path).put([bytes(n)]) for n in range(5)])
    parts = [store.get(key) for key in keys]
    assert not any(store.closed(part) for part in parts)
    storing.sweep(store)
    assert all(store.closed(part) for part in parts)


@pytest.mark.parametrize("size", [0, 1, 4095, 4097])
def test_flags_that_are_cut_off_are_refused(store: stores.Local, size: int) -> None:
    key = store.put([b"part"])
    lock = Path(key).with_name("lock")
    lock.write_bytes(bytes(size))
    with pytest.raises(adapters.StoreError, match=r"lock is truncated, or has been written over"):
        store.get(key)
    store.delete(key)


def test_flags_that_are_no_file_are_refused(store: stores.Local) -> None:
    key = store.put([b"part"])
    lock = Path(key).with_name("lock")
    lock.unlink()
    lock.mkdir(0o700)
    with pytest.raises(adapters.StoreError, match="is not a file"):
        store.get(key)
    lock.rmdir()
    store.delete(key)


@pytest.mark.parametrize("code", [errno.ENOMEM, errno.EMFILE])
def test_flags_that_cannot_be_mapped_are_an_error_of_the_store(
    store: stores.Local, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    key = store.put([b"1"])

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(mmap, "mmap", refuse)
        with pytest.raises(adapters.StoreError, match=os.strerror(code)):
            store.get(key)
    assert storing.content(store.get(key)) == [b"1"]
    store.delete(key)
