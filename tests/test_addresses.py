"""Which numbers are addresses of this process, and which objects are pointers."""

from __future__ import annotations

import ctypes
import io
import os
import sys
from typing import Any

import pytest
from gadgets import ffi

from adapters._addresses import MappedMemory, is_ctypes_pointer, numbers_in, pointer_in_words

WORD = ctypes.sizeof(ctypes.c_void_p)


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_int * 2))


class Shape(Point):
    _fields_ = (("name", ctypes.c_char_p), ("center", Point))


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="the system does not say")
def test_mapped_memory() -> None:
    held = ctypes.create_string_buffer(10**7)
    address = ctypes.addressof(held)
    memory = MappedMemory()
    assert all(address + offset in memory for offset in (0, 5 * 10**6, 10**7))
    assert not any(number in memory for number in (0, 5, 2**32 - 1, -address, 2**64, 2**100))
    with open("/proc/self/maps", encoding="utf-8") as maps:
        lines = [line.split() for line in maps]
    shared = [line[0].partition("-")[0] for line in lines if line[-1] in ("[vvar]", "[vsyscall]")]
    assert not any(int(begin, 16) in memory for begin in shared)
    ends = [int(line[0].partition("-")[2], 16) for line in lines]
    begins = {int(line[0].partition("-")[0], 16) for line in lines}
    assert any(end - 1 in memory for end in ends)
    assert not any(end in memory for end in ends if end not in begins)


MAPS = """\
00400000-00500000 r-xp 00000000 08:01 1   /usr/bin/python
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
7f0000001000-7f0000002000 rw-p 00000000 00:00 0   /caf\u00e9 [heap]
7ffd00000000-7ffd00001000 r--p 00000000 00:00 0   [vvar]
"""


def test_lines_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.open", lambda *args, **options: io.StringIO(MAPS))
    memory = MappedMemory()
    assert all(number in memory for number in (0x7F0000000000, 0x7F0000001000, 0x7F0000001FFF))
    # Small numbers are common, and the kernel's pages are at the same place in all processes.
    assert not any(number in memory for number in (0x400001, 0x7F0000002000, 0x7FFD00000001))


def test_a_system_that_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", refuse)
    assert id(refuse) not in MappedMemory()


def test_pointers() -> None:
    number = ctypes.c_int(1)
    callback = ctypes.CFUNCTYPE(ctypes.c_int)(int)
    for pointer in (
        ctypes.pointer(number),
        ctypes.c_void_p(1),
        ctypes.c_char_p(b"a"),
        ctypes.c_wchar_p("a"),
        callback,
    ):
        assert is_ctypes_pointer(type(pointer))
        assert pointer_in_words(pointer) == "a pointer of ctypes"
    for other in (number, Point(), (ctypes.c_int * 2)(), 1, None, ffi.new("gear_t *")):
        assert not is_ctypes_pointer(type(other))
        assert pointer_in_words(other) == ""  # an adapter serves gear_t *
    assert pointer_in_words(ffi.new("char[]", 3)) == "C data of type 'char[]'"
    assert pointer_in_words(ffi.cast("double", 1.5)) == ""


def test_numbers_with_their_fields() -> None:
    def found(value: Any) -> list[tuple[str, int]]:
        return list(numbers_in(value))

    words = (2**40).to_bytes(WORD, sys.byteorder) + (7).to_bytes(WORD, sys.byteorder)
    assert found(5) == [("", 5)]
    assert found(True) == found("text") == found(1.5) == found([1]) == []
    assert found(words + b"rest") == found(memoryview(words)) == [("", 2**40), ("", 7)]
    assert found(memoryview(words * 2)[::-1]) == []
    assert len(found(bytes(4096))) == 4096 // WORD
    assert found(bytes(4097)) == []
    assert found(ctypes.c_int(3)) == [("", 3)]
    shape = Shape(1, (2, 3), b"name", Point(4, (5, 6)))
    assert found(shape) == [
        (".center.x", 4),
        (".center.y[0]", 5),
        (".center.y[1]", 6),
        (".x", 1),
        (".y[0]", 2),
        (".y[1]", 3),
    ]
    assert len(found((ctypes.c_int * 5000)())) == 4096
