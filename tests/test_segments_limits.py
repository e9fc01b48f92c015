"""Which parts travel in segments, and how much memory these take."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
import segments_room
from segments_room import SIZE, needs_segments, part_of

from adapters._segments import limits
from adapters._segments.header import DATA
from adapters._segments.home import Home
from adapters._segments.limits import most_bytes, room_left, size_class
from adapters._segments.sender import Sender

directory = segments_room.directory
room = segments_room.room
on_posix = pytest.mark.skipif(not hasattr(os, "sysconf"), reason="there is no sysconf")


@pytest.mark.parametrize("size", [1, 4096, 4097, 1 << 17, (1 << 17) + 1, 123_456_789, 1 << 30])
def test_a_class_wastes_little(size: int) -> None:
    most = size_class(size)
    assert size <= most <= max(size * 1.125, size + 4096)
    assert size_class(most) == most
    assert most % 4096 == 0


def test_classes_are_few() -> None:
    assert len({size_class(size) for size in range(1 << 17, 1 << 20, 999)}) <= 8 * 3 + 1


@on_posix
class TestAllMemory:
    def told(self, monkeypatch: pytest.MonkeyPatch, blocks: int, pages: int) -> int:
        found = SimpleNamespace(f_blocks=blocks, f_frsize=4096)
        monkeypatch.setattr(os, "statvfs", lambda _: found)
        monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}.get)
        monkeypatch.delenv(limits.VARIABLE, raising=False)
        return most_bytes("")

    def test_is_half_of_the_file_system(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.told(monkeypatch, 100, 1000) == 50 * 4096

    def test_is_no_more_than_half_of_the_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.told(monkeypatch, 1000, 100) == 50 * 4096

    def test_is_what_the_variable_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(limits.VARIABLE, " 123 ")
        assert most_bytes("") == 123

    def test_is_no_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(limits.VARIABLE, "²")
        with pytest.raises(ValueError, match="has to be a number of bytes"):
            most_bytes("")


@needs_segments
class TestRoom:
    def test_is_what_the_limit_leaves(self, room: Home) -> None:
        made = Sender(room.folder)
        assert made.hand_over([part_of(1)], SIZE) is not None
        assert room_left(room.folder, 3 * SIZE) == 2 * SIZE - DATA
        assert room_left(room.folder, SIZE) < 0

    def test_keeps_a_quarter_of_the_file_system_free(
        self, room: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = SimpleNamespace(f_blocks=100, f_bavail=30, f_frsize=4096)
        monkeypatch.setattr(os, "statvfs", lambda _: found)
        assert room_left(room.folder, 1 << 30) == 5 * 4096

    def test_is_not_there_in_a_folder_that_is_gone(self) -> None:
        with pytest.raises(FileNotFoundError):
            room_left("/no/such/folder", 1)

    def test_bounds_what_a_sender_hands_over(
        self, room: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(limits.VARIABLE, str(3 * (SIZE + 4096)))
        made = Sender(room.folder)
        found = [made.hand_over([part_of(1)], SIZE) is not None for _ in range(5)]
        assert found == [True] * 3 + [False] * 2
        made.close()
