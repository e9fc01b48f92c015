"""A fork while parts are held: they are the parent's and the child's, each its own."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import pytest
import segments_room
from segments_room import (
    SIZE,
    hand,
    in_a_child,
    lost,
    needs_fork,
    needs_segments,
    part_of,
    take,
)

from adapters._segments import header, mapping, receiver
from adapters._segments.sender import Sender

directory = segments_room.directory
room = segments_room.room
sender = segments_room.sender
pytestmark = [needs_segments, needs_fork]


class TestForked:
    """A held part is the parent's and the child's, each its own."""

    def test_neither_sees_what_the_other_writes(self, sender: Sender) -> None:
        view = take(hand(sender, part_of(1)))
        ours, theirs = os.pipe()

        def child() -> bytes:
            os.read(ours, 1)  # the parent has written
            found = bytes(view[:3])
            view[:3] = b"new"
            return found + bytes(view[:3])

        found: list[bytes] = []
        thread = threading.Thread(target=lambda: found.append(in_a_child(child)))
        thread.start()
        time.sleep(0.05)
        view[:3] = b"old"
        os.write(theirs, b"x")
        thread.join()
        os.close(ours)
        os.close(theirs)
        assert found[0][:3] in (b"\1\1\1", b"old")  # as it was at the fork
        assert found[0][3:] == b"new"
        assert bytes(view[:4]) == b"old\1"

    @pytest.mark.parametrize("first", ["child", "parent"])
    def test_that_one_drops_it_leaves_the_other_alone(
        self, sender: Sender, directory: str, first: str
    ) -> None:
        handed = hand(sender, part_of(1))
        views = [take(handed)]
        if first == "child":
            assert in_a_child(lambda: views.clear() or b"done") == b"done"
            assert handed.segment.state() == header.RETIRED
            others = [take(hand(sender, part_of(2))) for _ in range(3)]
            assert bytes(views[0]) == part_of(1)
        else:
            ours, theirs = os.pipe()

            def child() -> bytes:
                os.read(ours, 1)
                return bytes(views[0])

            found: list[bytes] = []
            thread = threading.Thread(target=lambda: found.append(in_a_child(child)))
            thread.start()
            while handed.segment.state() == header.TAKEN:
                time.sleep(0.001)
            time.sleep(0.05)
            views.clear()
            others = [take(hand(sender, part_of(2))) for _ in range(3)]
            os.write(theirs, b"x")
            thread.join()
            os.close(ours)
            os.close(theirs)
            assert found == [part_of(1)]
        assert [bytes(view) for view in others] == [part_of(2)] * 3
        assert not os.path.exists(handed.name[0])

    def test_a_child_of_a_child_has_its_own(self, sender: Sender) -> None:
        view = take(hand(sender, part_of(1)))

        def child() -> bytes:
            view[:3] = b"one"

            def grandchild() -> bytes:
                found = bytes(view[:3])
                view[:3] = b"two"
                return found

            return in_a_child(grandchild) + bytes(view[:3])

        assert in_a_child(child) == b"oneone"
        assert bytes(view[:3]) == b"\1\1\1"

    def test_is_kept_through_more_than_one_fork(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        view = take(handed)
        for _ in range(3):
            assert in_a_child(lambda: view[:1]) == b"\1"
        assert handed.name[0] not in mapping.kept

    def test_a_child_has_no_mappings_for_the_next_part(self, sender: Sender) -> None:
        take(hand(sender, part_of(1)))
        assert mapping.kept != {}
        assert in_a_child(lambda: bytes([len(mapping.kept)])) == b"\0"

    def test_parts_that_are_taken_later_are_as_before(self, sender: Sender) -> None:
        held, free = take(hand(sender, part_of(1))), hand(sender, part_of(2))
        take(free)
        in_a_child(bytes)
        handed = hand(sender, part_of(3))
        assert handed.segment is free.segment
        assert bytes(take(handed)) == part_of(3)
        assert bytes(held) == part_of(1)

    def test_a_child_may_take_what_nobody_has_taken(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        assert in_a_child(lambda: take(handed)[:3]) == b"\1\1\1"
        assert "was taken before" in lost(handed.name)

    def test_while_another_thread_takes_parts(self, sender: Sender) -> None:
        ended = threading.Event()
        wrong: list[Any] = []
        held: list[memoryview] = []

        def take_parts() -> None:
            number = 0
            while not ended.is_set():
                number += 1
                view = take(hand(sender, part_of(number)))
                held.append(view)
                del held[:-3]
                if view[0] != number % 256 or bytes(view) != part_of(number):
                    wrong.append(number)

        def child() -> bytes:
            for view in list(held):
                view[:] = bytes(SIZE)
            held.clear()
            return b"done"

        thread = threading.Thread(target=take_parts)
        thread.start()
        try:
            for _ in range(10):
                assert in_a_child(child) == b"done"
        finally:
            ended.set()
            thread.join()
        assert wrong == []

    def test_a_system_that_refuses_is_reported(
        self, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The segment is not used again then, whoever drops the part first."""
        handed = hand(sender, part_of(1))
        views = [take(handed)]
        monkeypatch.setattr(mapping, "_mmap", lambda: lambda *_: -1)
        with pytest.raises(MemoryError, match="shares"):
            receiver._before_fork()
        receiver._guard.release()
        views.clear()
        assert handed.segment.state() == header.RETIRED
