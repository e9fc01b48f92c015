"""The folder of segments, which is gone with its owner."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from pathlib import Path

import pytest
import segments_room
from segments_room import (
    folders_in,
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

from adapters import _owner, _sweep
from adapters._segments import header, home, limits
from adapters._segments.home import Home
from adapters._segments.segment import Segment
from adapters._segments.sender import close_senders, sender_in

directory = segments_room.directory
room = segments_room.room
pytestmark = needs_segments


def swept(directory: str) -> None:
    """Sweep, whenever that was done last."""
    _sweep._next.clear()
    Home().close()


def name_of(words: bytes) -> tuple[str, int, int]:
    path, token, size = words.decode().split()
    return path, int(token), int(size)


def words_of(name: tuple[str, int, int]) -> bytes:
    return " ".join(map(str, name)).encode()


class TestAFolder:
    def test_is_of_this_user_alone(self, room: Home) -> None:
        assert os.stat(room.folder).st_mode & 0o777 == 0o700
        assert _owner.is_name(os.path.basename(room.folder), home.KIND)

    def test_is_one_of_many(self, room: Home, directory: str) -> None:
        other = Home()
        assert other.folder != room.folder
        other.close()
        assert [str(path) for path in folders_in(directory)] == [room.folder]

    def test_is_gone_with_all_that_is_in_it(self, room: Home, directory: str) -> None:
        for number in range(3):
            hand(sender_in(room.folder), part_of(number))
        Path(room.folder, "something").write_text("else")
        room.close()
        assert os.listdir(directory) == []
        room.close()

    def test_is_gone_though_a_worker_makes_more_files(
        self, room: Home, directory: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def files_in(folder: str) -> list[str]:
            found = original(folder)
            try:
                made.append(Segment(room.folder, 1 << 18))
            except FileNotFoundError:
                refused.append(folder)
            return found

        original = home.files_in
        made: list[Segment] = []
        refused: list[str] = []
        monkeypatch.setattr(home, "files_in", files_in)
        room.close()
        assert os.listdir(directory) == []
        assert refused

    def test_cannot_be_made(self, directory: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError(13, "no")

        monkeypatch.setattr(_owner, "claim", refuse)
        assert Home().folder == ""

    @pytest.mark.parametrize("value", ["0", " 0 "])
    def test_is_not_made_if_no_memory_may_be_used(
        self, directory: str, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv(limits.VARIABLE, value)
        assert Home().folder == ""
        assert os.listdir(directory) == []

    @pytest.mark.parametrize("value", ["many", "-1", "1.5", "1 GB"])
    def test_is_not_made_if_the_limit_is_no_number(
        self, directory: str, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv(limits.VARIABLE, value)
        with pytest.raises(ValueError, match=f"{limits.VARIABLE} is '{value}', and has to be"):
            Home()
        assert os.listdir(directory) == []


def test_without_shared_memory_files_are_in_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert home._directory() == tempfile.gettempdir()


@needs_fork
class TestAProcessThatEnds:
    def test_leaves_nothing(self, directory: str) -> None:
        def child() -> bytes:
            made = Home()
            hand(sender_in(made.folder), part_of(1))
            home._close_all()
            return b"done"

        assert in_a_child(child) == b"done"
        assert os.listdir(directory) == []

    def test_killed_leaves_what_the_next_sweep_removes(self, directory: str) -> None:
        def child() -> bytes:
            made = Home()
            hand(sender_in(made.folder), part_of(1))
            return b"done"

        assert killed_child(child) == b"done"
        assert len(segments_in(directory)) == 1
        swept(directory)
        assert os.listdir(directory) == []

    def test_is_not_swept_while_it_runs(self, room: Home, directory: str) -> None:
        handed = hand(sender_in(room.folder), part_of(1))
        assert in_a_child(lambda: swept(directory) or b"done") == b"done"
        assert bytes(take(handed)) == part_of(1)

    def test_forked_it_closes_nothing_of_its_parent(self, room: Home, directory: str) -> None:
        handed = hand(sender_in(room.folder), part_of(1))

        def child() -> bytes:
            room.close()
            home._close_all()
            close_senders()
            return b"done"

        assert in_a_child(child) == b"done"
        assert bytes(take(handed)) == part_of(1)


@needs_fork
class TestWhatWasSentAndNotRead:
    """By a process that has ended: it can be received for as long as its parent lives."""

    def send(self, *, sent: bool = True, end: bool = True) -> tuple[str, int, int]:
        def child() -> bytes:
            made = Home(keep_unread=True)
            handed = hand(sender_in(made.folder), part_of(1))
            if sent:
                handed.segment.mark_sent()
            if end:
                home._close_all()
            return words_of(handed.name)

        return name_of(in_a_child(child) if end else killed_child(child))

    @pytest.mark.parametrize("end", [True, False])
    def test_stays_until_it_is_read(self, directory: str, end: bool) -> None:
        name = self.send(end=end)
        swept(directory)
        view = home_take(name)
        assert bytes(view) == part_of(1)
        swept(directory)
        assert os.listdir(directory) == []
        assert bytes(view) == part_of(1)

    def test_goes_with_its_folder_when_it_is_read(self, directory: str) -> None:
        """Without a sweep, if its sender ended by itself."""
        home_take(self.send())
        assert os.listdir(directory) == []

    def test_goes_at_once_if_the_message_was_not_sent(self, directory: str) -> None:
        name = self.send(sent=False, end=False)
        swept(directory)
        assert os.listdir(directory) == []
        assert "its sender has ended" in lost(name)

    def test_goes_after_an_hour(self, directory: str) -> None:
        path, *_ = self.send()
        swept(directory)
        assert os.path.exists(path)
        os.utime(path, (0, 0))
        swept(directory)
        assert os.listdir(directory) == []

    def test_goes_with_the_process_that_has_started_the_sender(
        self, directory: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Parent:
            pid = int(killed_child(lambda: str(os.getpid()).encode()))

        monkeypatch.setattr(multiprocessing, "parent_process", Parent)
        self.send(end=False)
        assert segments_in(directory) != []
        swept(directory)
        assert os.listdir(directory) == []

    def test_goes_if_it_was_taken(self, directory: str) -> None:
        path, *_ = self.send(end=False)
        with open(path, "r+b") as file:
            os.pwrite(file.fileno(), bytes([header.TAKEN]), header.STATE)
        swept(directory)
        assert os.listdir(directory) == []


def home_take(name: tuple[str, int, int]) -> memoryview:
    from adapters._segments.receiver import take

    view = take(*name)
    assert isinstance(view, memoryview), view
    return view
