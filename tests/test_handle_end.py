"""The end of a shared handle: closed, dropped or its owner gone, and nothing is left behind."""

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
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import handles
import processes
import pytest
import sharing
from handles import TIMEOUT, costly, elsewhere, files_in
from sharing import gone, made

import adapters
from adapters import stores

killing = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
kept = handles.kept
log = handles.log
no_child_is_left = handles.no_child_is_left
worker = handles.worker


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
print(*[path.name for path in sharing.states_in(sys.argv[1])], flush=True)
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
    assert name.count(".") == 1, done.stderr
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
