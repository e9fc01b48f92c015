"""What a shared handle keeps: any state, in the store's own memory, read-only."""

from __future__ import annotations

import os
import threading
from array import array
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import handles
import pytest
import sharing
from handles import TIMEOUT, costly, elsewhere, files_in, is_in, record_parts

import adapters
import native.specs  # noqa: F401  registers both types
from adapters import stores
from adapters._sharing import handle as sharing_handle
from adapters.stores import _local
from native import Sieve, WordList

proc = pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="there is no /proc")
kept = handles.kept
log = handles.log
no_child_is_left = handles.no_child_is_left
worker = handles.worker


class TestWhatIsShared:
    @pytest.mark.parametrize(
        "obj",
        [None, {"a": [1, 2.5, "three"]}, b"", bytes(100_000), bytearray(5), ("x", frozenset("y"))],
        ids=["None", "dict", "no bytes", "bytes", "bytearray", "tuple"],
    )
    def test_need_not_be_native(self, worker: ProcessPoolExecutor, obj: Any) -> None:
        with adapters.share(obj) as handle:
            found = worker.submit(sharing.get, handle).result(TIMEOUT)
            assert found == obj
            assert type(found) is type(obj)

    def test_may_be_what_only_adapters_pickles(self, worker: ProcessPoolExecutor) -> None:
        offset = 3
        with adapters.share(lambda number: number + offset) as handle:
            executor = adapters.Executor(worker)
            assert executor.submit(lambda: handle.get()(4)).result(TIMEOUT) == 7

    @pytest.mark.parametrize("size", [0, 1, 5000, 2_000_000])
    def test_has_its_buffers_in_the_store_read_only(
        self, size: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mapped = record_parts(monkeypatch)
        with adapters.share(sharing.Sealed(bytearray(b"x" * size))) as handle:
            content = elsewhere(handle).get().content
            assert bytes(content) == b"x" * size
            assert content.readonly
            with pytest.raises(TypeError):
                content[:1] = b"y"
            assert size == 0 or is_in(mapped, content)

    def test_is_what_it_was_when_it_was_shared(self) -> None:
        obj = sharing.Sealed(bytearray(b"before"))
        with adapters.share(obj) as handle:
            obj.content[:] = b"behind"
            assert bytes(elsewhere(handle).get().content) == b"before"

    def test_twice_in_one_object_arrives_as_one(self) -> None:
        part = costly(None, b"part")
        with adapters.share([part, {"again": part}]) as handle:
            first, second = elsewhere(handle).get()
            assert first is second["again"]

    @pytest.mark.parametrize(
        "obj", [threading.Lock(), [costly(None), threading.Lock()]], ids=["alone", "inside"]
    )
    def test_cannot_be_what_does_not_pickle_and_leaves_nothing(self, obj: Any, kept: Path) -> None:
        owned = set(sharing_handle._owned)
        with pytest.raises(adapters.SerializeError, match="lock"):
            adapters.share(obj)
        assert files_in(kept) == []
        assert set(sharing_handle._owned) == owned

    def test_that_has_no_room_is_an_error_and_leaves_nothing(
        self, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owned = set(sharing_handle._owned)
        monkeypatch.setattr(_local, "_directories", lambda: [kept / "nowhere"])
        with pytest.raises(adapters.StoreError, match="nowhere"):
            adapters.share([1])
        assert set(sharing_handle._owned) == owned

    def test_that_was_written_over_is_an_error(self, kept: Path) -> None:
        with adapters.share(["a word", "another"]) as handle:
            [path] = sharing.states_in(kept)
            path.write_bytes(path.read_bytes().replace(b"a word", b"a Word"))
            with pytest.raises(adapters.RebuildError, match="written over") as caught:
                elsewhere(handle).get()
            assert "builtins.list" in str(caught.value)

    @pytest.mark.parametrize("size", [100, 100_000, 3_000_000])
    def test_whose_buffers_were_written_over_is_an_error(self, size: int) -> None:
        with adapters.share(sharing.Sealed(bytearray(b"x" * size))) as handle:
            with open(handle._key, "r+b") as file:
                file.seek(-min(size, 30_000), os.SEEK_END)
                file.write(bytes(min(size, 30_000)))
            with pytest.raises(adapters.RebuildError, match="written over") as caught:
                elsewhere(handle).get()
            assert caught.value.subject == "sharing.Sealed"

    def test_that_has_no_parts_is_an_error(self) -> None:
        store = stores.Local()
        key = store.put([])
        with pytest.raises(adapters.RebuildError):
            adapters.Shared(store, key, "thing").get()
        store.delete(key)

    def test_that_was_cut_off_is_an_error(self, kept: Path, worker: ProcessPoolExecutor) -> None:
        with adapters.share(["a word", "another"]) as handle:
            [path] = sharing.states_in(kept)
            path.write_bytes(path.read_bytes()[:-64])
            with pytest.raises(adapters.StoreError, match="truncated"):
                worker.submit(sharing.get, handle).result(TIMEOUT)


class TestNativeObjects:
    def test_a_finished_sieve_reads_the_store_in_place(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mapped = record_parts(monkeypatch)
        with adapters.share(Sieve(0, 10**6).finish()) as handle:
            sieve = elsewhere(handle).get()
            assert is_in(mapped, sieve.bitmap)
            assert sieve == handle.get()
        assert sieve.count() == 78498  # and for as long as it lives

    def test_a_list_of_words_reads_the_store_in_place(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mapped = record_parts(monkeypatch)
        words = WordList(["level", "été", "", "word"] * 100)
        with adapters.share(words) as handle:
            found = elsewhere(handle).get()
            assert all(is_in(mapped, part) for part in found.state())
            assert found == words
        assert found[:2].palindromes() == ["level", "été"]

    def test_a_slice_is_shared_alone(self, kept: Path) -> None:
        words = WordList([f"word{number}" for number in range(10_000)])
        with adapters.share(words[100:102]) as handle:
            assert list(elsewhere(handle).get()) == ["word100", "word101"]
            assert sum(path.stat().st_size for path in sharing.states_in(kept)) < 2000

    def test_an_unfinished_sieve_is_copied(self, monkeypatch: pytest.MonkeyPatch) -> None:
        mapped = record_parts(monkeypatch)
        original = Sieve(0, 10**6)
        original.cross_off(array("Q", [7, 11, 13]), below=17)
        with adapters.share(original) as handle:
            sieve = elsewhere(handle).get()
            assert not is_in(mapped, sieve.bitmap)
            assert sieve.finish().count() == 78498
            adapters.cache_clear()
            again = elsewhere(handle).get()
            assert (again.progress, again.finished) == (17, False)
            assert again == original

    @proc
    def test_a_worker_reads_a_sieve_in_the_file_itself(self, worker: ProcessPoolExecutor) -> None:
        with adapters.share(Sieve(0, 10**6).finish()) as handle:
            file = worker.submit(sharing.file_that_holds_the_bitmap, handle).result(TIMEOUT)
            assert file == handle._key
            # And a second object of the same state is in the same memory, that of this host.
            assert sharing.file_that_holds_the_bitmap(elsewhere(handle)) == file
