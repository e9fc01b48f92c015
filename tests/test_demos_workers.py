"""Worker processes: messages in both directions, and each way in which a worker fails."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from demos._support.timeline import Stage
from demos._support.worker_process import WorkerConnection
from demos._support.workers import WorkerError, WorkerGroup, describe_exit


def answer(factor: int, conn: WorkerConnection) -> None:
    conn.send(conn.recv() * factor)


def fail(conn: WorkerConnection) -> None:
    raise LookupError("nothing there")


def send_something_else(conn: WorkerConnection) -> None:
    conn._connection.send_bytes(b"this is no pickle")


def end(conn: WorkerConnection) -> None:
    os._exit(3)


def leave_the_pipe_open(conn: WorkerConnection) -> None:
    os.set_inheritable(conn._connection.fileno(), True)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(4)"], close_fds=False)
    os._exit(3)


def sleep(conn: WorkerConnection) -> None:
    time.sleep(60)


def return_at_once(conn: WorkerConnection) -> None:
    pass


def fill(count: int, conn: WorkerConnection) -> None:
    """Write more than a pipe holds before reading what the other side writes."""
    for _ in range(count):
        conn.send(bytes(10_000))  # which goes through the pipe, as it is small
    conn.send(sum(len(conn.recv()) for _ in range(count)))


def write_pid(path: str) -> None:
    with open(path, "x", encoding="ascii") as file:
        file.write(str(os.getpid()))


@pytest.fixture
def group(start_method: str) -> WorkerGroup:
    return WorkerGroup(multiprocessing.get_context(start_method))


@pytest.mark.slow
def test_each_worker_answers_whichever_is_asked_first(group: WorkerGroup) -> None:
    with group:
        workers = [group.start(f"child {number}", answer, 2) for number in range(3)]
        for number, worker in enumerate(workers):
            worker.send(number)
        assert [worker.recv() for worker in reversed(workers)] == [4, 2, 0]
    assert not multiprocessing.active_children()


def test_the_stages_of_each_worker_arrive_in_order() -> None:
    stages: list[list[Stage]] = [[], []]
    context = multiprocessing.get_context()
    with WorkerGroup(context, lambda index, stage: stages[index].append(stage)) as group:
        workers = [group.start(f"child {number}", answer, 2) for number in range(2)]
        for worker in workers:
            worker.send(1)
            assert worker.recv() == 2
    for each in stages:
        names = [stage.name for stage in each]
        assert names == ["start", "wait", "rebuild", "sieve", "send", "sieve", "done"]
        assert [stage.time for stage in each] == sorted(stage.time for stage in each)


def test_a_function_without_a_pipe(tmp_path: Path) -> None:
    with WorkerGroup(multiprocessing.get_context()) as group:
        worker = group.run("child", write_pid, str(tmp_path / "pid"))
        assert worker.recv() is None
        assert (tmp_path / "pid").read_text("ascii") == str(worker.process.pid)
    with (
        pytest.raises(WorkerError, match="child failed: FileExistsError"),
        WorkerGroup(multiprocessing.get_context()) as group,
    ):
        group.run("child", write_pid, str(tmp_path / "pid")).recv()


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (fail, "child 1 failed: LookupError: nothing there"),
        (end, "child 1 ended with exit code 3 before its work was done"),
        (return_at_once, "child 1 ended with exit code 0 before its work was done"),
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
            workers[1].recv()
        assert re.match(message, str(raised.value))
        workers[0].process.terminate()
    assert not multiprocessing.active_children()


def test_an_object_that_does_not_pickle_is_an_error() -> None:
    with WorkerGroup(multiprocessing.get_context()) as group:
        worker = group.start("child", answer, 2)
        worker.send(threading.Lock())
        with pytest.raises(
            WorkerError, match="could not be sent its work: SerializeError: cannot pickle"
        ):
            worker.recv()


def test_two_full_pipes_do_not_block_both_sides(group: WorkerGroup) -> None:
    count = 400  # 4 MB in each direction
    with group:
        worker = group.start("child", fill, count)
        for _ in range(count):
            worker.send(bytes(10_000))
        assert sum(len(worker.recv()) for _ in range(count)) == 10_000 * count
        assert worker.recv() == 10_000 * count


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a grandchild that inherits a descriptor")
def test_the_end_of_a_worker_is_noticed_while_a_grandchild_holds_its_pipe_open() -> None:
    begun = time.monotonic()
    with WorkerGroup(multiprocessing.get_context()) as group:
        worker = group.start("child", leave_the_pipe_open)
        with pytest.raises(WorkerError, match="child ended with exit code 3"):
            worker.recv()
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
        first.recv()
    assert time.monotonic() - start < 30


def test_a_silent_worker_is_an_error_after_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos._support.workers.REPLY_TIMEOUT", 0.2)
    context = multiprocessing.get_context("spawn")
    with (
        pytest.raises(WorkerError, match=r"no message from the sleeper for 0\.2 s"),
        WorkerGroup(context) as group,
    ):
        group.start("the sleeper", sleep).recv()
    assert not multiprocessing.active_children()


def test_exit_codes_in_words() -> None:
    assert describe_exit(3) == "exit code 3"
    assert describe_exit(None) == "no exit code"
    assert describe_exit(-15) == "exit code -15 (SIGTERM)"
    assert describe_exit(-99999) == "exit code -99999"
