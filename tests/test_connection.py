"""adapters.send and adapters.receive: objects over a pipe of one's own."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import time
from typing import Any

import children
import processes
import pytest
import segments_room
from children import Memory
from segments_room import SIZE, folders_in, in_a_child, needs_fork, needs_segments, segments_in

import adapters
from adapters import _sweep
from adapters._execution import connection
from adapters._segments import home, sender
from adapters._segments.home import Home

directory = segments_room.directory


@pytest.fixture(autouse=True)
def new_home(directory: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder of the test's own, for this process and for those that it forks."""
    monkeypatch.setattr(connection, "_home", None)
    yield
    if connection._home is not None:
        connection._home.close()


@pytest.fixture
def pipe() -> Any:
    """The two ends of a pipe."""
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        yield ours, theirs


def started(method: str, function: Any, *args: Any) -> Any:
    context: Any = multiprocessing.get_context(method)
    child = context.Process(target=function, args=args, daemon=True)
    child.start()
    return child


def memory_of(fill: int, size: int = SIZE) -> Memory:
    return children.make_memory(size, fill)


def through(pipe: Any, obj: Any) -> Any:
    """What arrives of an object, also where a pipe cannot hold it."""
    ours, theirs = pipe
    thread = threading.Thread(target=adapters.send, args=(ours, obj))
    thread.start()
    try:
        return adapters.receive(theirs)
    finally:
        thread.join()


def trim() -> None:
    for each in list(sender._senders.values()):
        each.trim(time.monotonic() + 1)


@pytest.mark.parametrize(
    "obj", [None, 5, "text", b"", bytes(SIZE), bytearray(3_000_000), [1, {2: 3}]]
)
def test_objects_arrive(pipe: Any, obj: Any) -> None:
    assert through(pipe, obj) == obj


def test_lambdas_and_native_objects_arrive(pipe: Any, native: Any) -> None:
    adapters.register(native, serialize=lambda obj: obj.state, factory=native)
    obj, function = through(pipe, (native(bytearray(SIZE)), lambda: 7))
    assert (len(obj.state), function()) == (SIZE, 7)


@needs_segments
def test_what_was_sent_may_change(pipe: Any) -> None:
    ours, theirs = pipe
    memory = memory_of(1)
    adapters.send(ours, memory)
    memory.data[:] = bytes(SIZE)
    assert adapters.receive(theirs).data[0] == 1


def test_what_arrives_can_be_written_and_is_kept(pipe: Any) -> None:
    kept = []
    for number in range(30):
        kept.append(through(pipe, memory_of(number)))
        kept[-1].data[1:-1] = bytes(SIZE - 2)
    assert [each.data[0] for each in kept] == [each.data[-1] for each in kept] == list(range(30))


@needs_segments
def test_a_large_part_is_not_in_the_pipe(pipe: Any, directory: str) -> None:
    ours, theirs = pipe
    adapters.send(ours, memory_of(1))
    assert len(theirs.recv_bytes()) < 1000
    assert len(segments_in(directory)) == 1


def test_both_directions_and_the_end(start_method: str, directory: str) -> None:
    ours, theirs = multiprocessing.Pipe()
    child = started(start_method, children.receive_parts, theirs)
    theirs.close()
    kept = []
    for number in range(10):
        adapters.send(ours, memory_of(number))
        found, memory = adapters.receive(ours)
        assert found == bytes([number])
        kept.append(memory)
    assert all(bytes(each.data) == b"\7" * SIZE for each in kept[:2])
    adapters.send(ours, None)
    child.join(60)
    assert child.exitcode == 0
    with pytest.raises(EOFError):
        adapters.receive(ours)
    ours.close()
    assert all(bytes(each.data) == b"\7" * SIZE for each in kept)
    assert len(segments_in(directory)) < 10


@needs_segments
def test_a_sender_may_end_before_its_messages_are_read(start_method: str) -> None:
    ours, theirs = multiprocessing.Pipe()
    child = started(start_method, children.send_parts, theirs, SIZE, 5)
    theirs.close()
    child.join(60)
    assert [adapters.receive(ours).data[-1] for _ in range(5)] == list(range(5))
    with pytest.raises(EOFError):
        adapters.receive(ours)
    ours.close()


@needs_fork
@needs_segments
class TestASenderThatHasEnded:
    def swept(self, directory: str) -> list[Any]:
        _sweep._next.clear()
        Home().close()
        return segments_in(directory)

    def test_leaves_nothing_once_its_messages_are_read(self, directory: str) -> None:
        ours, theirs = multiprocessing.Pipe()
        child = started("fork", children.send_parts, theirs, SIZE, 3)
        child.join(60)
        assert len(self.swept(directory)) == 3
        for _ in range(3):
            adapters.receive(ours)
        assert folders_in(directory) == []

    def test_leaves_what_is_swept_when_it_is_old(self, directory: str) -> None:
        _, theirs = multiprocessing.Pipe()
        child = started("fork", children.send_parts, theirs, SIZE, 3)
        child.join(60)
        for path in self.swept(directory):
            os.utime(path, (0, 0))
        assert self.swept(directory) == []
        assert folders_in(directory) == []

    def test_leaves_nothing_that_it_has_not_sent(self, directory: str) -> None:
        ours, theirs = multiprocessing.Pipe()
        child = started("fork", children.fill_and_die, theirs, SIZE)
        assert ours.recv() == "filled"
        child.join(60)
        assert len(segments_in(directory)) == 1
        assert self.swept(directory) == []
        assert folders_in(directory) == []


@needs_segments
class TestNobodyReads:
    def test_a_broken_pipe_withdraws_the_part(self, pipe: Any, directory: str) -> None:
        ours, theirs = pipe
        theirs.close()
        for _ in range(3):
            with pytest.raises(BrokenPipeError):
                adapters.send(ours, memory_of(1))
        trim()
        assert segments_in(directory) == []

    def test_more_than_there_are_segments_for(self, pipe: Any, directory: str) -> None:
        ours, theirs = pipe
        received: list[int] = []

        def receive() -> None:
            for _ in range(200):
                received.append(adapters.receive(theirs).data[-1])

        for number in range(70):
            if number == 60:  # soon they are in the pipe
                thread = threading.Thread(target=receive)
                thread.start()
            adapters.send(ours, memory_of(number))
        for number in range(70, 200):
            adapters.send(ours, memory_of(number))
        thread.join(60)
        assert received == list(range(200))


@pytest.mark.parametrize(
    "data",
    [b"", b"foreign", pickle.dumps(5), pickle.dumps(["x", 1]), pickle.dumps(None), bytes(1000)],
)
def test_foreign_bytes_are_an_error(pipe: Any, data: bytes) -> None:
    ours, theirs = pipe
    ours.send_bytes(data)
    with pytest.raises(adapters.RebuildError, match=r"no message of adapters\.send"):
        adapters.receive(theirs)
    adapters.send(ours, "next")
    assert adapters.receive(theirs) == "next"


@needs_segments
def test_a_plain_recv_frees_what_it_does_not_know(pipe: Any) -> None:
    ours, theirs = pipe
    for _ in range(3):
        adapters.send(ours, memory_of(1))
        assert theirs.recv()[0] == "adapters.send"
    used = sender.sender_in(connection._home.folder)
    trim()
    assert not used._out


@needs_segments
def test_a_segment_that_is_gone_costs_its_message_alone(pipe: Any, directory: str) -> None:
    ours, theirs = pipe
    adapters.send(ours, memory_of(1))
    adapters.send(ours, memory_of(2))
    segments_in(directory)[0].unlink()
    found = []
    for _ in range(2):
        try:
            found.append(adapters.receive(theirs).data[0])
        except adapters.RebuildError as error:
            found.append(str(error).split(": ")[0])
    assert sorted(map(str, found))[1].startswith("a large part of the message is lost")
    assert len([each for each in found if each in (1, 2)]) == 1


def test_threads_may_send_at_once() -> None:
    pipes = [multiprocessing.Pipe() for _ in range(4)]
    found: list[bool] = []

    def send(number: int) -> None:
        for _ in range(20):
            adapters.send(pipes[number][0], memory_of(number))

    def receive(number: int) -> None:
        for _ in range(20):
            memory = adapters.receive(pipes[number][1])
            found.append(bytes(memory.data) == bytes([number]) * SIZE)

    threads = [
        threading.Thread(target=function, args=(number,))
        for number in range(4)
        for function in (send, receive)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80
    for pair in pipes:
        for end in pair:
            end.close()


@needs_segments
def test_a_signal_handler_may_send_while_the_folder_is_made(
    pipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def directory() -> str:
        if not calls:
            calls.append(True)
            adapters.send(ours, memory_of(1))
        return original()

    calls: list[bool] = []
    before = list(home._homes)
    ours, theirs = pipe
    original = home._directory
    monkeypatch.setattr(home, "_directory", directory)
    adapters.send(ours, memory_of(2))
    assert [adapters.receive(theirs).data[0] for _ in range(2)] == [1, 2]
    for each in [each for each in home._homes if each not in before]:
        each.close()


@needs_fork
@needs_segments
def test_a_child_sends_in_a_folder_of_its_own(pipe: Any, directory: str) -> None:
    ours, theirs = pipe
    adapters.send(ours, memory_of(1))

    def child() -> bytes:
        adapters.send(ours, memory_of(2))
        return b"x" * len(folders_in(directory))

    assert len(in_a_child(child)) <= 2
    assert [adapters.receive(theirs).data[0] for _ in range(2)] == [1, 2]


@pytest.mark.skipif(os.name != "posix", reason="its files are elsewhere")
@needs_segments
def test_a_program_leaves_nothing(directory: str) -> None:
    program = (
        "import adapters, multiprocessing, os, tempfile\n"
        "from adapters._segments import home\n"
        f"home._directory = lambda: {directory!r}\n"
        "ours, theirs = multiprocessing.Pipe()\n"
        "adapters.send(ours, bytearray(3_000_000))\n"
        "kept = adapters.receive(theirs)\n"
        "print(len(kept))"
    )
    assert processes.run("-W", "error", "-c", program) == "3000000\n"
    assert os.listdir(directory) == []


@needs_fork
@needs_segments
def test_a_program_leaves_nothing_of_a_child_that_was_killed(directory: str) -> None:
    program = (
        "import adapters, multiprocessing, signal\n"
        "from adapters._segments import home\n"
        f"home._directory = lambda: {directory!r}\n"
        "def send(connection):\n"
        "    adapters.send(connection, bytearray(3_000_000))\n"
        "    adapters.send(connection, bytearray(3_000_000))\n"
        "    signal.pause()\n"
        "ours, theirs = multiprocessing.Pipe()\n"
        "child = multiprocessing.get_context('fork').Process(target=send, args=(theirs,))\n"
        "child.start()\n"
        "print(len(adapters.receive(ours)), ours.poll(60))\n"
        "child.kill()\n"
        "child.join()\n"
    )
    assert processes.run("-W", "error", "-c", program) == "3000000 True\n"
    assert os.listdir(directory) == []
