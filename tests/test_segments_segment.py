"""One segment, as its sender has it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import segments_room
from segments_room import SIZE, descriptors, killed_child, needs_fork, needs_segments

from adapters._segments import header
from adapters._segments.home import Home
from adapters._segments.processes import identity
from adapters._segments.segment import Segment, is_name, maker_of

directory = segments_room.directory
room = segments_room.room
pytestmark = needs_segments


@pytest.fixture
def segment(room: Home) -> Segment:
    return Segment(room.folder, 1 << 18)


def content(segment: Segment) -> bytes:
    return Path(segment.path).read_bytes()


def test_a_name_tells_the_process_that_has_made_it(segment: Segment) -> None:
    name = os.path.basename(segment.path)
    assert is_name(name)
    assert maker_of(name)[0] == os.getpid()


@pytest.mark.parametrize(
    "name", ["", "lock", "1.2", "1.2.zzzzzzzzzzzz", "x.1.0123456789ab", "../1"]
)
def test_other_files_have_other_names(name: str) -> None:
    assert not is_name(name)


def test_is_for_this_user_alone_whatever_the_umask(room: Home) -> None:
    before = os.umask(0)
    try:
        made = Segment(room.folder, 1 << 18)
    finally:
        os.umask(before)
    assert os.stat(made.path).st_mode & 0o777 == 0o600


def test_is_free_until_it_is_filled(segment: Segment) -> None:
    assert segment.state() == header.FREE
    segment.fill([b"abc"], 3)
    assert segment.state() == header.HANDED
    assert content(segment)[header.DATA :] == b"abc"


def test_holds_all_pieces_in_order(segment: Segment) -> None:
    pieces = [b"ab", bytearray(b"cd"), memoryview(b"xxefxx")[2:4], b""]
    for _ in range(3):  # written, then through a mapping
        segment.fill(pieces, 6)
        assert content(segment)[header.DATA :] == b"abcdef"


def test_a_larger_part_of_its_class_makes_the_file_larger(segment: Segment) -> None:
    for size in (SIZE, SIZE, SIZE + 10_000, SIZE, SIZE + 10_000):
        segment.fill([b"x" * size], size)
        assert content(segment)[header.DATA :][:size] == b"x" * size


def test_each_part_has_another_token(segment: Segment) -> None:
    tokens = set()
    for _ in range(3):
        segment.fill([b"abc"], 3)
        tokens.add(segment.token)
        assert header.LAYOUT.unpack(content(segment)[: header.LAYOUT.size])[1] == segment.token
    assert len(tokens) == 3


def test_a_write_that_is_cut_short_goes_on(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: pwrite(file, data[:70_000], at))
    segment.fill([b"x" * SIZE], SIZE)
    assert content(segment)[header.DATA :] == b"x" * SIZE


def test_a_full_file_system_is_an_error(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "pwrite", refuse)
    with pytest.raises(OSError, match="no space"):
        segment.fill([b"x" * SIZE], SIZE)


def test_removed_it_is_gone_with_its_memory_and_its_descriptor(room: Home) -> None:
    before = descriptors()
    segment = Segment(room.folder, 1 << 18)
    segment.fill([b"x" * SIZE], SIZE)
    other = os.open(segment.path, os.O_RDWR)
    os.pwrite(other, bytes([header.FREE]), header.STATE)
    segment.remove()
    assert not os.path.exists(segment.path)
    assert os.fstat(other).st_size == header.DATA  # the pages that a receiver has mapped are free
    os.close(other)
    assert descriptors() == before
    assert segment.state() == header.RETIRED
    segment.remove()


@pytest.mark.parametrize("state", [header.HANDED, header.TAKEN, header.RETIRED])
def test_removed_it_keeps_what_a_receiver_has(segment: Segment, state: int) -> None:
    segment.fill([b"x" * SIZE], SIZE)
    with open(segment.path, "r+b") as file:
        os.pwrite(file.fileno(), bytes([state]), header.STATE)
        segment.remove()
        assert file.read()[header.DATA :] == b"x" * SIZE
        assert os.pread(file.fileno(), 1, header.CLOSED) == b"\1"


def test_an_unread_one_may_stay(segment: Segment) -> None:
    segment.fill([b"x"], 1)
    segment.remove(keep_unread=True)
    assert os.path.exists(segment.path)


def test_one_that_is_lost_closes_its_file(room: Home) -> None:
    before = descriptors()
    Segment(room.folder, 1 << 18)
    assert descriptors() == before


def test_a_file_that_was_truncated_is_not_used_again(segment: Segment) -> None:
    for size in (0, header.STATE, header.TAKER + 2):
        segment.fill([b"x" * SIZE], SIZE)
        with open(segment.path, "r+b") as file:
            os.pwrite(file.fileno(), bytes([header.TAKEN]), header.STATE)
            file.truncate(size)
        assert segment.state() != header.FREE
        assert not segment.reclaim()


class TestOneThatWasTaken:
    def take(self, segment: Segment, process: int, namespace: int | None = None) -> None:
        with open(segment.path, "r+b") as file:
            found = identity()[1] if namespace is None else namespace
            file.seek(header.TAKER)
            file.write(header.PROCESS.pack(process, found))
            file.seek(header.STATE)
            file.write(bytes([header.TAKEN]))

    @needs_fork
    def test_is_free_when_the_process_has_ended(self, segment: Segment) -> None:
        ended = int(killed_child(lambda: str(os.getpid()).encode()))
        segment.fill([b"abc"], 3)
        self.take(segment, ended)
        assert segment.reclaim()
        assert segment.state() == header.FREE

    @needs_fork
    def test_is_taken_where_the_id_means_another_process(self, segment: Segment) -> None:
        ended = int(killed_child(lambda: str(os.getpid()).encode()))
        segment.fill([b"abc"], 3)
        self.take(segment, ended, namespace=1)
        assert not segment.reclaim()

    @pytest.mark.parametrize("process", [os.getpid(), 1, 0])
    def test_is_taken_while_the_process_runs(self, segment: Segment, process: int) -> None:
        segment.fill([b"abc"], 3)
        self.take(segment, process)
        assert not segment.reclaim()
        assert segment.state() == header.TAKEN

    def test_is_not_reclaimed_in_another_state(self, segment: Segment) -> None:
        segment.fill([b"abc"], 3)
        assert not segment.reclaim()
        assert segment.state() == header.HANDED
