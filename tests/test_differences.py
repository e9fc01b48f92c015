"""Where two objects differ: the place as Python, and how; whatever the objects do."""

from __future__ import annotations

import collections
import copyreg
import ctypes
import datetime
import decimal
import functools
import pickle
import re
import threading
import time
from array import array
from typing import Any

import pytest
from gadgets import Gadget, ffi
from hypothesis import given, settings
from hypothesis import strategies as st
from wrong_adapters.base import Thing
from wrong_adapters.objects import Modern

import adapters
from adapters._comparison.differences import Difference, differences

NAN = float("nan")


class Plain:
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Slotted:
    __slots__ = ("__hidden", "shown")

    def __init__(self, hidden: Any, shown: Any) -> None:
        self.__hidden = hidden
        self.shown = shown


class Pair(collections.namedtuple("Pair", "left right")):
    pass


class Words(list):  # type: ignore[type-arg]
    """Lies about what it contains to all who ask."""

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


class Tags(set):  # type: ignore[type-arg]
    pass


class Hostile:
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        raise ArithmeticError("no comparison")

    def __repr__(self) -> str:
        raise ArithmeticError("no words")


class Vague:
    """Its `==` has no truth value, and is never asked for one."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> Any:
        return [self]

    __hash__ = None  # type: ignore[assignment]


class Caching(Plain):
    """Its `==` says that only the key counts."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Caching) and other.key == self.key  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]


class Reduced:
    """Is what its reducer returns."""

    __slots__ = ("get",)

    def __init__(self, *reduced: Any) -> None:
        self.get = lambda: reduced  # functions are not compared below an attribute

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.get()


class Changed:
    """What takes the place of a leaf."""


class Endless:
    def __reduce__(self) -> Any:
        return make, (Endless(), Endless())


def make(*parts: Any) -> Plain:
    return Plain(parts=parts)


def pair(extra: Any) -> Pair:
    made = Pair(1, 2)
    made.extra = extra  # type: ignore[attr-defined]
    return made


def said(found: Difference) -> str:
    return f"{found.place} {found.verb} {found.one} in one and {found.other} in the other"


def compare(one: Any, other: Any, **options: Any) -> list[Difference]:
    return list(differences(one, other, "obj", **options))


# The objects, the path to what differs and the words that follow it.
DIFFERENT: list[tuple[Any, Any, str, str]] = [
    (1, 2, "obj", "is 1 in one and 2 in the other"),
    (1, True, "obj", "is 1 (builtins.int) in one and True (builtins.bool) in the other"),
    (1, 1.0, "obj", "is 1 (builtins.int) in one"),
    (complex(NAN, 1), complex(NAN, 2), "obj", "is (nan+1j) in one and (nan+2j) in the other"),
    (b"xyz", b"xya", "obj", "has 122 at byte 2 in one and 97 at byte 2 in the other"),
    (b"", b"1", "obj", "has 0 bytes in one and 1 bytes in the other"),
    (b"x", bytearray(b"x"), "obj", "is b'x' (builtins.bytes) in one"),
    (int, str, "obj", "is <class 'int'> in one"),
    (re, pickle, "obj", "is <module 're'"),
    ([1], (1,), "obj", "is [1] (builtins.list) in one and (1,) (builtins.tuple) in the other"),
    ([1], [True], "obj[0]", "is 1 (builtins.int) in one"),
    ([1], [1, 2], "obj", "has length 1 in one and length 2 in the other"),
    ((1, [2]), (1, [3]), "obj[1][0]", "is 2 in one and 3 in the other"),
    ({"a": [1]}, {"a": [2]}, "obj['a'][0]", "is 1 in one"),
    ({(1, "b"): 1}, {(1, "b"): 2}, "obj[(1, 'b')]", "is 1 in one"),
    ({NAN: 1}, {float("nan"): 2}, "list(obj.values())[0]", "is 1 in one"),
    ({Gadget(1): 1}, {Gadget(2): 1}, "adapters.to_spec(list(obj)[0]).state", "is 1 in one"),
    ({"a": 1, "b": 2}, {"a": 1}, "obj", "has the keys ['b'] in one and the keys [] in the other"),
    ({1, 2}, {1, 3}, "obj", "has the members [2] in one and the members [3]"),
    ({Plain(a=1)}, {Plain(a=2)}, "list(obj)[0].a", "is 1 in one"),
    ({Plain(a=1), Plain(a=2)}, {Plain(a=2), Plain(a=3)}, "obj", "has the members [<"),
    ({Plain(a=1), Plain(a=1)}, {Plain(a=1), Plain(a=2)}, "obj", "has the members [<"),
    (Plain(a=1, b=[1]), Plain(a=1, b=[2]), "obj.b[0]", "is 1 in one"),
    (Plain(a=[1]), Plain(), "obj.a", "is [1] in one and missing in the other"),
    (Plain(), Plain(a=[1]), "obj.a", "is missing in one and [1] in the other"),
    (Plain(**{"a b": 1}), Plain(**{"a b": 2}), "vars(obj)['a b']", "is 1 in one"),
    (Slotted(1, 2), Slotted(2, 2), "obj._Slotted__hidden", "is 1 in one"),
    (Pair(1, 2), Pair(1, 3), "obj[1]", "is 2 in one"),
    (pair(1), pair(2), "obj.extra", "is 1 in one"),
    (Words([1]), Words([2]), "obj[0]", "is 1 in one"),
    (collections.OrderedDict(a=1), collections.OrderedDict(a=2), "obj['a']", "is 1 in one"),
    (
        collections.defaultdict(list, a=1),
        collections.defaultdict(set, a=1),
        "obj.__reduce_ex__(5)[1][0]",
        "is <class 'list'> in one",
    ),
    (collections.deque([1]), collections.deque([2]), "obj[0]", "is 1 in one"),
    (
        collections.deque(maxlen=2),
        collections.deque(maxlen=3),
        "obj.__reduce_ex__(5)[1][1]",
        "is 2 in one",
    ),
    (datetime.date(2020, 1, 1), datetime.date(2021, 1, 1), "obj", "is datetime.date(2020, 1, 1)"),
    (ValueError([1]), ValueError([2]), "obj.__reduce_ex__(5)[1][0][0]", "is 1 in one"),
    (
        functools.partial(make, [1]),
        functools.partial(make, [2]),
        "obj.__reduce_ex__(5)[2][1][0][0]",
        "is 1 in one",
    ),
    (
        Reduced(make, (), None, [[1]]),
        Reduced(make, (), None, [[2]]),
        "list(obj.__reduce_ex__(5)[3])[0][0]",
        "is 1 in one",
    ),
    (Reduced(make, (1,)), Reduced(make, (2,)), "obj.__reduce_ex__(5)[1][0]", "is 1 in one"),
    ([].append, [1].append, "obj.__reduce_ex__(5)[1][0]", "has length 0 in one"),
    (len, abs, "obj", "is <built-in function len> in one"),
    (Gadget({"a": [2]}), Gadget({"a": [3]}), "adapters.to_spec(obj).state['a'][0]", "is 2 in one"),
    (Gadget(b"1"), Gadget(memoryview(b"2")), "adapters.to_spec(obj).state", "has 49 at byte 0"),
    (array("d", [1, 2]), array("d", [1, 3]), "obj", "has 2.0 at [1] in one and 3.0 at [1]"),
    (array("d", [1]), array("f", [1]), "obj", "has format 'd' and shape (1,) in one"),
    (ctypes.c_int(1), ctypes.c_int(2), "obj", "has "),
    (Hostile([1]), Hostile([2]), "obj.value[0]", "is 1 in one"),
    ([Hostile(1)], [2], "obj[0]", "is an object whose repr() raises ArithmeticError: no words ("),
    (Vague([1]), Vague([2]), "obj.value[0]", "is 1 in one"),
    (threading.Lock(), threading.Lock(), "obj", "is <unlocked _thread.lock object at "),
    (ffi.new("struct node *"), ffi.new("struct node *"), "obj", "is <cdata 'struct node *' "),
]
EQUAL: list[tuple[Any, Any]] = [
    (NAN, float("nan")),
    ([0.0], [-0.0]),
    (complex(NAN, 1), complex(float("nan"), 1)),
    (decimal.Decimal("nan"), decimal.Decimal("nan")),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({NAN: 1}, {float("nan"): 1}),
    ({NAN, 1}, {1, float("nan")}),
    ({Plain(a=1), Plain(a=2), 3}, {Plain(a=2), Plain(a=1), 3}),
    ({Gadget(1): [1], Gadget(2): [2]}, {Gadget(2): [2], Gadget(1): [1]}),
    (Tags([0, 8]), Tags([8, 0])),  # in another order inside
    (frozenset([frozenset([Plain(a=1)])]), frozenset([frozenset([Plain(a=1)])])),
    (object(), object()),
    (Modern(), Modern()),
    (Thing([1]), Thing([1])),
    (Caching(key=1, cache=[1]), Caching(key=1)),
    (Hostile(1), Hostile(1)),
    (Vague(1), Vague(1)),
    (Gadget(b"1"), Gadget(memoryview(b"1"))),
    (Plain(lock=threading.Lock()), Plain(lock=threading.Lock())),
    (Plain(event=threading.Event()), Plain(event=threading.Event())),
    (array("d", [NAN, 0.0]), array("d", [float("nan"), -0.0])),
    (iter([1]), iter([1])),
]


@pytest.mark.parametrize(("one", "other", "path", "says"), DIFFERENT)
def test_a_difference_has_a_place_and_words(
    one: Any, other: Any, path: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(copyreg.dispatch_table, ValueError, raising=False)  # Dask's, by tblib
    (found,) = compare(one, other)
    assert said(found).startswith(f"{path} {says}")
    assert str(found).startswith(f"{found.place} {found.verb} {found.other}, ")
    names = {"obj": one, "adapters": adapters}
    if found.exact:
        assert eval(found.path, names) is found.part
    assert found.exact is not bool({"state", "__reduce_ex__"} & set(re.findall(r"\w+", path)))
    if not found.attribute:
        assert found.path == path
    assert compare(one, one) == []


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_objects_have_no_difference(one: Any, other: Any) -> None:
    assert compare(one, other) == []
    assert compare([one, {"a": one}], [other, {"a": other}]) == []


def test_all_differences_come_in_the_order_of_the_parts() -> None:
    one = [1, {"a": Plain(x=1, y=[2]), "b": 3}, (4,)]
    other = [0, {"a": Plain(x=0, y=[0]), "b": 0}, (4, 4)]
    found = compare(one, other)
    assert [f"{each.path}:{each.attribute}" for each in found] == [
        "obj[0]:",
        "obj[1]['a']:x",
        "obj[1]['a'].y[0]:",
        "obj[1]['b']:",
        "obj[2]:",
    ]
    assert next(differences(one, other)).path == "[0]"


def test_in_a_state_buffers_of_all_kinds_are_alike() -> None:
    text = ffi.new("char[3]", b"abc")
    kinds = [b"abc", bytearray(b"abc"), memoryview(b"abc"), pickle.PickleBuffer(b"abc")]
    kinds += [ffi.buffer(text), memoryview(b"a-b-c")[::2]]
    for kind in kinds:
        assert compare({"a": [b"abc"]}, {"a": [kind]}, in_state=True) == []
        assert compare(Plain(a=b"abc"), Plain(a=kind), in_state=True) == []
        (found,) = compare([b"abcd"], [kind], in_state=True)
        assert str(found) == "obj[0] has 3 bytes, had 4 bytes"
        assert bool(compare([b"abc"], [kind])) is (type(kind) is not bytes)


def test_arrays_compare_by_dtype_shape_and_elements() -> None:
    numpy = pytest.importorskip("numpy")
    one = numpy.array([[1.0, NAN], [0.0, 4.0]])
    for same in (one.copy(), numpy.asfortranarray(one), numpy.where(one == 0, -0.0, one)):
        assert compare(one, same) == []
    other = one.copy()
    other[1, 1] = 5
    objects = numpy.array([{"a": 1}, None], object)
    for mine, theirs, says in (
        (one, other, "obj has 4.0 at [1][1] in one and 5.0 at [1][1] in the other"),
        (one, one.T, "obj has nan at [0][1] in one and 0.0 at [0][1] in the other"),
        (one, one[0], "obj has dtype float64 and shape (2, 2) in one and dtype float64 and shape"),
        (one, one.astype("f4"), "obj has dtype float64 and shape (2, 2) in one and dtype float32"),
        (numpy.float64(1), numpy.float64(2), "obj is 1.0 in one and 2.0 in the other"),
        (numpy.array([1], "M8[D]"), numpy.array([2], "M8[D]"), "obj has datetime.date("),
        (objects, numpy.array([{"a": 2}, None], object), "obj has 1 at [0]['a'] in one"),
    ):
        found = [said(each) for each in compare([mine], [theirs])]
        assert len(found) == bool(says)
        assert found[0].replace("[0]", "", 1).startswith(says), found
    assert compare(objects, numpy.array([{"a": 1}, None], object)) == []


def test_cycles_end() -> None:
    def ring(value: int) -> Any:
        first = Plain(parts=[value])
        first.parts += [first, {"me": first}, {first}]  # type: ignore[attr-defined]
        return first

    assert compare(ring(1), ring(1)) == []
    (found,) = compare(ring(1), ring(2))
    assert found.path == "obj.parts[0]"


@pytest.mark.slow
@pytest.mark.parametrize(
    "nest",
    [
        lambda inner: [inner],
        lambda inner: {"a": inner},
        lambda inner: Plain(a=inner),
        lambda inner: {Plain(a=inner)},
        lambda inner: collections.deque([inner]),
    ],
)
def test_any_depth(nest: Any) -> None:
    made: list[Any] = []
    for leaf in (1, 1, 2):
        for _ in range(5000):
            leaf = nest(leaf)
        made.append(leaf)
    assert compare(made[0], made[1]) == []
    (found,) = compare(made[0], made[2])
    assert len(found.path) > 10_000


def test_reducers_that_make_parts_without_end() -> None:
    (found,) = compare(Endless(), Endless())
    assert "cannot be compared (RecursionError: reducers make new parts without end)" in found.one


def test_members_without_a_hash_in_common_take_limited_time() -> None:
    def graph(changed: int = 0) -> Any:
        nodes = [Plain(number=number) for number in range(60)]
        for node in nodes:
            node.others = set(nodes)  # type: ignore[attr-defined]
        nodes[0].number += changed  # type: ignore[attr-defined]
        return nodes[0]

    start = time.process_time()
    assert compare(graph(), graph()) == []
    assert compare(graph(), graph(1))
    assert time.process_time() - start < 20


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary())


def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, max_size=4)
    names = st.sampled_from(["a", "b", "c"])
    return st.one_of(
        some,
        some.map(tuple),
        some.map(collections.deque),
        st.dictionaries(st.one_of(names, st.integers(), st.floats()), inner, max_size=4),
        st.dictionaries(names, inner, max_size=3).map(lambda held: Plain(**held)),
        st.tuples(inner, inner).map(lambda two: Pair(*two)),
        inner.map(Gadget),
        st.sets(st.integers() | st.text(), max_size=4),
        inner.map(lambda part: {Plain(part=part)}),
    )


@given(st.recursive(LEAVES, around, max_leaves=20))
@settings(deadline=None, max_examples=200)
def test_an_object_equals_its_round_trip(obj: Any) -> None:
    assert compare(obj, pickle.loads(pickle.dumps(obj))) == []


@given(st.recursive(LEAVES, around, max_leaves=20), st.data())
@settings(deadline=None, max_examples=200)
def test_a_changed_leaf_is_found_at_its_path(obj: Any, data: st.DataObject) -> None:
    path, holder, changed = "obj", None, pickle.loads(pickle.dumps(obj))
    part = changed
    while isinstance(part, (list, collections.deque, dict, Plain)):
        inside: Any
        if isinstance(part, Plain):
            inside = {f".{name}": (vars(part), name) for name in vars(part)}
        elif isinstance(part, dict):
            keys = [key for key in part if type(key) is not float or key - key == 0]
            inside = {f"[{key!r}]": (part, key) for key in keys}
        else:
            inside = {f"[{at}]": (part, at) for at in range(len(part))}
        if not inside:
            break
        step = data.draw(st.sampled_from(list(inside)))
        path, holder = path + step, inside[step]
        part = holder[0][holder[1]]
    if holder is None:
        return
    holder[0][holder[1]] = Changed
    (found,) = compare(obj, changed)
    assert found.path + (f".{found.attribute}" if found.attribute else "") == path
    assert "Changed" in found.other
