"""Where no segment can be mapped, a part is copied, and its segment is free at once."""

from __future__ import annotations

import errno
import os

import pytest
import segments_room
from segments_room import (
    descriptors,
    hand,
    lost,
    needs_segments,
    part_of,
    restart,
    segments_in,
    take,
)

from adapters._segments import header, mapping, receiver
from adapters._segments.sender import Sender

directory = segments_room.directory
room = segments_room.room
sender = segments_room.sender
pytestmark = needs_segments


def map_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOMEM, "no more mappings")

    monkeypatch.setattr(mapping, "mapped", refuse)


class TestWithoutMappings:
    """Where no segment can be mapped, a part is copied, and its segment is free at once."""

    def test_there_is_no_memory_for_one(
        self, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        map_no_more(monkeypatch)
        handed = hand(sender, part_of(1))
        view = take(handed)
        assert handed.segment.state() == header.FREE
        assert bytes(view) == part_of(1)
        assert not view.readonly

    def test_there_are_no_descriptors_left(
        self, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        resource = pytest.importorskip("resource")
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        monkeypatch.setattr(resource, "getrlimit", lambda _: (64, limits[1]))
        before = descriptors()
        views = [take(hand(sender, part_of(number))) for number in range(40)]
        assert len(mapping.kept) <= 16
        assert descriptors() - before <= 40 + 64  # those of the sender, and a quarter
        assert [view[0] for view in views] == list(range(40))

    def test_an_unread_part_of_a_sender_that_has_ended_goes(
        self, sender: Sender, directory: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handed = hand(sender, part_of(1))
        restart(sender)
        map_no_more(monkeypatch)
        assert segments_in(directory) != []
        assert bytes(take(handed)) == part_of(1)
        assert segments_in(directory) == []

    def test_a_part_that_was_cut_off_is_lost(
        self, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        map_no_more(monkeypatch)
        handed = hand(sender, part_of(1))
        os.truncate(handed.name[0], header.DATA + 100)
        assert "truncated" in lost(handed.name)
        assert "was taken before" in lost(handed.name)

    def test_nor_memory_the_part_is_lost(
        self, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(receiver, "_copied", refuse)
        map_no_more(monkeypatch)
        assert "no memory left" in lost(hand(sender, part_of(1)).name)
