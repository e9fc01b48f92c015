"""The buffers that callers pass to `native`: which ones it takes, and that it copies none."""

from __future__ import annotations

import sys
from array import array
from typing import Any

import pytest
from native_examples import simple_primes, uint64

from native import Sieve, primes

# Numbers to read


def test_every_buffer_of_uint64_serves() -> None:
    numpy = pytest.importorskip("numpy")
    primes = uint64(3, 5, 7, 11, 13, 17, 19, 23, 29, 31)
    misaligned = memoryview(b"x" + primes.tobytes())[1:]
    for form in (
        primes,
        memoryview(primes),
        numpy.array(primes),
        memoryview(primes).cast("B").cast("@Q"),
        primes.tobytes(),
        bytearray(primes.tobytes()),
        misaligned,
    ):
        sieve = Sieve(0, 1000)
        sieve.cross_off(form, below=32)
        assert sieve.count() == 168


def test_other_buffers_are_type_errors() -> None:
    numpy = pytest.importorskip("numpy")
    sieve = Sieve(0, 1000)
    other_order = ">u8" if sys.byteorder == "little" else "<u8"
    wrong: list[Any] = [
        [3, 5],
        "35",
        3,
        array("q", [3]),
        array("I", [3, 5]),
        array("d", [3.0]),
        b"1234567",
        numpy.array([3, 5], dtype=other_order),
        numpy.array([[3], [5]], dtype="uint64"),
        numpy.array([3, 5, 7, 9], dtype="uint64")[::2],
    ]
    for numbers in wrong:
        with pytest.raises(TypeError, match=r"^primes must be"):
            sieve.cross_off(numbers, below=32)
    assert sieve == Sieve(0, 1000)


# Memory to write to


def test_primes_go_into_memory_of_the_caller() -> None:
    room = array("Q", [7]) * 30
    found = primes(0, 100, room)
    assert list(found) == simple_primes(0, 100)
    assert list(room[:25]) == list(found)
    assert list(room[25:]) == [7] * 5
    exact = array("Q", [0]) * 25
    assert list(primes(0, 100, exact)) == simple_primes(0, 100)
    assert list(primes(24, 28, array("Q"))) == []


def test_numpy_takes_them() -> None:
    numpy = pytest.importorskip("numpy")
    room = numpy.zeros(200, dtype="uint64")
    assert list(primes(0, 1000, room)) == list(room[:168])
    assert list(primes(0, 1000, room[10:])) == list(room[10:178]) == simple_primes(0, 1000)


def test_too_little_room_is_an_error_and_nothing_is_written_behind_it() -> None:
    room = array("Q", [7]) * 30
    with pytest.raises(ValueError, match=r"24 places left.*count_primes\(\) tells"):
        primes(0, 100, memoryview(room)[:24])
    assert list(room) == simple_primes(0, 90) + [7] * 6


def test_other_memory_is_refused() -> None:
    numpy = pytest.importorskip("numpy")
    wrong: list[Any] = [
        [0] * 30,
        bytes(240),
        bytearray(240),
        array("d", [0.0] * 30),
        numpy.zeros((5, 6), dtype="uint64"),
        numpy.zeros(60, dtype="uint64")[::2],
        memoryview(array("Q", [0] * 30)).toreadonly(),
    ]
    for out in wrong:
        with pytest.raises(TypeError, match=r"^out must be"):
            primes(0, 100, out)
