"""A large pickle as a file, whose large objects get large pages."""

from __future__ import annotations

import io
import pickle

import pytest

from adapters._pickling import load_message
from adapters._segments import body
from adapters._segments.body import Body
from adapters.errors import RebuildError

TEXT = b"one\ntwo\n\nthree"


def test_reads_as_a_file() -> None:
    ours, file = Body(memoryview(TEXT)), io.BytesIO(TEXT)
    for size in (2, 0, 4, 100, 1):
        assert ours.read(size) == file.read(size)


def test_reads_lines_as_a_file() -> None:
    ours, file = Body(memoryview(TEXT)), io.BytesIO(TEXT)
    for _ in range(6):
        assert ours.readline() == file.readline()


def test_fills_memory_as_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "CHUNK", 3)
    ours, file = Body(memoryview(TEXT)), io.BytesIO(TEXT)
    for size in (5, 0, 7, 5, 5):
        mine, theirs = bytearray(size), bytearray(size)
        assert ours.readinto(memoryview(mine)) == file.readinto(theirs)
        assert mine == theirs


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("large", [10, 1 << 17, body.LARGE + 12345])
def test_loads_what_pickle_loads(protocol: int, large: int) -> None:
    if protocol == 0 and large > 1 << 17:
        pytest.skip("its lines are read byte by byte")
    obj = [b"x" * large, {"a": bytearray(large)}, "line\n", 7]
    assert load_message(memoryview(pickle.dumps(obj, protocol)), ()) == obj


def test_loads_buffers_beside_it() -> None:
    views: list[pickle.PickleBuffer] = []
    data = pickle.dumps([pickle.PickleBuffer(b"abc"), 1], 5, buffer_callback=views.append)
    assert load_message(memoryview(data), [b"abc"]) == [b"abc", 1]


@pytest.mark.parametrize("where", [0, 1, 100, -1])
def test_what_is_cut_off_is_an_error(where: int) -> None:
    data = pickle.dumps([b"x" * 200, bytearray(200_000), "end"], 5)
    with pytest.raises(RebuildError, match="cannot load a payload"):
        load_message(memoryview(data)[:where], ())


def test_large_pages_are_asked_for_inside_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int, int]] = []
    monkeypatch.setattr(body, "_madvise", lambda: lambda *args: asked.append(args))
    if not hasattr(body.mmap, "MADV_HUGEPAGE"):
        monkeypatch.setattr(body.mmap, "MADV_HUGEPAGE", 14, raising=False)
    data = b"x" * (3 * body.LARGE)
    target = bytearray(len(data))
    assert Body(memoryview(data)).readinto(memoryview(target)) == len(data)
    assert target == data
    ((start, length, _),) = asked
    assert start % (1 << 21) == length % (1 << 21) == 0
    assert 0 < length <= len(data)


def test_a_system_may_have_no_large_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_madvise", lambda: None)
    target = bytearray(body.LARGE)
    Body(memoryview(b"x" * body.LARGE)).readinto(memoryview(target))
    assert target == b"x" * body.LARGE
