"""Shared handles in a forked child: it builds its own, and ends nothing of its parent."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
from pathlib import Path
from typing import Any

import handles
import processes
import pytest
import sharing
from handles import TIMEOUT, costly, elsewhere, files_in
from sharing import gone, made
from storing import fork, in_a_fork

import adapters

kept = handles.kept
log = handles.log


@fork
@pytest.mark.parametrize("who", ["the owner", "another process"])
def test_what_was_built_before_a_fork_is_neither_used_nor_destroyed(
    log: Path, kept: Path, who: str
) -> None:
    with adapters.share(costly(log, b"content")) as owned:
        handle = owned if who == "the owner" else elsewhere(owned)
        built = id(handle.get())

        def child() -> tuple[Any, bool, int]:
            nonlocal handle
            info, is_owner = adapters.cache_info(), ", owned here" in repr(handle)
            for _ in range(2):  # the handle is closed in its owner alone: here, it drops its object
                assert handle.get().maker == handle.get().maker == os.getpid()
                handle.close()
            adapters.cache_clear()
            del handle
            gc.collect()
            return info, is_owner, made(log).count(os.getpid())

        (hits, misses, _, size), is_owner, count = in_a_fork(child)
        assert (hits, misses, size, is_owner, count) == (0, 0, 0, False, 2)
        assert all(maker == there for maker, there in gone(log))
        assert id(handle.get()) == built
        assert len(files_in(kept)) == 1


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
            # Each object went in the process that made it.
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
