"""Reading: what is read of an object, what differs by nature, and where reading ends."""

from __future__ import annotations

import datetime
import functools
import io
import os
import pathlib
import queue
import struct
import subprocess
import sys
import threading
from typing import Any

import pytest

import adapters
from adapters._comparison import reading
from adapters._comparison.differences import differences
from adapters._comparison.portrait import portrait
from adapters._naming import brief

LOCK, OTHER_LOCK = threading.Lock(), threading.Lock()


class Plain:
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Sized(Plain):
    """Shows what it holds by a property alone."""

    def __init__(self, size: Any) -> None:
        self.get_it = lambda: size  # a function: seen by its name

    @property
    def size(self) -> Any:
        return self.get_it()


class Keyed(Plain):
    """Shows what it holds in a private attribute, and holds a handle in another."""

    @property
    def key(self) -> Any:
        return vars(self)["_key"]


class Prepared(Plain):
    """Has a private number in its C struct, which may be a pointer."""

    __slots__ = ("_prepared",)

    def __init__(self, number: int) -> None:
        self._prepared = number


del Prepared.__slots__  # as the types of extensions have none


class Cached(Plain):
    @functools.cached_property
    def volume(self) -> int:
        return 3


class Bag(Plain):
    """Has items and no length."""

    def __init__(self, *items: int) -> None:
        self.get_items = lambda: iter(items)

    def __iter__(self) -> Any:
        return self.get_items()


class Stream(Bag):
    def close(self) -> None:
        """Is not called."""


class Raw(io.RawIOBase):
    """A file of lines."""

    def __init__(self) -> None:
        self._lines = [b"a\n", b"b\n"]

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1) -> bytes:
        return self._lines.pop(0) if self._lines else b""


class Unready(Plain):
    """Tells its count from when it is ready."""

    def __init__(self, *counts: int) -> None:
        self.get_it = lambda: counts[0]

    @property
    def count(self) -> int:
        return self.get_it()


class Frame:
    """Has very many items."""

    shape = (1000, 1000)

    def to_dict(self) -> Any:
        raise AssertionError


def compare(one: Any, other: Any) -> list[str]:
    mine, theirs = portrait(one, {}), portrait(other, {})
    assert not mine.unread
    return [str(each) for each in differences(mine.root, theirs.root, "twin")]


def memory_of(obj: object) -> bytearray:
    """A C struct: a pointer and a number."""
    return bytearray(id(obj).to_bytes(8, sys.byteorder) + b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        (Prepared(id(LOCK)), Prepared(0), "bool(twin._prepared) is False, was True"),
        (Bag(1), Bag(2), "list(twin)[0] is 2, was 1"),
        (Plain(c=memory_of(LOCK)), Plain(c=memory_of(LOCK)[:8] + bytes(8)),
         "twin.c[8] is 0, was 1"),
        (Sized([0] * 20_000), Sized([0] * 30_000),
         "twin.size[10000] is '30,000 in all', was '20,000 in all'"),
    ],
)  # fmt: skip
def test_what_differs(one: Any, other: Any, says: str) -> None:
    assert compare(one, other) == [says]
    assert compare(one, one) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Prepared(id(LOCK)), Prepared(id(OTHER_LOCK))),
        (Prepared(1), Prepared(2)),
        (Plain(c=memory_of(LOCK)), Plain(c=memory_of(OTHER_LOCK))),
        (Plain(referenced_objects=[1]), Plain()),
        (Sized(Keyed(_key=1, _handle=[1])), Sized(Keyed(_key=1, _handle=[2]))),
        (Cached(volume=3), Cached()),
        (Stream(1), Stream(2)),
        (Frame(), Frame()),
        (Sized([0] * 20_000), Sized([0] * 19_999 + [1])),
        (Sized(set(range(20_000))), Sized(set(range(1, 20_001)))),
        (Sized(dict.fromkeys(range(20_000))), Sized(dict.fromkeys(range(19_999, -1, -1)))),
    ],
)
def test_what_differs_by_nature_or_is_not_read(one: Any, other: Any) -> None:
    assert compare(one, other) == []
    assert compare(other, one) == []


def test_numbers_may_be_very_large() -> None:
    assert compare([10**400, float("inf")], [10**400 + 1, 0.0]) == [
        f"twin[0] is {brief(10**400 + 1)}, was {brief(10**400)}",
        "twin[1] is 0.0, was inf",
    ]


def test_what_cannot_be_read_of_the_first_object_is_not_lost() -> None:
    mine, theirs = portrait(Unready(), {}).root, portrait(Unready(1), {}).root
    assert list(differences(mine, theirs)) == []
    assert [*map(str, differences(theirs, mine, "twin"))] == [
        "twin.count is raising IndexError, was 1 (builtins.int)"
    ]


def test_a_datetime_that_is_no_time() -> None:
    class Missing(datetime.datetime):
        def timestamp(self) -> float:
            raise ValueError

    assert compare([Missing(2020, 1, 1), 1], [Missing(2020, 1, 1), 2]) == ["twin[1] is 2, was 1"]


def test_native_objects_of_the_standard_library() -> None:
    adapters.register(struct.Struct, lambda each: each.format, struct.Struct)
    try:
        found = compare(struct.Struct("<i"), struct.Struct("<q"))
    finally:
        adapters.unregister(struct.Struct)
    assert found == ["twin.format is '<q', was '<i'", "twin.size is 8, was 4"]


def test_after_some_seconds_nothing_more_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_ENOUGH", -1)
    assert compare(Sized(1), Sized(2)) == []
    assert compare(Plain(a=1), Plain(a=2)) == ["twin.a is 2, was 1"]


def test_a_file_that_a_getter_returned_is_not_read() -> None:
    raw = Raw()
    shown = portrait(Sized(raw), {}).root
    assert shown.getters["", ".size"].kind == "test_reading.Raw"
    assert raw.readlines() == [b"a\n", b"b\n"]
    rows = portrait(Sized(each for each in (1, 2)), {}).root.getters["", ".size"]
    assert rows.kind == "builtins.generator"


class Spool(io.BytesIO):
    def __len__(self) -> int:
        return 3


def test_files_and_generators() -> None:
    reader = reading.Reader({}, ())
    generator = (each for each in (1, 2))
    assert list(reader.contents(io.BytesIO(b"a\nb"), made_here=True)) == []
    assert list(reader.contents(Spool(b"a\nb"), made_here=True)) == []
    assert list(reader.contents(io.BufferedReader(Raw()), made_here=True)) == []
    assert list(reader.contents(generator, made_here=False)) == []
    assert list(reader.contents(generator, made_here=True)) == [(("list(", ")"), [1, 2])]


def test_structs_of_which_cffi_knows_no_fields(parcels: Any) -> None:
    # To ask for them ends the process.
    run = "import parcels; from adapters._comparison.portrait import portrait;"
    run += "print(portrait(parcels.lib.depot_new(), {}).readings)"
    folder = str(pathlib.Path(parcels.__file__).parent)
    path = os.pathsep.join((folder, *filter(None, sys.path)))
    done = subprocess.run(
        [sys.executable, "-c", run], env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "0\n", done.stderr
    one, other = parcels.ffi.new("partial_t *", {"x": 1}), parcels.ffi.new("partial_t *", {"x": 2})
    assert compare(one, other) == ["twin.x is 2, was 1"]


class Channel(queue.SimpleQueue):  # type: ignore[type-arg]
    """A native type of the standard library, in a class of its own."""


def test_native_subclasses_of_the_standard_library() -> None:
    one, other = Channel(), Channel()
    one.put(1)
    adapters.register(Channel, lambda _: None, lambda _: Channel())
    try:
        found = compare(one, other)
    finally:
        adapters.unregister(Channel)
    assert found == ["twin.qsize() is 0, was 1"]
