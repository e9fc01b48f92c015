"""Shared handles: small, one object a process, the same for all, and nothing of it left behind."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import processes
import pytest
import sharing
from sharing import Costly, Fussy, gone, lines, made

import adapters
import native.specs  # noqa: F401  registers both types
from adapters import stores
from adapters._sharing import cache as sharing_cache
from adapters._sharing import handle as sharing_handle
from adapters.stores import _local
from native import Sieve, WordList
from native._native import ffi

TIMEOUT = 60
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
START_METHODS = multiprocessing.get_all_start_methods()

fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is of POSIX")
killing = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
proc = pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="there is no /proc")


@pytest.fixture(scope="module", autouse=True)
def no_child_is_left() -> Iterator[None]:
    """In place of the one in conftest: the workers serve the whole module."""
    yield
    assert not multiprocessing.active_children()


@pytest.fixture(scope="module", params=START_METHODS)
def worker(request: pytest.FixtureRequest) -> Iterator[ProcessPoolExecutor]:
    """Another process, which began before the handles were made."""
    context = multiprocessing.get_context(request.param)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(os.getpid).result(TIMEOUT)
        yield pool


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory where states lie; nothing of them is there when a test is done."""
    directory = tmp_path / "kept"
    directory.mkdir()
    monkeypatch.setattr(_local, "_directories", lambda: [directory])
    adapters.cache_clear()
    yield directory
    adapters.cache_clear()
    gc.collect()  # what an error's traceback held
    assert files_in(directory) == []
    assert list(directory.iterdir()) == []


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where it is written when a Costly object was made, and where."""
    return tmp_path / "log"


def files_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


def elsewhere(handle: Any) -> Any:
    """The handle as it is in a process that does not own it."""
    payload = pickle.dumps(handle)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing_handle, "_owned", {})
        return pickle.loads(payload)


def costly(log: Path | None, content: Any = b"") -> Costly:
    return Costly(None if log is None else str(log), content)


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
            assert executor.submit(sharing.get, handle).result(TIMEOUT) is not original
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
            [path] = [path for path in kept.rglob("*") if path.is_file()]
            path.write_bytes(path.read_bytes().replace(b"a word", b"a Word"))
            with pytest.raises(adapters.RebuildError, match="written over") as caught:
                elsewhere(handle).get()
            assert "builtins.list" in str(caught.value)

    def test_that_was_cut_off_is_an_error(self, kept: Path, worker: ProcessPoolExecutor) -> None:
        with adapters.share(["a word", "another"]) as handle:
            [path] = [path for path in kept.rglob("*") if path.is_file()]
            path.write_bytes(path.read_bytes()[:-64])
            with pytest.raises(adapters.StoreError, match="truncated"):
                worker.submit(sharing.get, handle).result(TIMEOUT)


def record_parts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All parts that the store gives out from now on."""
    parts: list[Any] = []
    get = stores.Local.get

    def recording(self: stores.Local, key: str) -> Any:
        found = get(self, key)
        parts.extend(found)
        return found

    monkeypatch.setattr(stores.Local, "get", recording)
    return parts


def address(buffer: Any) -> int:
    return int(ffi.cast("uintptr_t", ffi.from_buffer(buffer)))


def is_in(parts: list[Any], buffer: Any) -> bool:
    """Whether the memory of a buffer lies within that of a part, at the address where that is."""
    size = memoryview(buffer).nbytes
    return any(
        address(part) <= address(buffer) and address(buffer) + size <= address(part) + len(part)
        for part in parts
        if len(part)
    )


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
            assert sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()) < 2000

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


def by_close(handles: list[Any]) -> None:
    handles.pop().close()


def by_with(handles: list[Any]) -> None:
    with handles.pop():
        pass


def by_an_error_in_with(handles: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), handles.pop():
        raise ZeroDivisionError


def by_dropping_it(handles: list[Any]) -> None:
    handles.pop()


def by_garbage_collection(handles: list[Any]) -> None:
    handles.append(handles)  # the caller lets go of this circle, and collects


WAYS_TO_CLOSE = [by_close, by_with, by_an_error_in_with, by_dropping_it, by_garbage_collection]


class TestClosing:
    @pytest.mark.parametrize("close", WAYS_TO_CLOSE)
    def test_removes_the_file_and_ends_the_handle_everywhere(
        self, worker: ProcessPoolExecutor, kept: Path, close: Callable[[list[Any]], None]
    ) -> None:
        handles = [adapters.share(costly(None, b"content"))]
        payload = pickle.dumps(handles[0])
        there = elsewhere(handles[0])
        assert there.get() is not handles[0].get()
        # One worker has got it, and one (this process, asked as another) as well.
        assert worker.submit(sharing.look, handles[0]).result(TIMEOUT)[2] == b"content"
        assert len(files_in(kept)) == 1
        close(handles)
        del handles
        gc.collect()
        assert files_in(kept) == []
        with pytest.raises(adapters.SharedClosedError, match=r"the shared sharing\.Costly"):
            pickle.loads(payload).get()
        with pytest.raises(adapters.SharedClosedError):
            there.get()
        with pytest.raises(adapters.SharedClosedError) as caught:
            worker.submit(sharing.get, there).result(TIMEOUT)
        assert caught.value.subject == "sharing.Costly"

    def test_ends_it_for_a_worker_that_never_got_it(self, worker: ProcessPoolExecutor) -> None:
        handle = adapters.share([1])
        handle.close()
        with pytest.raises(adapters.SharedClosedError, match=r"was closed.*keep the handle"):
            worker.submit(sharing.get, handle).result(TIMEOUT)

    def test_ends_it_in_the_owner(self, log: Path) -> None:
        original = costly(log)
        handle = adapters.share(original)
        copies = [copy.copy(handle), pickle.loads(pickle.dumps(handle))]
        copies[0].close()
        for closed in (handle, *copies):
            with pytest.raises(adapters.SharedClosedError):
                closed.get()
        assert len(made(log)) == 1
        assert original.content == b""

    def test_lets_the_original_go(self, log: Path) -> None:
        handle = adapters.share(costly(log))
        assert gone(log) == []
        handle.close()
        assert gone(log) == [[os.getpid(), os.getpid()]]

    def test_again_does_nothing(self) -> None:
        handle = adapters.share([1])
        handle.close()
        handle.close()
        with handle:
            pass

    def test_leaves_what_was_got_usable(self, worker: ProcessPoolExecutor) -> None:
        with adapters.share(costly(None, bytearray(b"c" * 10_000))) as handle:
            worker.submit(sharing.keep, handle).result(TIMEOUT)
            here = elsewhere(handle).get()
        assert bytes(here.content) == b"c" * 10_000
        assert worker.submit(sharing.kept_content).result(TIMEOUT) == b"c" * 10_000
        worker.submit(sharing.let_go).result(TIMEOUT)

    def test_in_another_process_lets_go_of_its_object_alone(
        self, worker: ProcessPoolExecutor, log: Path, kept: Path
    ) -> None:
        with adapters.share(costly(log)) as handle:
            there = worker.submit(sharing.keep, handle).result(TIMEOUT)
            worker.submit(sharing.let_go).result(TIMEOUT)
            worker.submit(sharing.close, handle).result(TIMEOUT)
            assert gone(log) == [[there, there]]
            assert len(files_in(kept)) == 1
            assert worker.submit(sharing.look, handle).result(TIMEOUT)[1] == there
            assert handle.get().maker == os.getpid()

    def test_waits_for_no_thread_that_has_it(self) -> None:
        """What is in the middle of building still gets what it asked for, or a clear error."""
        with adapters.share(costly(None, b"content")) as handle:
            there = elsewhere(handle)
            results: list[bytes] = []
            started, closed = threading.Event(), threading.Event()
            get = stores.Local.get

            def slow(self: stores.Local, key: str) -> Any:
                parts = get(self, key)
                started.set()
                assert closed.wait(TIMEOUT)
                return parts

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(stores.Local, "get", slow)
                thread = threading.Thread(target=lambda: results.append(there.get().content))
                thread.start()
                assert started.wait(TIMEOUT)
                handle.close()
                closed.set()
                thread.join(TIMEOUT)
            assert results == [b"content"]
            with pytest.raises(adapters.SharedClosedError):
                there.get()

    def test_errors_cross_a_process_whole(self) -> None:
        for kind in (adapters.SharedClosedError, adapters.StoreError):
            error = pickle.loads(pickle.dumps(kind("what failed", "which")))
            assert (type(error), str(error), error.subject) == (kind, "what failed", "which")


OWNER = """
import os, signal, sys
{first}
import adapters, sharing
handle = adapters.share(sharing.Costly(), adapters.stores.Local(sys.argv[1]))
print(*[file for _, _, files in os.walk(sys.argv[1]) for file in files], flush=True)
{end}
"""
ENDINGS = {
    "by running to its end": ("", 0),
    "by sys.exit": ("sys.exit(3)", 3),
    "by an exception": ("raise ValueError", 1),
    "by Ctrl-C": ("signal.raise_signal(signal.SIGINT)", None),
    "by sys.exit in a function that has the handle": (
        "def f(handle):\n    sys.exit(3)\nhandle = f(handle)",
        3,
    ),
}


def run_owner(directory: Path, end: str, first: str = "") -> tuple[str, int]:
    """The file of a process that shares and ends, and its exit code."""
    roots = [str(Path(adapters.__file__).parents[1]), str(processes.TESTS)]
    done = subprocess.run(
        [sys.executable, "-c", OWNER.format(first=first, end=end), str(directory)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*roots, os.environ.get("PYTHONPATH", "")]),
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    [name] = done.stdout.splitlines()
    assert name.count(".") == 3, done.stderr
    return name, done.returncode


class TestAnOwnerThatEnds:
    @pytest.mark.parametrize("end", ENDINGS)
    @pytest.mark.parametrize("first", ["", "import multiprocessing.util"])
    def test_leaves_nothing(self, kept: Path, end: str, first: str) -> None:
        ending, expected = ENDINGS[end]
        _, code = run_owner(kept, ending, first)
        assert expected in (None, code)
        assert list(kept.iterdir()) == []

    def test_leaves_nothing_as_a_child_of_multiprocessing(
        self, kept: Path, start_method: str
    ) -> None:
        for end in (None, sharing.exit_with_3, sharing.fail):
            context = multiprocessing.get_context(start_method)
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=sharing.share_and_end, args=(str(kept), theirs, end))
            process.start()
            theirs.close()
            assert ours.poll(TIMEOUT)
            assert ours.recv() == 1
            process.join(TIMEOUT)
            ours.close()
            assert process.exitcode == {None: 0, sharing.exit_with_3: 3}.get(end, 1)
            assert list(kept.iterdir()) == []

    def test_leaves_nothing_as_a_worker_of_a_pool(self, kept: Path, start_method: str) -> None:
        with adapters.share(costly(None)) as handle:
            context = multiprocessing.get_context(start_method)
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                own = pool.submit(sharing.share_for_good, handle, str(kept)).result(TIMEOUT)
                # Its handle works here, for as long as it lives.
                assert bytes(own.get().content) == b"the worker's"
                assert len(files_in(kept)) == 2
            assert len(files_in(kept)) == 1
            with pytest.raises(adapters.SharedClosedError):
                own.get()

    @killing
    def test_as_it_is_killed_leaves_what_the_next_one_that_shares_removes(self, kept: Path) -> None:
        name, code = run_owner(kept, "os.kill(os.getpid(), signal.SIGKILL)")
        assert code == -signal.SIGKILL
        assert files_in(kept) == [name]
        with adapters.share([1]):
            assert len(files_in(kept)) == 1
            assert name not in files_in(kept)

    @killing
    def test_as_it_is_killed_and_removed_ends_its_handle_where_it_was_got(
        self, kept: Path, worker: ProcessPoolExecutor
    ) -> None:
        name, _ = run_owner(kept, "os.kill(os.getpid(), signal.SIGKILL)")
        [path] = kept.rglob(name)
        handle = adapters.Shared(stores.Local(), str(path), "thing")
        assert worker.submit(sharing.look, handle).result(TIMEOUT)[2] == b""
        adapters.share([1]).close()
        with pytest.raises(adapters.SharedClosedError, match="thing"):
            worker.submit(sharing.look, handle).result(TIMEOUT)


class TestTheCache:
    @pytest.fixture
    def room_for_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sharing_cache.cache, "maxsize", 2)

    @pytest.fixture
    def logs(self, tmp_path: Path) -> list[Path]:
        return [tmp_path / f"log{number}" for number in range(6)]

    @pytest.fixture
    def handles(self, logs: list[Path]) -> Iterator[list[Any]]:
        """Handles that others own, each of an object with a log of its own."""
        owned = [adapters.share(costly(log)) for log in logs]
        yield [elsewhere(handle) for handle in owned]
        for handle in owned:
            handle.close()

    def rebuilt(self, logs: list[Path]) -> list[int]:
        """How often each object was made after the first time, which was the owner's."""
        return [len(made(log)) - 1 for log in logs]

    def test_counts(self, handles: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sharing_cache.cache, "maxsize", 32)
        assert adapters.cache_info() == (0, 0, 32, 0)
        for number in (0, 1, 0, 0):
            handles[number].get()
        info = adapters.cache_info()
        assert info == (2, 2, 32, 2)
        assert (info.hits, info.misses, info.maxsize, info.currsize) == info

    def test_drops_what_was_used_least_recently(
        self, handles: list[Any], logs: list[Path], room_for_two: None
    ) -> None:
        for number in (0, 1, 0, 2):
            handles[number].get()
        assert adapters.cache_info().currsize == 2
        assert len(gone(logs[1])) == 1
        for number in (0, 2, 1):
            handles[number].get()
        assert self.rebuilt(logs) == [1, 2, 1, 0, 0, 0]

    def test_never_drops_what_is_in_use(
        self, handles: list[Any], logs: list[Path], room_for_two: None
    ) -> None:
        used = [handle.get() for handle in handles[:4]]
        for handle in handles[4:] * 2:
            handle.get()
        assert [handle.get() for handle in handles[:4]] == used
        assert self.rebuilt(logs)[:4] == [1, 1, 1, 1]

    def test_shrinks_when_it_can(self, handles: list[Any], room_for_two: None) -> None:
        used = [handle.get() for handle in handles[:5]]
        assert adapters.cache_info().currsize == 5
        del used
        handles[5].get()
        assert adapters.cache_info().currsize == 2

    def test_drops_what_is_closed_when_it_builds_the_next(self, log: Path) -> None:
        first, second = adapters.share(costly(log, b"1")), adapters.share(costly(None, b"2"))
        used = elsewhere(first).get()
        first.close()
        assert adapters.cache_info().currsize == 1
        elsewhere(second).get()
        assert adapters.cache_info().currsize == 1
        assert len(gone(log)) == 1  # the original
        del used
        assert len(gone(log)) == 2
        second.close()

    def test_is_cleared_at_once(self, handles: list[Any], logs: list[Path]) -> None:
        used = handles[0].get()
        handles[1].get()
        adapters.cache_clear()
        assert adapters.cache_info()[:2] == (0, 0)
        assert adapters.cache_info().currsize == 0
        assert len(gone(logs[1])) == 1
        assert handles[0].get() is not used
        assert used.content == b""

    def test_with_no_room_keeps_what_is_in_use(
        self, handles: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sharing_cache.cache, "maxsize", 0)
        used = handles[0].get()
        handles[1].get()
        assert handles[0].get() is used

    @pytest.mark.parametrize(("text", "size"), [("", 32), ("5", 5), ("0", 0), ("-1", 0)])
    def test_has_the_size_that_the_environment_says(
        self, monkeypatch: pytest.MonkeyPatch, text: str, size: int
    ) -> None:
        monkeypatch.delenv("ADAPTERS_CACHE_SIZE", raising=False)
        if text:
            monkeypatch.setenv("ADAPTERS_CACHE_SIZE", text)
        program = "import adapters; print(adapters.cache_info().maxsize)"
        assert processes.run("-c", program) == f"{size}\n"

    def test_says_what_is_wrong_with_that_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADAPTERS_CACHE_SIZE", "many")
        with pytest.raises(ValueError, match=r"ADAPTERS_CACHE_SIZE must be.*'many'"):
            sharing_cache._maxsize()

    def test_builds_once_for_a_thread_that_asks_meanwhile(self) -> None:
        cache = sharing_cache.Cache(4)
        found: list[object] = []
        other = self.another_that_asks(cache, found)

        def build() -> tuple[object, Callable[[], bool]]:
            other.ask_and_wait_until_it_does()
            return object(), bool

        other.build = build
        first = cache.get(other, build)
        other.thread.join(TIMEOUT)
        assert [*map(id, found)] == [id(first)]
        assert cache.info() == (1, 1, 4, 1)

    def test_lets_a_thread_that_waited_try_after_a_failure(self) -> None:
        cache = sharing_cache.Cache(4)
        found: list[object] = []
        other = self.another_that_asks(cache, found)

        def fail() -> tuple[object, Callable[[], bool]]:
            other.ask_and_wait_until_it_does()
            raise ValueError("the first")

        other.build = lambda: ("second", bool)
        with pytest.raises(ValueError, match="the first"):
            cache.get(other, fail)
        other.thread.join(TIMEOUT)
        assert found == ["second"]
        assert cache.get(other, fail) == "second"

    def another_that_asks(self, cache: sharing_cache.Cache, found: list[object]) -> Any:
        """A key that tells when a second thread looks for it."""

        class Key:
            build: Any = None

            def __init__(self) -> None:
                self.asked = threading.Event()
                self.thread = threading.Thread(
                    target=lambda: found.append(cache.get(self, self.build)), daemon=True
                )

            def __hash__(self) -> int:
                if threading.current_thread() is self.thread:
                    self.asked.set()
                return 1

            def ask_and_wait_until_it_does(self) -> None:
                self.thread.start()
                assert self.asked.wait(TIMEOUT)

        return Key()

    def test_runs_destructors_while_others_may_ask(
        self, handles: list[Any], room_for_two: None
    ) -> None:
        """One that waits for a thread that gets another object would wait for ever else."""
        answers: list[Any] = []

        class Waits:
            def __del__(self) -> None:
                thread = threading.Thread(target=lambda: answers.append(handles[0].get()))
                thread.start()
                thread.join(10)
                answers.append(thread.is_alive())

        cache = sharing_cache.cache
        cache.get("waits", lambda: (Waits(), bool))
        for handle in handles[:3]:
            handle.get()
        assert len(answers) == 2
        assert answers[1] is False


FORKED = """
import gc, os, pickle, signal, sys
import adapters, sharing
from pathlib import Path

log, directory, payload = sys.argv[1:]
if payload:
    handle = pickle.loads(bytes.fromhex(payload))
else:
    handle = adapters.share(sharing.Costly(log, b"content"), adapters.stores.Local(directory))
here = handle.get()
{before}
del here
if os.fork() == 0:
    signal.alarm(30)
    found = handle.get()
    assert found.maker == os.getpid(), "it was built before the fork"
    assert found is handle.get() is pickle.loads(pickle.dumps(handle)).get()
    assert bytes(found.content) == b"content"
    {child}
_, status = os.wait()
assert status == {status}
assert handle.get().maker == os.getpid()
assert Path(handle._key).exists()
print("done")
"""
CHILD_ENDINGS = {
    "runs to its end": ("sys.exit()", 0),
    "fails": ("sys.stderr = None; raise ValueError", 256),
    "lets go of all it knows": (
        "del found; handle.close(); adapters.cache_clear(); del handle; gc.collect(); sys.exit()",
        0,
    ),
    "ends at once": ("os._exit(0)", 0),
}


# A thread of the parent is in the middle of getting another object.
BUSY = """
import threading
started, released, parent = threading.Event(), threading.Event(), os.getpid()
other = adapters.share([1], adapters.stores.Local(directory))
adapters._sharing.handle._owned.clear()
slow = pickle.loads(pickle.dumps(other))
if "WHAT" == "closed":
    slow.get()
real = adapters.stores.Local.WHAT
def hold(*args):
    if threading.current_thread() is thread and os.getpid() == parent:
        started.set()
        assert released.wait(30)
    return real(*args)
adapters.stores.Local.WHAT = hold
thread = threading.Thread(target=slow.get)
thread.start()
assert started.wait(30)
"""


@fork
class TestAForkedChild:
    @pytest.mark.parametrize("end", CHILD_ENDINGS)
    @pytest.mark.parametrize("who", ["the owner", "another process"])
    def test_builds_its_own_and_ends_nothing_of_its_parent(
        self, log: Path, kept: Path, who: str, end: str
    ) -> None:
        child, status = CHILD_ENDINGS[end]
        with adapters.share(costly(log, b"content")) as handle:
            payload = pickle.dumps(handle).hex() if who == "another process" else ""
            program = FORKED.format(before="", child=child, status=status)
            assert processes.run("-c", program, str(log), str(kept), payload) == "done\n"
            assert len(files_in(kept)) == 1
            # Nobody but who made an object destroyed it.
            assert gone(log)
            assert all(maker == there for maker, there in gone(log))

    def test_of_multiprocessing_destroys_nothing_either(self, log: Path, kept: Path) -> None:
        before = "import multiprocessing.util"
        program = FORKED.format(before=before, child="sys.exit()", status=0)
        assert processes.run("-c", program, str(log), str(kept), "") == "done\n"
        assert all(maker == there for maker, there in gone(log))
        assert files_in(kept) == []

    @pytest.mark.parametrize("what", ["get", "closed"])
    def test_waits_for_no_thread_of_its_parent(self, log: Path, kept: Path, what: str) -> None:
        """A thread that asks a store at the moment of the fork holds locks that stay locked."""
        program = FORKED.format(
            before=BUSY.replace("WHAT", what),
            child="assert slow.get() == [1]; sys.exit()",
            status="0\nreleased.set()\nthread.join(30)\nassert not thread.is_alive()",
        )
        with adapters.share(costly(log, b"content")) as handle:
            payload = pickle.dumps(handle).hex()
            # Later Pythons warn of a fork beside a thread.
            arguments = "-W", "ignore", "-c", program, str(log), str(kept), payload
            assert processes.run(*arguments) == "done\n"
            assert len(files_in(kept)) == 1

    def test_can_share_on_its_own_account(self, kept: Path) -> None:
        with adapters.share([1]) as handle:
            context = multiprocessing.get_context("fork")
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=sharing.share_and_end, args=(str(kept), theirs))
            process.start()
            theirs.close()
            assert ours.poll(TIMEOUT)
            assert ours.recv() == 2
            process.join(TIMEOUT)
            ours.close()
            assert len(files_in(kept)) == 1
            assert elsewhere(handle).get() == [1]


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
