"""The thread that lets memory go that has not been used for a while."""

from __future__ import annotations

import gc
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator

import pytest
import segments_room
from segments_room import hand, in_a_child, needs_fork, needs_segments, part_of, segments_in, take

from adapters._segments import idle, mapping, receiver
from adapters._segments.sender import Sender

directory = segments_room.directory
room = segments_room.room
sender = segments_room.sender


class Keeper:
    """It has something left until it was trimmed so many times."""

    def __init__(self, times: int, during: Callable[[], object] = int) -> None:
        self.times = times
        self.during = during
        self.done = threading.Event()
        self.since: list[float] = []

    def trim(self, unused_since: float) -> bool:
        self.since.append(unused_since)
        self.during()
        self.times -= 1
        if self.times <= 0:
            self.done.set()
        return self.times > 0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A thread of this test alone, which looks every few milliseconds."""
    while (thread := idle._thread) is not None:
        idle._forget(thread)
        thread.told_to_end.set()
        thread.join()
    kept = list(idle._kept)
    idle._kept.clear()
    monkeypatch.setattr(idle, "_PAUSE", 0.003)
    yield
    wait_until(lambda: idle._thread is None)
    monkeypatch.undo()
    for keeper in kept:
        idle.watch(keeper)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_it_trims_until_nothing_is_left_and_ends() -> None:
    keeper = Keeper(3)
    idle.watch(keeper)
    thread = idle._thread
    assert thread is not None
    assert thread.daemon
    assert keeper.done.wait(20)
    thread.join(20)
    assert not thread.is_alive()
    assert len(keeper.since) == 3
    assert all(since < time.monotonic() - 9 for since in keeper.since)


def test_it_starts_again() -> None:
    for _ in range(2):
        keeper = Keeper(1)
        idle.watch(keeper)
        assert keeper.done.wait(20)
        wait_until(lambda: idle._thread is None)


def test_one_thread_serves_all() -> None:
    keepers = [Keeper(2) for _ in range(5)]
    for keeper in keepers:
        idle.watch(keeper)
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("adapters-segments") <= 1
    assert all(keeper.done.wait(20) for keeper in keepers)


def test_it_keeps_nothing_alive() -> None:
    keeper = Keeper(1 << 30)
    idle.watch(keeper)
    del keeper
    gc.collect()
    wait_until(lambda: idle._thread is None)


def test_one_that_fails_costs_no_other() -> None:
    failing, other = Keeper(1 << 30, lambda: 1 / 0), Keeper(3)
    idle.watch(failing)
    idle.watch(other)
    assert other.done.wait(20)


def test_what_is_watched_meanwhile_is_trimmed_again() -> None:
    keeper = Keeper(1)
    keeper.during = lambda: idle.watch(keeper) if len(keeper.since) < 4 else None
    idle.watch(keeper)
    wait_until(lambda: len(keeper.since) == 4)


def test_it_holds_no_lock_while_it_trims() -> None:
    """A thread that has the lock of a keeper may want to watch something."""
    lock, begun = threading.Lock(), threading.Event()

    def during() -> None:
        begun.set()
        with lock:
            pass

    keeper = Keeper(1, during)
    with lock:
        idle.watch(keeper)
        assert begun.wait(20)
        other = Keeper(1)
        thread = threading.Thread(target=idle.watch, args=(other,), daemon=True)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    assert other.done.wait(20)


def test_what_interrupts_it_may_watch_something() -> None:
    with idle._lock:
        idle.watch(Keeper(1))


def test_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        idle.watch(Keeper(1))
    assert idle._thread is None


@needs_fork
class TestForked:
    def test_a_process_with_one_thread_has_one_when_it_forks(self) -> None:
        others = threading.active_count()
        keeper = Keeper(1 << 30)
        idle.watch(keeper)
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            if others == 1:
                assert in_a_child(lambda: b"x" * threading.active_count()) == b"x"
                assert threading.active_count() == 1
        idle.watch(keeper)
        assert idle._thread is not None
        keeper.times = 1

    def test_a_child_trims_what_is_its_own(self) -> None:
        keeper = Keeper(1 << 30)
        idle.watch(keeper)
        stays = threading.Event()
        other = threading.Thread(target=stays.wait)
        other.start()

        def child() -> bytes:
            own = Keeper(2)
            before = len(keeper.since)
            idle.watch(own)
            assert own.done.wait(20)
            assert len(keeper.since) == before
            return b"done"

        assert in_a_child(child) == b"done"
        stays.set()
        other.join()
        keeper.times = 1

    def test_while_a_segment_is_trimmed(self) -> None:
        """The thread may wait for what the fork holds."""
        begun = threading.Event()

        def during() -> None:
            begun.set()
            with receiver._guard:
                pass

        idle.watch(keeper := Keeper(1 << 30, during))
        assert begun.wait(20)
        for _ in range(20):
            in_a_child(bytes)
            idle.watch(keeper)
        keeper.times = 1


@needs_segments
def test_nothing_is_left_of_segments_that_are_not_used(
    sender: Sender, directory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "PATIENCE", 0.0)
    held = take(hand(sender, part_of(1)))
    path = hand(sender, part_of(2)).name[0]
    take(hand(sender, part_of(2)))
    wait_until(lambda: len(segments_in(directory)) == 2)  # held, and unread
    assert bytes(held) == part_of(1)
    del held
    wait_until(lambda: [str(each) for each in segments_in(directory)] == [path])
    os.unlink(path)
    sender.close()
    wait_until(lambda: mapping.kept == {})
