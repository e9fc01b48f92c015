"""Shared handles: small, one object a process, and the same for all its threads."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import handles
import processes
import pytest
import sharing
from handles import TIMEOUT, costly, elsewhere, files_in
from sharing import Fussy, lines, made

import adapters
from adapters import stores
from adapters._sharing import handle as sharing_handle

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
kept = handles.kept
log = handles.log
no_child_is_left = handles.no_child_is_left
worker = handles.worker


# Its name alone would fill a screen, in letters of two bytes.
Wide = type("Ä" * 200, (), {"__module__": __name__, "__reduce__": lambda self: "WIDE"})
WIDE = Wide()


class TestTheHandle:
    @pytest.mark.parametrize("protocol", PROTOCOLS)
    @pytest.mark.parametrize(
        "obj",
        [None, bytes(10_000_000), list(range(100_000)), WIDE],
        ids=["nothing", "bytes", "numbers", "a wide name"],
    )
    def test_pickles_to_300_bytes_whatever_the_size(
        self, kept: Path, obj: Any, protocol: int
    ) -> None:
        with adapters.share(obj) as handle:
            # The path of this test's directory is longer than those that users have.
            longer = len(str(kept)) - len("/dev/shm")
            assert len(pickle.dumps(handle, protocol)) <= 300 + longer

    @pytest.mark.parametrize("protocol", [2, 5])
    def test_names_nothing_private(self, protocol: int) -> None:
        program = (
            "import adapters, pickle;"
            f"handle = adapters.share([1]); payload = pickle.dumps(handle, {protocol});"
            "print(payload.count(b'adapters._'), repr(handle).partition(' ')[0])"
        )
        assert processes.run("-c", program) == "0 <adapters.Shared\n"

    def test_says_what_it_is_of_and_who_owns_it(self) -> None:
        with adapters.share(costly(None)) as handle:
            assert repr(handle) == "<adapters.Shared sharing.Costly, owned here>"
            assert repr(elsewhere(handle)) == "<adapters.Shared sharing.Costly>"
        assert repr(handle) == "<adapters.Shared sharing.Costly>"

    def test_of_the_same_object_again_is_another(self, kept: Path) -> None:
        obj = costly(None)
        with adapters.share(obj) as first, adapters.share(obj) as second:
            assert first.get() is second.get() is obj
            assert len(files_in(kept)) == 2
            first.close()
            assert second.get() is obj


class TestTheOwner:
    def test_gets_the_original(self, log: Path) -> None:
        original = costly(log)
        with adapters.share(original) as handle:
            assert handle.get() is original
        assert len(made(log)) == 1

    @pytest.mark.parametrize("protocol", PROTOCOLS)
    def test_gets_the_original_from_a_handle_that_comes_back(self, protocol: int) -> None:
        original = costly(None)
        with adapters.share(original) as handle:
            arrived = pickle.loads(pickle.dumps(handle, protocol))
            assert arrived is handle
            assert copy.copy(handle) is copy.deepcopy([handle])[0] is handle
            assert arrived.get() is original

    def test_gets_the_original_in_any_thread(self) -> None:
        original = costly(None)
        with adapters.share(original) as handle:
            assert all(found is original for found in sharing.in_threads(handle.get, 4))

    def test_gets_the_original_from_a_worker_that_sends_the_handle_back(
        self, worker: ProcessPoolExecutor
    ) -> None:
        with adapters.share(costly(None)) as handle:
            assert worker.submit(copy.copy, handle).result(TIMEOUT) is handle

    def test_needs_no_store_to_get_it(self, kept: Path) -> None:
        with adapters.share(costly(None)) as handle:
            [name] = files_in(kept)
            next(kept.rglob(name)).write_bytes(b"")
            assert handle.get().content == b""


class TestAnotherProcess:
    def test_gets_one_object_for_all_its_tasks_and_threads(
        self, worker: ProcessPoolExecutor, log: Path
    ) -> None:
        with adapters.share(costly(log, b"content")) as handle:
            seen = [worker.submit(sharing.look, handle).result(TIMEOUT) for _ in range(3)]
            seen += worker.submit(sharing.look_in_threads, handle, 4).result(TIMEOUT)
            seen += worker.submit(sharing.look_in_threads, copy.copy(handle), 2).result(TIMEOUT)
            there = worker.submit(os.getpid).result(TIMEOUT)
            assert len(set(seen)) == 1
            assert seen[0][1:] == (there, b"content")
            assert made(log) == [os.getpid(), there]

    def test_builds_once_when_its_first_threads_ask_together(
        self, worker: ProcessPoolExecutor, log: Path
    ) -> None:
        with adapters.share(costly(log)) as handle:
            seen = worker.submit(sharing.look_in_threads, handle, 8).result(TIMEOUT)
            assert len(set(seen)) == 1
            assert len(made(log)) == 2

    def test_that_gets_the_handle_as_an_argument_builds_its_own(
        self, start_method: str, log: Path
    ) -> None:
        """Under fork the very handle is there, with the original in the parent's memory."""
        with adapters.share(costly(log, b"content")) as handle:
            context = multiprocessing.get_context(start_method)
            barrier, outbox = context.Barrier(2), context.Queue()
            arguments = [handle], barrier, outbox
            process = context.Process(target=sharing.meet_and_look, args=arguments)
            process.start()
            there, [one, other] = outbox.get(timeout=TIMEOUT)
            process.join(TIMEOUT)
            assert process.exitcode == 0
            outbox.close()
            outbox.join_thread()
            assert one == other
            assert made(log) == [os.getpid(), there]

    def test_gets_the_object_from_within_any_message(self, worker: ProcessPoolExecutor) -> None:
        with adapters.share({"a": 1}) as handle:
            message = [handle, {"again": handle}]
            first, second = worker.submit(pickle.loads, pickle.dumps(message)).result(TIMEOUT)
            assert first is second["again"] is handle
            assert worker.submit(sharing.get, handle).result(TIMEOUT) == {"a": 1}

    def test_can_share_what_it_got_under_a_handle_of_its_own(self) -> None:
        with (
            adapters.share(costly(None, b"content")) as handle,
            adapters.share(elsewhere(handle).get()) as second,
        ):
            assert bytes(elsewhere(second).get().content) == b"content"
            assert bytes(elsewhere(handle).get().content) == b"content"

    def test_gets_a_handle_that_is_part_of_a_shared_object(self, log: Path) -> None:
        with adapters.share(costly(log)) as inner, adapters.share({"inner": inner}) as outer:
            there = elsewhere(inner)
            assert elsewhere(outer).get()["inner"].get() is inner.get()
            assert there.get() is not inner.get()


class TestThroughAdaptersExecutor:
    def test_threads_get_the_original(self, log: Path) -> None:
        original = costly(log)
        with (
            adapters.Executor(ThreadPoolExecutor(2)) as executor,
            adapters.share(original) as handle,
        ):
            assert executor.submit(sharing.get, handle).result(TIMEOUT) is original
            ids = {seen[0] for seen in executor.map(sharing.look, [handle] * 4, timeout=TIMEOUT)}
            assert ids == {id(original)}

    def test_processes_get_one_object_each(self, worker: ProcessPoolExecutor, log: Path) -> None:
        executor = adapters.Executor(worker)
        with adapters.share(costly(log, bytearray(b"content"))) as handle:
            seen = list(executor.map(sharing.look, [handle] * 8, chunksize=3, timeout=TIMEOUT))
            seen.append(executor.submit(lambda: sharing.look(handle)).result(TIMEOUT))
            assert len(set(seen)) == 1
            assert len(made(log)) == 2
        with pytest.raises(adapters.SharedClosedError):
            executor.submit(sharing.look, handle).result(TIMEOUT)


class TestAFactoryThatFails:
    def test_raises_for_each_that_asks_and_is_tried_again(self, log: Path, tmp_path: Path) -> None:
        flag = tmp_path / "flag"
        with adapters.share(Fussy(str(log), (str(flag), sharing.fail))) as handle:
            there = elsewhere(handle)
            flag.touch()
            for _ in range(2):
                with pytest.raises(adapters.RebuildError, match=r"sharing\.Fussy.*not yet"):
                    there.get()
            flag.unlink()
            assert there.get() is there.get()
            assert lines(log).count("tried") == 3
            assert adapters.cache_info().currsize == 1

    def test_raises_for_each_of_several_threads(
        self, worker: ProcessPoolExecutor, log: Path, tmp_path: Path
    ) -> None:
        flag = tmp_path / "flag"
        flag.touch()
        with adapters.share(Fussy(str(log), (str(flag), sharing.fail))) as handle:
            for _ in range(2):
                with pytest.raises(adapters.RebuildError, match=r"sharing\.Fussy") as caught:
                    worker.submit(sharing.get, handle).result(TIMEOUT)
                assert caught.value.process == worker.submit(os.getpid).result(TIMEOUT)
            there = elsewhere(handle)

            def ask() -> str:
                with pytest.raises(adapters.RebuildError) as caught:
                    there.get()
                return str(caught.value)

            assert len(set(sharing.in_threads(ask, 3))) == 1
            assert lines(log).count("tried") == 5

    @pytest.mark.parametrize(
        ("fail", "error"),
        [
            (sharing.exit_with_3, adapters.RebuildError),
            (sharing.interrupt, KeyboardInterrupt),
        ],
    )
    def test_in_any_way_is_tried_again(
        self, tmp_path: Path, fail: Callable[[], None], error: type[BaseException]
    ) -> None:
        flag = tmp_path / "flag"
        flag.touch()
        with adapters.share(Fussy(None, (str(flag), fail))) as handle:
            there = elsewhere(handle)
            with pytest.raises(error):
                there.get()
            flag.unlink()
            assert isinstance(there.get(), Fussy)

    @pytest.mark.parametrize("way", ["its own handle", "one whose factory asks for its handle"])
    def test_as_it_asks_for_the_object_itself_is_told_so(
        self, monkeypatch: pytest.MonkeyPatch, way: str
    ) -> None:
        first = adapters.share(sharing.SelfSeeking(None, "first"))
        second = adapters.share(sharing.SelfSeeking(None, "second"))
        circle = [elsewhere(first), elsewhere(second)]
        if way != "its own handle":
            circle.reverse()
        for name, handle in zip(["first", "second"], circle, strict=True):
            monkeypatch.setitem(sharing.HANDLES, name, handle)
        for handle in circle:
            with pytest.raises(adapters.RebuildError, match="asks for the object itself"):
                handle.get()
        assert adapters.cache_info().currsize == 0
        first.close()
        second.close()


class TestAWrongKey:
    @pytest.mark.parametrize("key", [["x"], {}, bytearray(b"x"), ("x", [])])
    def test_that_has_no_hash_is_an_error_of_the_store(self, key: Any) -> None:
        with pytest.raises(adapters.StoreError, match=r"not a key of stores\.Local\(\).*hash"):
            adapters.Shared(stores.Local(), key, "thing")
        payload = pickle.dumps(adapters.Shared(stores.Local(), "x", "thing"))
        assert pickle.loads(payload)._key == "x"

    def test_that_a_store_gives_out_is_an_error_of_the_store(self) -> None:
        class Careless(sharing.Shelf):
            def put(self, parts: Any) -> Any:
                return [super().put(parts)]

        with pytest.raises(adapters.StoreError, match=r"not a key of .*: it is not hash"):
            adapters.share([1], Careless({}))

    @pytest.mark.parametrize("key", [5, None, b"x", "", "a\0b", "/dev/zero"])
    def test_that_has_one_is_an_error_when_it_is_used(self, key: Any) -> None:
        handle = adapters.Shared(stores.Local(), key, "thing")
        for _ in range(2):
            with pytest.raises(adapters.StoreError, match="is not a key of"):
                handle.get()
        handle.close()


class TestAStoreOfAUsersOwn:
    def test_works_for_all_that_can_reach_it(self, worker: ProcessPoolExecutor, log: Path) -> None:
        with multiprocessing.Manager() as manager:
            books = manager.dict()
            handle = adapters.share(costly(log, b"content"), sharing.Shelf(books))
            assert len(books) == 1
            assert handle.get().maker == os.getpid()
            seen = [worker.submit(sharing.look, handle).result(TIMEOUT) for _ in range(2)]
            assert len(set(seen)) == 1
            assert seen[0][2] == b"content"
            assert len(made(log)) == 2
            handle.close()
            assert len(books) == 0
            worker.submit(adapters.cache_clear).result(TIMEOUT)
            with pytest.raises(adapters.SharedClosedError):
                worker.submit(sharing.look, handle).result(TIMEOUT)

    def test_may_fail_with_errors_of_its_own(self) -> None:
        class Full(sharing.Shelf):
            def put(self, parts: Any) -> str:
                raise adapters.StoreError("the shelf is full", "Shelf")

        with pytest.raises(adapters.StoreError, match="full"):
            adapters.share([1], Full({}))

    def test_that_gives_a_key_out_twice_is_an_error(self) -> None:
        class Careless(sharing.Shelf):
            def put(self, parts: Any) -> str:
                super().put(parts)
                return "the key"

        store = Careless({})
        with adapters.share([1], store) as handle:
            with pytest.raises(adapters.StoreError, match=r"Careless.*'the key' out twice"):
                adapters.share([2], store)
            assert handle.get() == [1]

    def test_says_when_something_was_deleted(self) -> None:
        class Telling(sharing.Shelf):
            def closed(self, parts: Any) -> bool:
                return parts not in self.books.values()

        books: dict[str, Any] = {}
        handle = adapters.share(costly(None, b"1"), Telling(books))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sharing_handle, "_owned", {})
            there = adapters.Shared(Telling(books), handle._key, "thing")
        assert there.get() is there.get()
        handle.close()
        with pytest.raises(adapters.SharedClosedError):
            there.get()
