"""A receiver: it has the memory of a part until its last view is gone."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from contextlib import suppress
from typing import Any

import pytest
import segments_room
from segments_room import (
    SIZE,
    descriptors,
    hand,
    lost,
    needs_segments,
    part_of,
    segments_in,
    take,
)

from adapters._segments import header, mapping, receiver
from adapters._segments.home import Home
from adapters._segments.sender import Handed, Sender

directory = segments_room.directory
room = segments_room.room
sender = segments_room.sender
pytestmark = needs_segments


class TestAView:
    def test_is_writable_and_as_long_as_the_part(self, sender: Sender) -> None:
        view = take(hand(sender, part_of(1)))
        assert (view.format, view.ndim, view.nbytes, view.readonly) == ("B", 1, SIZE, False)
        view[:3] = b"abc"
        assert bytes(view[:4]) == b"abc\1"

    def test_is_read_only_if_that_is_wanted(self, sender: Sender) -> None:
        view = take(hand(sender, part_of(1)), readonly=True)
        assert view.readonly
        assert bytes(view) == part_of(1)

    def test_is_aligned_to_a_page(self, sender: Sender) -> None:
        import ctypes

        view = take(hand(sender, part_of(1)))
        assert ctypes.addressof(ctypes.c_char.from_buffer(view)) % 4096 == 0

    def test_has_the_memory_until_the_last_view_of_it_is_gone(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        view = take(handed)
        last = memoryview(view[5:10]).cast("c")
        view.release()
        del view
        assert handed.segment.state() == header.TAKEN
        del last
        assert handed.segment.state() == header.FREE

    def test_stays_after_the_end_of_the_sender_and_its_folder(
        self, room: Home, sender: Sender, directory: str
    ) -> None:
        view = take(hand(sender, part_of(1)))
        room.close()
        assert segments_in(directory) == []
        view[:3] = b"abc"
        assert bytes(view[:4]) == b"abc\1"

    def test_of_a_part_in_a_mapping_that_is_too_small_is_in_a_larger_one(
        self, sender: Sender
    ) -> None:
        for size in (SIZE, SIZE + 8000, SIZE):
            view = take(hand(sender, part_of(3, size)))
            assert bytes(view) == part_of(3, size)
            del view

    @pytest.mark.parametrize("resurrected", [False, True])
    def test_in_a_cycle_has_the_memory_until_the_collector_has_freed_it(
        self, sender: Sender, resurrected: bool
    ) -> None:
        """`__del__` of what is in the cycle may read it, or keep it."""
        seen: list[Any] = []

        class Node:
            def __init__(self, view: memoryview) -> None:
                self.view, self.me = view, self

            def __del__(self) -> None:
                seen.append(handed.segment.state())
                if resurrected:
                    seen.append(self.view)

        handed = hand(sender, part_of(1))
        Node(take(handed))
        gc.collect()
        assert seen[0] == header.TAKEN
        assert handed.segment.state() == (header.TAKEN if resurrected else header.FREE)
        others = [take(hand(sender, part_of(2))) for _ in range(3)]
        if resurrected:
            assert bytes(seen[1]) == part_of(1)
        assert len(others) == 3

    def test_is_gone_before_what_a_weak_reference_calls(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        view = take(handed)
        states: list[int] = []
        weakref.finalize(view, lambda: states.append(handed.segment.state()))
        inner = view[:5]
        del view
        assert states == [header.TAKEN]
        del inner
        assert handed.segment.state() == header.FREE


class TestAPart:
    def test_can_be_taken_once(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        view = take(handed)
        assert "was taken before" in lost(handed.name)
        assert bytes(view) == part_of(1)
        del view
        assert "was taken before" in lost(handed.name)

    def test_of_another_token_is_not_there(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        path, token, size = handed.name
        assert "another part is in it" in lost((path, token + 1, size))
        assert bytes(take(handed)) == part_of(1)

    def test_in_a_file_that_was_removed_is_lost(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        os.unlink(handed.name[0])
        error = receiver.take(*handed.name)
        assert type(error).__name__ == "RebuildError"
        assert "a large part of the message is lost" in str(error)
        assert handed.name[0] in str(error)
        assert "its sender has ended, or it was removed" in str(error)

    def test_in_a_file_that_cannot_be_seen_here_is_lost(self, directory: str) -> None:
        path = "/dev/elsewhere/adapters-0/0badcafe.0badcafe.0123456789ab.segments/1.2.0123456789ab"
        assert "on another host, or in another container" in lost((path, 5, SIZE))

    def test_in_a_file_that_was_truncated_is_lost(self, sender: Sender) -> None:
        for size in (0, 10, header.DATA, header.DATA + 10):
            handed = hand(sender, part_of(1))
            os.truncate(handed.name[0], size)
            assert "truncated" in lost(handed.name)

    def test_in_a_file_that_was_written_over_is_lost(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        with open(handed.name[0], "r+b") as file:
            file.write(b"segment0")
        before = descriptors()
        assert "written over" in lost(handed.name)
        assert descriptors() <= before + 2  # its mapping is kept

    @pytest.mark.parametrize("size", [SIZE + 5000, 1 << 40, 1 << 62])
    def test_that_is_larger_than_the_file_is_lost(self, sender: Sender, size: int) -> None:
        path, token, _ = hand(sender, part_of(1)).name
        assert "truncated" in lost((path, token, size))

    def test_is_taken_when_its_interrupted_receiver_goes(self, sender: Sender) -> None:
        """Ctrl-C comes while the header is written."""
        handed = hand(sender, part_of(1))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(mapping, "identity", lambda: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                receiver.take(*handed.name)
        assert handed.segment.state() == header.FREE


class TestKept:
    def test_a_mapping_is_used_again(self, sender: Sender) -> None:
        for _ in range(2):  # the sender maps it the second time
            take(hand(sender, part_of(1)))
        before = descriptors()
        for _ in range(20):
            take(hand(sender, part_of(1)))
        assert descriptors() == before

    def test_a_mapping_goes_when_it_was_not_used(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        view = take(handed)
        receiver._keeper.trim(time.monotonic() + 1)
        assert handed.name[0] in mapping.kept  # it is held
        del view
        receiver._keeper.trim(time.monotonic() - 100)
        assert handed.name[0] in mapping.kept  # it may be used again
        receiver._keeper.trim(time.monotonic() + 1)
        assert handed.name[0] not in mapping.kept

    def test_a_mapping_of_a_closed_segment_goes_with_the_last_view(self, sender: Sender) -> None:
        handed = hand(sender, part_of(1))
        view = take(handed)
        sender.close()
        assert handed.name[0] in mapping.kept
        del view
        assert handed.name[0] not in mapping.kept

    def test_mappings_go_with_their_folder(self, room: Home, sender: Sender) -> None:
        held, free = hand(sender, part_of(1)), hand(sender, part_of(2))
        view = take(held)
        take(free)
        room.close()
        assert free.name[0] not in mapping.kept
        assert bytes(view) == part_of(1)


def test_threads_may_take_at_once(sender: Sender, restless_threads: None) -> None:
    handed = [hand(sender, part_of(number)) for number in range(40)]
    found: list[tuple[Handed, memoryview]] = []

    def take_all() -> None:
        for each in handed:
            view = receiver.take(*each.name)
            if isinstance(view, memoryview):
                found.append((each, view))

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert all(view[0] == handed.index(each) for each, view in found)


def test_a_part_may_come_while_the_last_one_is_let_go(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held is known at the next fork, also if the sender closes just then."""
    handed = hand(sender, part_of(1))
    first = [take(handed)]
    second: list[memoryview] = []

    class Memory:
        """A mapping whose next part is taken as soon as it is free."""

        def __init__(self, memory: Any) -> None:
            self.memory = memory

        def __len__(self) -> int:
            return len(self.memory)

        def __getitem__(self, index: Any) -> Any:
            return self.memory[index]

        def __setitem__(self, index: Any, value: Any) -> None:
            self.memory[index] = value
            if index == header.STATE and value == header.FREE:
                kept.memory = self.memory
                second.append(take(hand(sender, part_of(2))))
                sender.close()

    kept: Any = mapping.kept[handed.name[0]]
    kept.memory = Memory(kept.memory)
    first.clear()
    assert second[0][0] == 2
    assert mapping.kept[handed.name[0]].is_held()
    with suppress(ValueError):
        second.clear()
