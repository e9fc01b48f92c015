"""Worker processes: messages in both directions, and each way in which a worker fails."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection

import pytest

from adapters import receive, send
from demos._support.workers import PIPE, WorkerError, WorkerGroup, describe_exit


def answer(connection: Connection) -> None:
    send(connection, receive(connection) * 2)


def answer_by_pickle(connection: Connection) -> None:
    connection.send(connection.recv() * 2)


def fail(connection: Connection) -> None:
    raise LookupError("nothing there")


def send_something_else(connection: Connection) -> None:
    connection.send_bytes(b"this is no pickle")


def end(connection: Connection) -> None:
    os._exit(3)


def leave_the_pipe_open(connection: Connection) -> None:
    os.set_inheritable(connection.fileno(), True)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(4)"], close_fds=False)
    os._exit(3)


def sleep(connection: Connection) -> None:
    time.sleep(60)


def fill(connection: Connection, size: int) -> None:
    """Write more than a pipe holds before reading what the other side writes."""
    connection.send_bytes(bytes(size))
    send(connection, len(connection.recv_bytes()))


@pytest.fixture
def group(start_method: str) -> WorkerGroup:
    return WorkerGroup(multiprocessing.get_context(start_method))


@pytest.mark.slow
def test_each_worker_answers_in_order(group: WorkerGroup) -> None:
    arrived: list[int] = []
    with group:
        workers = [group.start(f"child {number}", answer) for number in range(3)]
        for number, worker in enumerate(workers):
            worker.send(lambda number=number: number)  # type: ignore[misc]
        assert group.gather(workers, arrived.append) == [0, 2, 4]
    assert arrived == [1, 2, 3]
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (fail, "child 1 failed: LookupError: nothing there"),
        (end, "child 1 ended with exit code 3 before its work was done"),
        (
            send_something_else,
            "what child 1 sent cannot be rebuilt: what was received is no",
        ),
    ],
)
def test_a_failure_is_an_error_at_once(group: WorkerGroup, work: object, message: str) -> None:
    with group:
        workers = [group.start("child 0", sleep), group.start("child 1", work)]  # type: ignore[arg-type]
        with pytest.raises(WorkerError) as raised:
            group.gather(workers)
        assert re.match(message, str(raised.value))
        workers[0].process.terminate()
    assert not multiprocessing.active_children()


def test_a_group_may_use_what_pickle_sends() -> None:
    with WorkerGroup(multiprocessing.get_context(), PIPE) as group:
        workers = [group.start("child 0", answer_by_pickle), group.start("child 1", fail)]
        workers[0].send(lambda: 1)
        assert group.gather(workers[:1]) == [2]
        with pytest.raises(WorkerError, match="child 1 failed: LookupError: nothing there"):
            group.gather(workers[1:])


def test_an_object_that_does_not_pickle_is_an_error() -> None:
    with WorkerGroup(multiprocessing.get_context()) as group:
        worker = group.start("child", answer)
        worker.send(threading.Lock)
        with pytest.raises(
            WorkerError, match="could not be sent its work: SerializeError: cannot pickle"
        ):
            group.gather([worker])


def test_two_full_pipes_do_not_block_both_sides(group: WorkerGroup) -> None:
    size = 8 << 20
    with group:
        worker = group.start("child", fill, size)
        worker.send_bytes(bytes(size))
        assert len(worker.receive_bytes()) == size
        assert worker.receive() == size


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a grandchild that inherits a descriptor")
def test_the_end_of_a_worker_is_noticed_while_a_grandchild_holds_its_pipe_open() -> None:
    begun = time.monotonic()
    with WorkerGroup(multiprocessing.get_context()) as group:
        worker = group.start("child", leave_the_pipe_open)
        with pytest.raises(WorkerError, match="child ended with exit code 3"):
            group.gather([worker])
    assert time.monotonic() - begun < 3


def test_the_death_of_a_worker_that_is_not_waited_for_is_noticed_at_once() -> None:
    context = multiprocessing.get_context("spawn")
    start = time.monotonic()
    with (  # noqa: PT012  the error ends the block of the group, and so the other worker
        pytest.raises(WorkerError, match="the second ended"),
        WorkerGroup(context) as group,
    ):
        first = group.start("the first", sleep)
        group.start("the second", sleep).process.terminate()
        group.gather([first])
    assert time.monotonic() - start < 30


def test_a_silent_worker_is_an_error_after_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos._support.workers.REPLY_TIMEOUT", 0.2)
    context = multiprocessing.get_context("spawn")
    with (
        pytest.raises(WorkerError, match=r"no message from the sleeper for 0\.2 s"),
        WorkerGroup(context) as group,
    ):
        group.gather([group.start("the sleeper", sleep)])
    with (
        pytest.raises(WorkerError, match=r"no message from the sleeper for 0\.2 s"),
        WorkerGroup(context) as group,
    ):
        group.start("the sleeper", sleep).receive()
    assert not multiprocessing.active_children()


def test_exit_codes_in_words() -> None:
    assert describe_exit(3) == "exit code 3"
    assert describe_exit(None) == "no exit code"
    assert describe_exit(-15) == "exit code -15 (SIGTERM)"
    assert describe_exit(-99999) == "exit code -99999"
