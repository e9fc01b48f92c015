"""A sender: fills free segments, makes new ones, and gives up what is not used."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import segments_room
from segments_room import (
    SIZE,
    descriptors,
    hand,
    in_a_child,
    killed_child,
    lost,
    needs_fork,
    needs_segments,
    part_of,
    segments_in,
    take,
)

from adapters._segments import header
from adapters._segments import sender as sender_module
from adapters._segments.home import Home
from adapters._segments.segment import Segment
from adapters._segments.sender import Sender, close_sender, sender_in

directory = segments_room.directory
room = segments_room.room
sender = segments_room.sender
pytestmark = needs_segments


def forever(sender: Sender) -> None:
    """Let everything go that is not in use."""
    sender.trim(time.monotonic() + 1)


@pytest.fixture(autouse=True)
def looks_at_the_room_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "_PAUSE", -1.0)


class TestASegment:
    def test_is_used_again_once_it_was_given_back(self, sender: Sender, directory: str) -> None:
        for number in range(20):
            view = take(hand(sender, part_of(number)))
            assert bytes(view) == part_of(number)
            del view
        assert len(segments_in(directory)) == 1

    def test_is_not_used_again_before(self, sender: Sender, directory: str) -> None:
        views = [take(hand(sender, part_of(number))) for number in range(5)]
        unread = hand(sender, part_of(9))
        assert [bytes(view) for view in views] == [part_of(number) for number in range(5)]
        assert len(segments_in(directory)) == 6
        assert unread.is_unread()

    def test_holds_any_part_of_its_class(self, sender: Sender, directory: str) -> None:
        for size in (SIZE, SIZE + 3000, SIZE - 3000, SIZE + 3000):
            assert bytes(take(hand(sender, part_of(7, size)))) == part_of(7, size)
        assert len(segments_in(directory)) == 1
        take(hand(sender, part_of(7, 2 * SIZE)))
        assert len(segments_in(directory)) == 2

    def test_is_found_among_many_that_are_out(self, sender: Sender, directory: str) -> None:
        views = [take(hand(sender, part_of(number))) for number in range(40)]
        views[17].release()
        del views[17]
        for _ in range(6):  # the sender looks at some each time
            views.append(take(hand(sender, part_of(1))))
        assert len(segments_in(directory)) == 45

    def test_of_a_receiver_that_was_forked_meanwhile_is_not_used_again(
        self, sender: Sender, directory: str
    ) -> None:
        handed = hand(sender, part_of(1))
        with open(handed.segment.path, "r+b") as file:
            os.pwrite(file.fileno(), bytes([header.RETIRED]), header.STATE)
        hand(sender, part_of(2))
        assert [str(path) for path in segments_in(directory)] != [handed.segment.path]
        assert not os.path.exists(handed.segment.path)

    @needs_fork
    def test_of_a_receiver_that_was_killed_is_used_again(
        self, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sender_module, "MOST_SEGMENTS", 2)
        first = hand(sender, part_of(1))
        assert killed_child(lambda: keep(take(first))[:1]) == part_of(1, 1)
        second = hand(sender, part_of(2))
        third = hand(sender, part_of(3))
        assert third.segment is first.segment
        assert bytes(take(second)) == part_of(2)

    @needs_fork
    def test_of_a_receiver_that_was_killed_goes_when_all_is_idle(
        self, sender: Sender, directory: str
    ) -> None:
        first = hand(sender, part_of(1))
        killed_child(lambda: keep(take(first))[:1])
        forever(sender)
        assert segments_in(directory) == []

    def test_that_was_removed_meanwhile_costs_its_part_alone(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        os.unlink(handed.segment.path)
        assert "is gone" in lost(handed.name)
        assert bytes(take(hand(sender, part_of(2)))) == part_of(2)

    def test_of_a_killed_sender_goes_when_another_one_needs_memory(
        self, sender: Sender, directory: str
    ) -> None:
        """But not one that may still be read."""
        folder = sender._folder
        killed_child(lambda: fill_and_free(folder) and b"")
        unread, _ = segments_in(directory)
        if unread.read_bytes()[header.STATE] != header.HANDED:
            unread = segments_in(directory)[1]
        hand(sender, part_of(1))
        left = segments_in(directory)
        assert len(left) == 2
        assert unread in left
        os.utime(unread, (0, 0))
        hand(sender, part_of(1))
        assert unread not in segments_in(directory)


_kept: list[Any] = []


def keep(view: memoryview) -> memoryview:
    _kept.append(view)
    return view


def fill_and_free(folder: str) -> bool:
    made = sender_in(folder)
    free, unread = hand(made, part_of(1)), hand(made, part_of(2))
    take(free)
    return unread.is_unread()


class TestWhereThereIsNoRoom:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sender_module, "MOST_SEGMENTS", 4)

    def test_free_segments_of_other_sizes_make_way(self, sender: Sender, directory: str) -> None:
        for factor in (1, 2, 3, 4, 5):
            take(hand(sender, part_of(1, factor * SIZE)))
        assert len(segments_in(directory)) < 5

    def test_the_one_that_was_taken_first_is_left_to_its_receiver(
        self, sender: Sender, directory: str
    ) -> None:
        views = [take(hand(sender, part_of(number))) for number in range(50)]
        assert len(segments_in(directory)) <= 4
        assert [bytes(view) for view in views] == [part_of(number) for number in range(50)]
        views[0][:3] = b"abc"
        assert bytes(views[0][:4]) == b"abc\0"

    def test_an_unread_part_is_not_given_up(self, sender: Sender) -> None:
        unread = [hand(sender, part_of(number)) for number in range(4)]
        assert sender.hand_over([part_of(9)], SIZE) is None
        assert [bytes(take(each)) for each in unread] == [part_of(number) for number in range(4)]

    def test_the_file_system_is_full(
        self, sender: Sender, directory: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(file: int, data: Any, at: int) -> int:
            if at >= header.DATA:
                raise OSError(errno.ENOSPC, "no space")
            return pwrite(file, data, at)

        pwrite = os.pwrite
        monkeypatch.setattr(os, "pwrite", refuse)
        before = descriptors()
        assert sender.hand_over([part_of(1)], SIZE) is None
        assert segments_in(directory) == []
        assert descriptors() == before
        monkeypatch.undo()

    def test_the_folder_is_gone(self, sender: Sender, room: Home) -> None:
        Path(room.folder, "lock").unlink()
        Path(room.folder).rmdir()
        assert sender.hand_over([part_of(1)], SIZE) is None

    def test_there_is_no_descriptor(self, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> int:
            raise OSError(errno.EMFILE, "too many open files")

        with monkeypatch.context() as patched:
            patched.setattr(os, "open", refuse)
            assert sender.hand_over([part_of(1)], SIZE) is None


class TestWithdrawn:
    def test_unread_it_goes(self, sender: Sender, directory: str) -> None:
        hand(sender, part_of(1)).withdraw()
        assert segments_in(directory) != []
        forever(sender)
        assert segments_in(directory) == []

    def test_taken_it_stays(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        view = take(handed)
        handed.withdraw()
        forever(sender)
        assert bytes(view) == part_of(1)
        assert os.path.exists(handed.segment.path)

    def test_the_next_part_in_the_segment_stays(self, sender: Sender) -> None:
        first = hand(sender, part_of(1))
        take(first)
        second = hand(sender, part_of(2))
        assert second.segment is first.segment
        first.withdraw()
        forever(sender)
        assert bytes(take(second)) == part_of(2)


class TestClosed:
    def test_it_sends_nothing(self, sender: Sender, directory: str) -> None:
        hand(sender, part_of(1))
        sender.close()
        assert segments_in(directory) == []
        assert sender.hand_over([part_of(1)], SIZE) is None

    def test_while_a_segment_is_filled(
        self, sender: Sender, directory: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fill(segment: Segment, *args: Any) -> None:
            original(segment, *args)
            sender.close()

        original = Segment.fill
        monkeypatch.setattr(Segment, "fill", fill)
        before = descriptors()
        handed = hand(sender, part_of(1))
        assert descriptors() == before
        assert bytes(take(handed)) == part_of(1)  # it may be read
        assert segments_in(directory) == []

    def test_what_was_taken_stays(self, sender: Sender, directory: str) -> None:
        view = take(hand(sender, part_of(1)))
        close_sender(sender._folder)
        assert segments_in(directory) == []
        assert bytes(view) == part_of(1)
        view[:3] = b"abc"
        assert bytes(view[:3]) == b"abc"


def test_threads_may_send_at_once(sender: Sender, restless_threads: None) -> None:
    found: list[bool] = []

    def send(number: int) -> None:
        for _ in range(50):
            view = take(hand(sender, part_of(number)))
            time.sleep(0)
            found.append(bytes(view) == part_of(number))
            del view

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 200


@needs_fork
class TestForked:
    def test_a_child_uses_none_of_the_segments(self, sender: Sender, room: Home) -> None:
        take(hand(sender, part_of(1)))  # it is free, and warm
        out = hand(sender, part_of(2))

        def child() -> bytes:
            assert sender.hand_over([part_of(9)], SIZE) is None
            own = sender_in(room.folder)
            assert own is not sender
            return bytes(hand(own, part_of(9)).segment.path not in {out.segment.path})

        assert in_a_child(child) == b"\0"
        assert bytes(take(out)) == part_of(2)

    def test_a_child_has_no_files_of_them(self, sender: Sender) -> None:
        hand(sender, part_of(2))
        before = descriptors()
        assert int(in_a_child(lambda: str(descriptors()).encode())) <= before

    def test_while_another_thread_sends(self, sender: Sender, room: Home) -> None:
        ended = threading.Event()

        def send() -> None:
            while not ended.is_set():
                take(hand(sender, part_of(1)))

        thread = threading.Thread(target=send)
        thread.start()
        try:
            for _ in range(20):
                assert (
                    in_a_child(lambda: take(hand(sender_in(room.folder), part_of(7)))[:1]) == b"\7"
                )
        finally:
            ended.set()
            thread.join()


@pytest.mark.slow
def test_nothing_waits_for_receivers(sender: Sender) -> None:
    """10,000 parts that are not read: what has no room stays in its message."""
    found = [sender.hand_over([part_of(1, 1 << 17)], 1 << 17) for _ in range(10_000)]
    handed = [each for each in found if each is not None]
    assert len(handed) == sender_module.MOST_SEGMENTS
    assert all(take(each)[-1] == 1 for each in handed)
