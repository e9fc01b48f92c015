"""The checksum of a state: it differs when something was written over, in time."""

from __future__ import annotations

import os
import time
from typing import Any
from zlib import crc32

import pytest

from adapters._sharing import checksum as module
from adapters._sharing.checksum import SIZE, checksum, is_intact

BODY = b"the pickle"
SMALL, LARGE = os.urandom(1 << 18), os.urandom((1 << 18) + 5)


def is_changed(buffers: list[bytes], number: int, start: int, content: bytes) -> bool:
    """Whether it is noticed that a part of a buffer was written over."""
    expected = checksum(BODY, buffers)
    changed = bytearray(buffers[number])
    changed[start : start + len(content)] = content
    assert len(changed) == len(buffers[number])
    return not is_intact(expected, BODY, [*buffers[:number], changed, *buffers[number + 1 :]])


def other(start: int, size: int) -> bytes:
    """Bytes that all differ from those in LARGE."""
    return bytes(byte ^ 255 for byte in LARGE[start : start + size])


@pytest.mark.parametrize("buffers", [[], [b""], [b"", SMALL, b"x"], [LARGE], [SMALL] * 3])
def test_what_was_not_changed_is_intact(buffers: list[Any]) -> None:
    expected = checksum(BODY, buffers)
    assert len(expected) == SIZE
    assert is_intact(expected, BODY, buffers)
    assert is_intact(memoryview(expected), memoryview(BODY), [*map(memoryview, buffers)])


def test_the_pickle_is_covered() -> None:
    expected = checksum(BODY, [SMALL])
    assert not is_intact(expected, b"The pickle", [SMALL])
    assert not is_intact(bytes(SIZE), BODY, [SMALL])


@pytest.mark.parametrize("start", [0, 1, 4095, 100_000, len(SMALL) - 1])
@pytest.mark.parametrize("number", [0, 1])
def test_each_byte_of_a_small_buffer_is_covered(start: int, number: int) -> None:
    assert is_changed([SMALL] * 2, number, start, bytes([SMALL[start] ^ 1]))


@pytest.mark.parametrize("start", [0, 1, 7, 8, 4095, 4096, 100_001, len(LARGE) - 4104])
def test_4104_bytes_of_a_large_buffer_are_not_overlooked(start: int) -> None:
    assert is_changed([b"", LARGE], 1, start, other(start, 4104))


def test_fewer_bytes_of_a_large_buffer_may_be() -> None:
    assert not is_changed([LARGE], 0, 8, other(8, 4088))
    assert is_changed([LARGE], 0, 8, other(8, 4089))


def test_places_of_a_very_large_buffer_are_so_many_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PLACES", 10)
    assert len(module._covered(LARGE)) == 8 * 10
    distance = -(-len(LARGE) // 8 // 10) * 8
    assert not is_changed([LARGE], 0, 8, other(8, distance - 8))
    for start in range(0, len(LARGE) - distance - 8, 10_001):
        assert is_changed([LARGE], 0, start, other(start, distance + 8))


def test_a_state_of_an_earlier_version_has_the_checksum_of_its_pickle() -> None:
    assert is_intact(crc32(BODY).to_bytes(4, "little"), BODY, [SMALL, LARGE])


def test_it_costs_less_than_a_copy() -> None:
    """Much less, so that no noise of the machine shows: 16 MiB of which 32 KiB are covered."""
    buffer = bytearray(os.urandom(1 << 20) * 16)

    def seconds(function: Any, *arguments: Any) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            function(*arguments)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(checksum, BODY, [buffer]) < seconds(bytes, buffer)
