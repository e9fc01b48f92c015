"""Portraits: what of two objects is compared, and what is not, from outside."""

from __future__ import annotations

import bz2
import collections
import copyreg
import ctypes
import datetime
import enum
import functools
import hashlib
import io
import itertools
import pathlib
import pickle
import queue
import re
import threading
import time
import uuid
from array import array
from typing import Any

import pytest
from gadgets import Gadget, ffi

import adapters
from adapters._comparison.differences import differences
from adapters._comparison.portrait import Portrait, portrait


class Plain:
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Native:
    """Shows what it holds by a property, a getter, a length and items; slots hold nothing."""

    def __init__(self, size: Any = 0, scale: Any = 1.0, items: Any = ()) -> None:
        held = Native.held[id(self)] = [size, scale, items]
        self.get_mine = lambda: held  # a function: seen by its name

    held: dict[int, list[Any]] = {}  # noqa: RUF012
    __slots__ = ("get_mine",)

    @property
    def size(self) -> Any:
        return self.get_mine()[0]

    def getScale(self) -> Any:  # noqa: N802
        return self.get_mine()[1]

    def __len__(self) -> int:
        return len(self.get_mine()[2])

    def __iter__(self) -> Any:
        return iter(self.get_mine()[2])


class Mapped(Native):
    __slots__ = ()

    def keys(self) -> Any:
        return self.get_mine()[2].keys()

    def __getitem__(self, key: Any) -> Any:
        return self.get_mine()[2][key]


class Opaque:
    """Shows nothing but what its reducer returns."""

    __slots__ = ()
    held: dict[int, Any] = {}  # noqa: RUF012

    def __init__(self, state: Any) -> None:
        Opaque.held[id(self)] = state

    def __reduce__(self) -> Any:
        return Opaque, (Opaque.held[id(self)],)


class Worded(Opaque):
    """Shows nothing but its repr."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        raise TypeError("no")

    def __repr__(self) -> str:
        return str(Opaque.held[id(self)])


class Keyed:
    """Its `==` counts the key alone; the rest are caches, and a field of its own."""

    def __init__(self, key: Any, **cached: Any) -> None:
        self.key = key
        vars(self).update(cached)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and other.key == self.key

    __hash__ = None  # type: ignore[assignment]


class Default:
    unit = "m"

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Turned:
    """Makes new objects like itself without end."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def T(self) -> Turned:  # noqa: N802
        return Turned(self.value)

    @property
    def mirrored(self) -> Turned:
        return Turned(self.value)


class Failing:
    def __init__(self, fails: bool = True) -> None:
        self.fails = fails

    @property
    def size(self) -> int:
        if self.fails:
            raise RuntimeError("not loaded yet")
        return 1

    @property
    def name(self) -> str:
        return "a"


class Word(str):
    __slots__ = ("tail",)
    tail: Any


def word(text: str, tail: Any) -> Word:
    made = Word(text)
    made.tail = tail
    return made


class Bits(enum.IntFlag):
    LOW = 1


class Tone(enum.Enum):
    LOW = 1
    HIGH = 2


class Cursor:
    """An iterator, which reading would use up."""

    def __init__(self) -> None:
        self.left = 3

    def __len__(self) -> int:
        return self.left

    def __iter__(self) -> Cursor:
        return self

    def __next__(self) -> int:
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self.left


class Rows(Plain):
    def get_rows(self) -> Cursor:
        return Cursor()


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int),)


def pictures(one: Any, other: Any, **options: Any) -> tuple[Portrait, Portrait]:
    mine = pickle.loads(pickle.dumps(portrait(one, {}, **options)))  # as it goes to a child
    return mine, portrait(other, {}, **options)


def compare(one: Any, other: Any, **options: Any) -> list[str]:
    mine, theirs = pictures(one, other, **options)
    return [str(each) for each in differences(mine.root, theirs.root, "twin")]


LOCK = threading.Lock()
LAMBDA = lambda: 1  # noqa: E731
DIFFERENT: list[tuple[Any, Any, Any]] = [
    (1, 2, ["twin is 2, was 1"]),
    (1.0, 1.0 + 1e-7, ["twin is 1.0000001, was 1.0"]),
    ({"a": [(1, 2)]}, {"a": [(1, 3)]}, ["twin['a'][0][1] is 3, was 2"]),
    ({1, (2, "a")}, {1, (3, "a")}, ["twin has the members [(3, 'a')], had the members [(2, 'a')]"]),
    (Plain(a=1, _b=2), Plain(a=1, _b=3), ["twin._b is 3, was 2"]),
    (Plain(at=time.time()), Plain(at=1e9), ["twin.at is 1000000000.0, was a time of this hour"]),
    (Plain(a=1), Plain(), ["twin.a is missing, was 1"]),
    (Plain(a=Plain()), Plain(a=1), ["twin.a is 1, was <test_portrait.Plain>"]),
    (Native(1, 2.5), Native(2, 3.5), ["twin.size is 2, was 1", "twin.getScale() is 3.5, was 2.5"]),
    (Native(items=[1]), Native(items=[1, 2]), ["len(twin) is 2, was 1", None]),
    (Native(items=[1]), Native(items=[2]), ["list(twin)[0] is 2, was 1"]),
    (Mapped(items={"a": 1}), Mapped(items={"a": 2}), ["dict(twin)['a'] is 2, was 1"]),
    (Native(Native(1)), Native(Native(2)), ["twin.size.size is 2, was 1"]),
    (Opaque([1]), Opaque([2]), ["twin.__reduce_ex__(5)[1][0][0] is 2, was 1"]),
    (Worded("a"), Worded("b"), ["repr(twin) is 'b', was 'a'"]),
    (Keyed(1), Keyed(2), ["twin.key is 2, was 1"]),
    (Default(unit="cm"), Default(), ["twin.unit is 'm', was 'cm'"]),
    (Turned(1), Turned(2), ["twin.value is 2, was 1"]),
    (Failing(), Failing(False), ["twin.fails is False, was True"]),
    (word("a", 1), word("b", 1), ["twin is 'b', was 'a'"]),
    (word("a", 1), word("a", 2), ["twin.tail is 2, was 1"]),
    (Tone.LOW, Tone.HIGH, ["twin.name is 'HIGH', was 'LOW'"]),
    (len, abs, ["twin.__qualname__ is 'builtins.abs', was 'builtins.len'"]),
    (int, str, ["twin.__qualname__ is 'builtins.str', was 'builtins.int'"]),
    (datetime.date(2020, 1, 1), datetime.date(2021, 1, 1),
     ["twin is datetime.date(2021, 1, 1), was datetime.date(2020, 1, 1)"]),
    (collections.deque([1], 2), collections.deque([1], 3),
     ["twin.__reduce_ex__(5)[1][1] is 3, was 2"]),
    (functools.partial(int, base=2), functools.partial(int, base=3),
     ["twin.__reduce_ex__(5)[2][2]['base'] is 3, was 2"]),
    (ValueError("a", 1), ValueError("a", 2), ["twin.__reduce_ex__(5)[1][1] is 2, was 1"]),
    (array("d", [1, 2]), array("d", [1, 3]), ["twin[1] is 3.0, was 2.0"]),
    (array("d", [1]), array("f", [1]),
     ["twin has format 'f' and shape (1,), had format 'd' and shape (1,)"]),
    (Plain(m=memoryview(bytearray(2))), Plain(m=memoryview(bytes(2))),
     ["twin.m has memory that is read-only, had memory that can be written to"]),
    (Gadget([1]), Gadget([2]), ["twin.state[0] is 2, was 1"]),
    (ffi.new("int *", 1), ffi.new("long *", 1),
     ["twin is <C type 'long *'>, was <C type 'int *'>"]),
    (1j, 2j, ["twin is 2j, was 1j"]),
    (compile("a", "f", "eval"), LAMBDA.__code__, ["twin.co_name is '<lambda>', was '<module>'"]),
    (ffi.new("gear_t *", {"size": 1, "teeth": 2}), ffi.new("gear_t *", {"size": 1}),
     ["twin.teeth is 0, was 2"]),
    (Plain(at=2**2000), Plain(at=2**2000 + 1), None),
    (Bits(8), Bits(16), None),
    (io.BytesIO(b"a"), io.BytesIO(b"b"), ["twin.__reduce_ex__(5)[2][0] has 98 at byte 0, had 97 "
     "at byte 0"]),
    (Plain(a="/tmp/tmpabcd1234/x: good"), Plain(a="/tmp/tmpabcd5678/x: bad"),
     ["twin.a is '/tmp.../x: bad', was '/tmp.../x: good'"]),
    (Point(1), Point(2), ["twin has 2 at byte 0, had 1 at byte 0"]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "says"), DIFFERENT)
def test_what_differs(
    one: Any, other: Any, says: list[str | None] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(copyreg.dispatch_table, ValueError, raising=False)  # Dask's, by tblib
    found = compare(one, other)
    says = [None] if says is None else says
    assert len(found) == len(says)
    assert all(text in (None, said) for text, said in zip(says, found, strict=True)), found
    assert compare(one, one) == []


def path_in_use() -> pathlib.Path:
    """A path with its caches filled."""
    path = pathlib.Path("a/b")
    assert {str(path), path.parts, hash(path)}
    return path


EQUAL: list[tuple[Any, Any]] = [
    (1.0, 1.0 + 1e-12),
    (float("nan"), float("nan")),
    (collections.OrderedDict(a=Worded(LOCK)), collections.OrderedDict(a=Worded(LOCK))),
    (1j, 1j),
    (datetime.datetime.min, datetime.datetime.min),
    (compile("a", "f", "eval"), compile("b", "g", "eval")),
    (path_in_use(), pathlib.Path("a/b")),
    (re.compile("a"), re.compile("a")),
    (uuid.UUID(int=1), uuid.UUID(int=1)),
    (Plain(lock=LOCK), Plain(lock=threading.Lock())),
    (Plain(file=io.StringIO("a")), Plain(file=io.StringIO("a"))),
    (Plain(it=itertools.count(3)), Plain(it=itertools.count(4))),
    (Plain(make=lambda: 1), Plain(make=lambda: 2)),
    (Plain(at=id(LOCK), text=repr(LOCK)), Plain(at=id(EOFError), text=repr(LOCK))),
    (Plain(hashed=object.__hash__(LOCK)), Plain(hashed=object.__hash__(EOFError()))),
    (Plain(at=time.time()), Plain(at=time.time() - 60)),
    (Plain(at=time.time_ns()), Plain(at=time.time_ns() - 60_000_000_000)),
    (Plain(at=datetime.datetime.now()), Plain(at=datetime.datetime.now())),
    (Plain(name="/tmp/tmpabcd1234/x"), Plain(name="/tmp/tmpefgh5678/x")),
    (Keyed(1, _cache={}), Keyed(1, _cache={1: 2})),
    (Default(unit="m"), Default()),
    (Turned(1), Turned(1)),
    (Failing(), Failing()),
    (Cursor(), Cursor()),
    (Rows(), Rows()),
    (Gadget({"a": b"1"}), Gadget({"a": b"1"})),
    (ffi.new("int *", 1), ffi.new("int *", 2)),
    (ctypes.pointer(ctypes.c_int(1)), ctypes.pointer(ctypes.c_int(2))),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_what_does_not_differ(one: Any, other: Any) -> None:
    assert compare(one, other) == []
    assert compare({"a": [one]}, {"a": [other]}) == []


def test_arrays() -> None:
    numpy = pytest.importorskip("numpy")
    one = numpy.arange(6.0).reshape(2, 3)
    read_only = one.copy()
    read_only.flags.writeable = False
    base = numpy.arange(4)
    for mine, theirs, says in (
        (one, one.copy(), []),
        (one[:, ::2], one[:, ::2].copy(), []),
        (one, one + numpy.array([0, 0, 1]), [
            "twin[0][2] is 3.0, was 2.0", "twin[1][2] is 6.0, was 5.0"]),
        (one, one.astype("f4"), [
            "twin has dtype float32 and shape (2, 3), had dtype float64 and shape (2, 3)"]),
        (one, numpy.asfortranarray(one), [
            "twin has its axes in the order of Fortran, had its axes in the order of C"]),
        (read_only, one, [
            "twin has memory that can be written to, had memory that is read-only"]),
        ([base, base[1:]], [base, base[1:].copy()], [
            "twin[1] has memory of its own, had memory that another part has, too"]),
        ([base[:2], base[2:]], [base[:2].copy(), base[2:].copy()], []),
        (Plain(x=base, _x=base[1:]), Plain(x=base, _x=base[1:].copy()), []),
        (numpy.zeros(1, [("a", "i4")]), numpy.ones(1, [("a", "i4")]), ["twin[0][0] is 1, was 0"]),
        (numpy.array([1.0], ">f8"), numpy.array([2.0], ">f8"), ["twin[0] is 2.0, was 1.0"]),
        (numpy.float64(1), numpy.float64(2), ["twin is 2.0, was 1.0"]),
        (numpy.array([{"a": 1}], object), numpy.array([{"a": 2}], object), [
            "twin[0]['a'] is 2, was 1"]),
        (numpy.array(["2020"], "M8[D]"), numpy.array(["2021"], "M8[D]"), [
            "twin[0] is datetime.date(2021, 1, 1), was datetime.date(2020, 1, 1)"]),
    ):  # fmt: skip
        assert compare(mine, theirs) == says


def test_what_is_too_large_is_compared_by_a_digest() -> None:
    one, other = (array("b", bytes((17 << 20) - 1) + last) for last in (b"1", b"2"))
    mine, theirs = portrait(one, {}), portrait(other, {})
    assert len(mine.root.array.data) < 100
    assert len(list(differences(mine.root, theirs.root))) == 1
    assert list(differences(mine.root, portrait(one[:], {}).root)) == []


def test_what_cannot_be_read_is_named() -> None:
    mine = portrait([Failing()], {})
    assert mine.unread == {"test_portrait.Failing.size": "RuntimeError: not loaded yet"}
    assert mine.readings == 3  # fails, size and name
    assert compare(Failing(), Failing(), ignore=["size"]) == []
    skipped = portrait(Failing(), {"test_portrait.Failing.name": "it crashed"})
    assert skipped.unread["test_portrait.Failing.name"] == "it crashed"


def test_a_getter_that_fails_for_the_twin_alone() -> None:
    one, other = Failing(False), Failing(True)
    assert compare(one, other, ignore=["fails"]) == ["twin.size is raising RuntimeError, was 1 "
                                                     "(builtins.int)"]  # fmt: skip


def test_what_is_ignored() -> None:
    one, other = Plain(mtime=1, a=Plain(mtime=2)), Plain(mtime=3, a=Plain(mtime=4))
    assert len(compare(one, other)) == 2
    assert compare(one, other, ignore=["mtime"]) == []
    assert compare(Native(1), Native(2), ignore=["size"]) == []


def test_an_iterator_is_not_used_up() -> None:
    cursor = Cursor()
    portrait(Plain(cursor=cursor), {})
    assert cursor.left == 3
    assert portrait(Rows(), {}).root.getters["", ".get_rows()"].parts["list(", ")"] == [2, 1, 0]


def test_nothing_is_called_where_that_is_not_wanted() -> None:
    assert compare(Native(1), Native(2), passive=True) == []
    assert compare(Plain(a=[1]), Plain(a=[2]), passive=True) == ["twin.a[0] is 2, was 1"]


def test_the_state_of_the_root_can_be_left_out() -> None:
    assert portrait(Gadget(1), {}).root.parts
    shown = portrait(Gadget(Gadget(1)), {}, root_state=False).root
    assert not shown.parts
    assert shown.attributes["state"].parts == {("adapters.to_spec(", ").state"): 1}


class Store(queue.SimpleQueue):  # type: ignore[type-arg]
    """Holds a handle, which it does not show."""

    def __init__(self, name: str, handle: int) -> None:
        self.name, self._handle = name, handle


def decompressor(tail: bytes) -> Any:
    """A native object of the standard library, which no adapter serves."""
    made = bz2.BZ2Decompressor()
    made.decompress(bz2.compress(b"a") + tail)
    return made


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        (Store("a", 1), Store("a", 2), []),
        (Store("a", 1), Store("b", 1), ["twin.name is 'b', was 'a'"]),
        (Keyed(1, _cache=1), Keyed(1, _cache=2), []),
        (decompressor(b"a"), decompressor(b""), ["twin.unused_data has 0 bytes, had 1 bytes"]),
        (Opaque([1]), Opaque([2]), []),
        (hashlib.shake_128(b"a"), hashlib.shake_128(b"b"), [None, None]),
    ],
)  # fmt: skip
def test_a_root_that_is_read_as_native_objects_are(one: Any, other: Any, says: list[Any]) -> None:
    before = portrait(one, {}, root_native=True)
    adapters.register(type(one), lambda _: "state", lambda _: one)
    try:
        after = portrait(one, {}, root_state=False)
        served = portrait(one, {}, root_native=True)
    finally:
        adapters.unregister(type(one))
    for each in (after, served):
        assert list(differences(before.root, each.root)) == []
        assert before.readings == each.readings
        assert before.root.parts.keys() == each.root.parts.keys()
        assert before.root.getters.keys() == each.root.getters.keys()
    found = compare(one, other, root_native=True)
    assert len(found) == len(says)
    assert all(text in (None, said) for text, said in zip(says, found, strict=True)), found


def test_only_the_root_is_read_as_native_objects_are() -> None:
    one, other = Plain(a=decompressor(b"a")), Plain(a=decompressor(b""))
    assert compare(one, other, root_native=True) == []
    assert compare([one], [other], root_native=True) == []


def test_a_portrait_of_a_long_chain_pickles() -> None:
    nodes = [Plain(number=number, of={number}) for number in range(1000)]
    for node, following in itertools.pairwise(nodes):
        node.following = following  # type: ignore[attr-defined]
    nodes[-1].following = nodes[0]  # type: ignore[attr-defined]
    assert compare(nodes, nodes) == []
    other = Plain(number=-1, of=set())
    assert compare(nodes, [*nodes[:-1], other])[0] == "twin[999].number is -1, was 999"


def test_nothing_of_a_type_that_is_to_be_skipped_is_read() -> None:
    name = f"{__name__}.Native"
    seen = portrait([Native(1), Plain(a=2)], {name: "it crashes"})
    assert seen.unread == {name: "it crashes"}
    assert [each.readings for each in seen.root] == [0, 1]


@pytest.mark.slow
def test_what_is_beyond_a_limit_is_named() -> None:
    wide = [Plain(a=[number]) for number in range(30_000)]
    assert portrait(wide, {}).unread == {"beyond 50,000 parts": "it is too much to be read"}


@pytest.mark.slow
def test_cycles_and_depth_end() -> None:
    def ring(value: int) -> Any:
        first = Plain(value=value)
        first.me = [first, {"me": first}]  # type: ignore[attr-defined]
        return first

    assert compare(ring(1), ring(1)) == []
    assert compare(ring(1), ring(2)) == ["twin.value is 2, was 1"]
    deep: Any = [1]
    for _ in range(5000):
        deep = [deep]
    assert compare(deep, [deep[0]]) == []
    wide = [Plain(a=number) for number in range(60_000)]
    assert len(portrait(wide, {}).root) == 60_000
