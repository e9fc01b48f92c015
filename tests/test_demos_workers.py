"""The crew, and the demos that are little more than one."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection

import pytest
from processes import run

from demos import manager_pids, prime_sieve
from demos.by_hand import LetterCounts, extract, make
from demos.pool import WatchedPool
from demos.workers import ChildError, Crew, describe_exit
from native import Sieve


def answer(connection: Connection) -> None:
    connection.send(connection.recv() * 2)


def fail(connection: Connection) -> None:
    raise LookupError("nothing there")


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
    connection.send(len(connection.recv_bytes()))


@pytest.fixture
def crew(start_method: str) -> Crew:
    return Crew(multiprocessing.get_context(start_method))


@pytest.mark.slow
def test_each_member_answers_in_order(crew: Crew) -> None:
    arrived: list[int] = []
    with crew:
        members = [crew.start(f"child {number}", answer) for number in range(3)]
        for number, member in enumerate(members):
            member.send(lambda number=number: number)  # type: ignore[misc]
        assert crew.gather(members, arrived.append) == [0, 2, 4]
    assert arrived == [1, 2, 3]
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (fail, "child 1 failed: LookupError: nothing there"),
        (end, "child 1 ended with exit code 3 before its work was done"),
    ],
)
def test_how_a_child_failed_is_said_at_once(crew: Crew, work: object, message: str) -> None:
    with crew:
        members = [crew.start("child 0", sleep), crew.start("child 1", work)]  # type: ignore[arg-type]
        with pytest.raises(ChildError) as raised:
            crew.gather(members)
        assert str(raised.value) == message
        members[0].process.terminate()
    assert not multiprocessing.active_children()


def test_what_cannot_be_sent_is_an_error() -> None:
    with Crew(multiprocessing.get_context()) as crew:
        member = crew.start("child", answer)
        member.send(threading.Lock)
        with pytest.raises(
            ChildError, match="could not be sent its work: TypeError: cannot pickle"
        ):
            crew.gather([member])


def test_two_full_pipes_do_not_block_both_sides(crew: Crew) -> None:
    size = 8 << 20
    with crew:
        member = crew.start("child", fill, size)
        member.send_bytes(bytes(size))
        assert len(member.receive_bytes()) == size
        assert member.receive() == size


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a grandchild that inherits a descriptor")
def test_a_pipe_that_somebody_else_holds_open_does_not_hide_that_a_child_ended() -> None:
    begun = time.monotonic()
    with Crew(multiprocessing.get_context()) as crew:
        member = crew.start("child", leave_the_pipe_open)
        with pytest.raises(ChildError, match="child ended with exit code 3"):
            crew.gather([member])
    assert time.monotonic() - begun < 3


def test_exit_codes_in_words() -> None:
    assert describe_exit(3) == "exit code 3"
    assert describe_exit(None) == "no exit code"
    assert describe_exit(-15) == "exit code -15 (SIGTERM)"
    assert describe_exit(-99999) == "exit code -99999"


def test_letter_counts_are_kept_whole() -> None:
    counts = LetterCounts("abca?")
    assert extract(counts) == {"a": 2, "b": 1, "c": 1}
    assert make(extract(counts)).numbers() == counts.numbers()
    assert extract(counts + LetterCounts("zz")) == {"a": 2, "b": 1, "c": 1, "z": 2}


def test_by_hand_shows_the_real_error_first() -> None:
    output = run("-m", "demos", "by_hand")  # where nobody has registered a C type
    assert output.count("TypeError: cannot pickle '_cffi_backend.") == 2
    assert output.index("TypeError") < output.index("adapters.register(LetterCounts")


def test_a_child_that_is_killed_before_its_turn_is_noticed_at_once() -> None:
    context = multiprocessing.get_context("spawn")
    start = time.monotonic()
    with (  # noqa: PT012  the error ends the block of the crew, and so the other child
        pytest.raises(ChildError, match="the second ended"),
        Crew(context) as children,
    ):
        first = children.start("the first", sleep_for, 60.0)
        children.start("the second", sleep_for, 60.0).process.terminate()
        children.gather([first])
    assert time.monotonic() - start < 30


def sleep_for(_connection: Connection, seconds: float) -> None:
    time.sleep(seconds)


def test_children_that_say_nothing_are_not_waited_for_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("demos.workers.SILENCE", 0.2)
    context = multiprocessing.get_context("spawn")
    with (
        pytest.raises(ChildError, match=r"nothing was heard for 0\.2 s of the sleeper"),
        Crew(context) as children,
    ):
        children.gather([children.start("the sleeper", sleep_for, 60.0)])
    with (
        pytest.raises(ChildError, match=r"nothing was heard for 0\.2 s of the sleeper"),
        Crew(context) as children,
    ):
        children.start("the sleeper", sleep_for, 60.0).receive()
    with (
        pytest.raises(ChildError, match=r"nothing was heard for 0\.2 s of the workers"),
        WatchedPool(context, 1) as pool,
    ):
        pool.map(time.sleep, [60.0])
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_each_slot_has_the_pid_and_the_object_of_its_process(start_method: str) -> None:
    context = multiprocessing.get_context(start_method)
    manager, slots = manager_pids.collect_slots(3, context)
    assert len({os.getpid(), manager, *(pid for pid, _ in slots)}) == 5
    for index, (_, window) in enumerate(slots):
        assert isinstance(window, Sieve)
        assert (window.first, window.last) == (1000 * index, 1000 * index + 1000)
    assert sum(window.count() for _, window in slots) == 430  # pi(3000)
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_a_killed_manager_is_one_error() -> None:
    def kill_manager() -> None:
        while not (found := multiprocessing.active_children()):
            time.sleep(0.001)
        found[0].kill()

    killer = threading.Thread(target=kill_manager)
    killer.start()
    with pytest.raises(ChildError):
        manager_pids.collect_slots(2, multiprocessing.get_context())
    killer.join(10)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 4, 5, 9, 10, 100, 1000])
def test_both_sieves_agree(limit: int) -> None:
    expected = [n for n in range(2, limit) if all(n % d for d in range(2, n))]
    assert prime_sieve.python_sieve(limit) == expected
    assert list(prime_sieve.native_sieve(limit)) == expected


@pytest.mark.parametrize("processes", ["1", "2"])
def test_prime_sieve_shows_both_and_the_ratio(
    processes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prime_sieve.main(["--limit", "10**5", "--processes", processes]) == 0
    output = capsys.readouterr().out
    assert output.count(" 9,592 ") == 3
    assert output.endswith(
        "both found the same primes, as many as pi(100,000) = 9,592 as published: OK\n"
    )
