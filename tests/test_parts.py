"""Parts of messages: what stays in the message, what goes into a segment, and what arrives."""

from __future__ import annotations

import gc
import pickle
import time
from pickle import PickleBuffer
from typing import Any

import pytest
import segments_room
from segments_room import SIZE, needs_segments, part_of, segments_in

import adapters
from adapters._execution import parts
from adapters._execution.parts import Part, arrived, copy_memory, message_of, unpack, unpack_plain
from adapters._pickling import write
from adapters._segments.home import Home
from adapters._segments.limits import LEAST
from adapters._segments.sender import Sender

directory = segments_room.directory
room = segments_room.room
sender = segments_room.sender

# With room for segments, where the file system is full, and where segments cannot be used.
PLACES = ["room", "full", "none"]


@pytest.fixture(params=PLACES)
def folder(request: pytest.FixtureRequest) -> str:
    """As in a form."""
    if request.param == "none":
        return ""
    if request.param == "room" and needs_segments.args[0]:
        pytest.skip("segments cannot be used here")
    found = request.getfixturevalue("room").folder
    if request.param == "full":
        patched = request.getfixturevalue("monkeypatch")
        patched.setattr(Sender, "hand_over", lambda *_: None)
    return str(found)


def through(message: Any, protocol: int = 5) -> Any:
    """A message that a transport has pickled."""
    return pickle.loads(pickle.dumps(message, protocol))


def message(obj: Any, folder: str) -> Any:
    """An object as a message, once it has arrived."""
    views: list[PickleBuffer] = []
    data = adapters.dumps(obj, buffer_callback=views.append)
    return through(message_of([data], views, folder, is_kept=False))


@pytest.mark.parametrize("size", [0, 1, LEAST - 1, LEAST, SIZE])
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_a_buffer_arrives_as_it_was(folder: str, kind: type, size: int) -> None:
    view = memoryview(unpack(*message(PickleBuffer(kind(part_of(3, size))), folder)))
    assert bytes(view) == part_of(3, size)
    assert view.readonly == (kind is bytes)


def test_many_buffers_arrive_in_order(folder: str) -> None:
    sizes = [SIZE + number * 1000 for number in range(20)]
    obj = [PickleBuffer(bytearray(part_of(number, size))) for number, size in enumerate(sizes)]
    found = unpack(*message(obj, folder))
    assert [bytes(each) for each in found] == [bytes(each.raw()) for each in obj]


def test_the_same_object_twice_is_one_object(folder: str) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(SIZE, dtype="u1")
    first, second = unpack(*message((array, array), folder))
    assert first is second
    first[0] = 5
    assert second[0] == 5


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("writable", [True, False])
def test_arrays_arrive_in_their_order(folder: str, order: Any, writable: bool) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.asarray(numpy.arange(SIZE).reshape(500, -1), order=order)
    array.flags.writeable = writable
    found = unpack(*message(array, folder))
    assert (found == array).all()
    assert found.flags.f_contiguous == array.flags.f_contiguous
    assert found.flags.writeable == writable


def test_strided_arrays_arrive(folder: str) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(2 * SIZE)[::2]
    assert (unpack(*message(array, folder)) == array).all()


@pytest.mark.parametrize("size", [10, SIZE, 3_000_000])
def test_a_large_body_arrives(folder: str, size: int) -> None:
    obj = {"bytes": part_of(1, size), "mutable": bytearray(part_of(2, size)), "more": [1, None]}
    pieces = write(obj, 5, None)
    found = unpack(*through(message_of(pieces, [], folder, is_kept=False)))
    assert found == obj
    found["mutable"][:3] = b"abc"


def test_plain_data_arrives(folder: str) -> None:
    pieces = write([part_of(1), 5], 5, None)
    assert unpack_plain(through(parts.body_of(pieces, folder, False))) == [part_of(1), 5]


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_transport_may_have_an_old_protocol(folder: str, protocol: int) -> None:
    views: list[PickleBuffer] = []
    data = adapters.dumps(PickleBuffer(bytearray(part_of(1))), buffer_callback=views.append)
    found = through(message_of([data], views, folder, is_kept=False), protocol)
    assert bytes(unpack(*found)) == part_of(1)


def test_what_is_not_pickled_shares_no_memory(folder: str) -> None:
    data = bytearray(part_of(1))
    views: list[PickleBuffer] = []
    pickled = adapters.dumps(PickleBuffer(data), buffer_callback=views.append)
    sent = message_of([pickled], views, folder, is_kept=False)
    copied = copy_memory(sent)
    found, first = unpack(*sent), unpack(*copied)
    data[:3] = b"abc"
    assert bytes(memoryview(first)[:3]) == bytes(memoryview(found)[:3]) == b"\1\1\1"


def test_a_lost_part_is_the_error_of_its_message() -> None:
    error = adapters.RebuildError("it is lost", "path")
    with pytest.raises(adapters.RebuildError, match="it is lost"):
        arrived(error)
    with pytest.raises(adapters.RebuildError, match="it is lost"):
        unpack(error, ())
    with pytest.raises(adapters.RebuildError, match="it is lost"):
        unpack_plain(error)
    assert arrived(b"abc") == b"abc"


@needs_segments
class TestInASegment:
    def test_a_message_is_small(self, room: Home) -> None:
        sent = message_of([b"x"], [PickleBuffer(part_of(1))], room.folder, is_kept=False)
        assert len(pickle.dumps(sent)) < 1000

    def test_a_part_below_the_threshold_is_in_the_message(self, room: Home, directory: str) -> None:
        message(PickleBuffer(part_of(1, LEAST - 1)), room.folder)
        assert segments_in(directory) == []
        message(PickleBuffer(part_of(1, LEAST)), room.folder)
        assert len(segments_in(directory)) == 1

    def test_a_body_of_one_piece_is_in_the_message(self, room: Home, directory: str) -> None:
        message([b"x" * 100] * 5000, room.folder)
        assert segments_in(directory) == []

    def test_unread_a_kept_part_goes_at_its_end(self, sender: Sender, directory: str) -> None:
        part = Part([part_of(1)], sender, is_kept=True)
        pickle.dumps([part, part])
        pickle.dumps(part)
        assert len(segments_in(directory)) == 2
        del part
        gc.collect()
        sender.trim(time.monotonic())
        assert segments_in(directory) == []

    def test_read_a_kept_part_is_the_receivers(self, sender: Sender) -> None:
        part = Part([part_of(1)], sender, is_kept=True)
        view = through(part)
        del part
        sender.trim(time.monotonic() + 1)
        assert bytes(view) == part_of(1)

    @pytest.mark.parametrize("kept", [True, False])
    def test_sent_or_not_kept_it_stays(self, sender: Sender, directory: str, kept: bool) -> None:
        part = Part([part_of(1)], sender, is_kept=kept)
        data = pickle.dumps(part)
        if kept:
            parts.mark_sent((part, ()))
        del part
        sender.trim(time.monotonic() + 1)
        assert bytes(pickle.loads(data)) == part_of(1)

    def test_the_folder_is_gone(self, room: Home) -> None:
        room.close()
        found = message(PickleBuffer(bytearray(part_of(1))), room.folder)
        assert bytes(unpack(*found)) == part_of(1)

    def test_a_segment_that_is_gone_is_an_error_when_the_message_is_opened(
        self, room: Home, directory: str
    ) -> None:
        views: list[PickleBuffer] = []
        data = adapters.dumps(PickleBuffer(part_of(1)), buffer_callback=views.append)
        sent = pickle.dumps(message_of([data], views, room.folder, is_kept=False))
        for path in segments_in(directory):
            path.unlink()
        with pytest.raises(adapters.RebuildError, match="a large part of the message is lost"):
            unpack(*pickle.loads(sent))
