"""Adapters derived from the fields of a C struct, and what they refuse."""

from __future__ import annotations

import functools
import gc
import math
import pickle
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

import cffi
import children
import pytest
from gadgets import ffi as gears
from hypothesis import given
from hypothesis import strategies as st
from processes import in_a_child

import adapters
from adapters._wire.buffers import LARGE

LENGTHS: dict[str, str | int] = {"weights": "count", "name": "\0", "origin": 1}


@pytest.fixture
def parcel_adapter(parcels: Any) -> Iterator[adapters.Adapter]:
    ctype = parcels.ffi.typeof("parcel_t *")
    yield adapters.register_struct(ctype, lengths=LENGTHS)
    adapters.unregister(ctype)


def make_parcel(parcels: Any, count: int = 3) -> Any:
    parcel = parcels.ffi.gc(parcels.lib.parcel_new(count), parcels.lib.parcel_free)
    parcel.low, parcel.high, parcel.size = 5, -7, parcels.lib.LARGE
    parcel.grid = [[1, 2, 3], [4, 5, 6]]
    parcel.label = b"box"
    parcel.at = {"x": 1.5, "y": -2.5}
    parcel.corners = [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
    parcel.either.d = math.pi
    parcel.f = 0.25
    parcel.fragile = True
    parcel.weights[0:count] = range(count)
    return parcel


def contents(parcels: Any, parcel: Any) -> list[Any]:
    return [
        parcel.count, parcel.low, parcel.high, parcel.size,
        [list(row) for row in parcel.grid], parcels.ffi.string(parcel.label),
        (parcel.at.x, parcel.at.y), [(c.x, c.y) for c in parcel.corners],
        parcel.either.d, parcel.f, parcel.fragile,
        [parcel.weights[index] for index in range(parcel.count)],
        parcels.ffi.string(parcel.name), (parcel.origin.x, parcel.origin.y),
    ]  # fmt: skip


EXPECTED = [
    3, 5, -7, 7,
    [[1, 2, 3], [4, 5, 6]], b"box",
    (1.5, -2.5), [(1, 2), (3, 4)],
    math.pi, 0.25, True,
    [0, 1, 2], b"a parcel", (0.5, 0),
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_every_kind_of_field(parcels: Any, parcel_adapter: Any, protocol: int) -> None:
    parcel = make_parcel(parcels)
    assert contents(parcels, parcel) == EXPECTED
    twin = pickle.loads(pickle.dumps(parcel, protocol))
    assert parcels.ffi.typeof(twin) is parcels.ffi.typeof("parcel_t *")
    assert contents(parcels, twin) == EXPECTED
    assert parcels.lib.parcel_weight(twin) == parcels.lib.parcel_weight(parcel)


def test_the_state_is_a_dict_of_the_fields(parcels: Any, parcel_adapter: Any) -> None:
    state = adapters.to_spec(make_parcel(parcels)).state
    assert state["count"] == 3
    assert state["at"] == {"x": 1.5, "y": -2.5}
    assert state["corners"] == [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
    order = "<" if sys.byteorder == "little" else ">"
    assert state["weights"] == (f"{order}f8", struct.pack("3d", 0, 1, 2))
    assert state["either"] == (f"{order}V8", struct.pack("d", math.pi))
    assert state["label"] == ("|S1", b"box\0\0\0\0\0")
    assert state["name"] == b"a parcel"
    assert "i|f" in state


def test_it_travels_to_a_child_and_back(
    parcels: Any, parcel_adapter: Any, start_method: str
) -> None:
    came_back, made_there, _ = in_a_child(children.send_copies, make_parcel(parcels), start_method)
    assert contents(parcels, came_back) == contents(parcels, made_there) == EXPECTED


def test_nothing_dangles(parcels: Any, parcel_adapter: Any) -> None:
    count = LARGE // 8
    parcel = make_parcel(parcels, count)  # its weights leave out of band
    buffers: list[Any] = []
    data = adapters.dumps(parcel, buffer_callback=buffers.append)
    assert len(buffers) == 1
    del parcel
    gc.collect()
    received = [bytes(buffer) for buffer in buffers]  # parcel_free would have overwritten them
    buffers.clear()
    twin = adapters.loads(data, buffers=received)
    received.clear()
    struct = twin[0]
    del twin
    gc.collect()
    noise = [bytearray(b"\xee" * LARGE) for _ in range(8)]
    assert [struct.weights[index] for index in range(count)] == list(range(count))
    # In C, so that the sanitizers see what is read: the weights, the name, the origin.
    assert parcels.lib.parcel_weight(parcels.ffi.addressof(struct)) == sum(range(count)) + 8 + 0.5
    del noise


@pytest.mark.parametrize("declared", ["inner_t", "inner_t *"])
def test_many_structs_of_numbers(declared: str) -> None:
    ffi = cffi.FFI()
    ffi.cdef("typedef struct { int a; struct { double b; char c; } part; } inner_t;")
    ctype = ffi.typeof(declared)
    adapters.register_struct(ctype)
    made = [ffi.new("inner_t *", {"a": n, "part": {"b": n / 2, "c": b"x"}}) for n in range(5)]
    objects = made if "*" in declared else [each[0] for each in made]
    for _ in range(2):
        twins = pickle.loads(pickle.dumps(objects))
        found = [(ffi.typeof(twin) is ctype, twin.a, twin.part.b) for twin in twins]
        assert found == [(True, n, n / 2) for n in range(5)]
    adapters.unregister(ctype)


def test_functions_that_wrap_those_of_a_struct_are_called(parcels: Any) -> None:
    ctype = parcels.ffi.typeof("point_t *")
    layout = adapters.StructLayout(ctype, {})
    calls = []

    def traced(function: Any) -> Any:
        @functools.wraps(function)
        def call(value: Any) -> Any:
            calls.append(function.__name__)
            return function(value)

        return call

    adapters.register(ctype, traced(layout.serialize), traced(layout.factory))
    for _ in range(2):
        pickle.loads(pickle.dumps(parcels.ffi.new("point_t *")))
    adapters.unregister(ctype)
    assert calls == ["serialize", "factory"] * 2


def test_a_layout_may_be_derived_from(parcels: Any) -> None:
    class Doubled(adapters.StructLayout):
        def serialize(self, struct: Any) -> Any:  # type: ignore[override]
            state = super().serialize(struct)
            return {name: 2 * value for name, value in state.items()}

    layout = Doubled(parcels.ffi.typeof("point_t *"), {})
    point = parcels.ffi.new("point_t *", {"x": 1, "y": 2})
    for _ in range(2):
        assert layout.serialize(point) == {"x": 2, "y": 4}


def test_null_stays_null(parcels: Any, parcel_adapter: Any) -> None:
    pointer = parcels.ffi.cast("parcel_t *", 0)
    twin = pickle.loads(pickle.dumps(pointer))
    assert twin == parcels.ffi.NULL
    assert parcels.ffi.typeof(twin) is parcels.ffi.typeof("parcel_t *")
    empty = parcels.ffi.new("parcel_t *")
    twin = pickle.loads(pickle.dumps(empty))
    assert twin.weights == twin.name == twin.origin == parcels.ffi.NULL


def test_an_empty_array_is_not_null(parcels: Any, parcel_adapter: Any) -> None:
    twin = pickle.loads(pickle.dumps(make_parcel(parcels, 0)))
    assert twin.weights != parcels.ffi.NULL
    assert parcels.lib.parcel_weight(twin) == 8.5


def test_a_negative_length_is_an_error(parcels: Any, parcel_adapter: Any) -> None:
    parcel = parcels.ffi.new("parcel_t *", {"count": -1})
    parcel.weights = weights = parcels.ffi.new("double[1]")
    with pytest.raises(
        adapters.SerializeError, match="'weights' has -1 items according to 'count'"
    ):
        pickle.dumps(parcel)
    del weights


WRONG_STATES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no dict": (lambda s: [1], "fields .* here, and list came"),
    "a field too few": (lambda s: s.pop("at"), "raise the adapter's version"),
    "a field too many": (lambda s: s.update(new=1), "raise the adapter's version"),
    "more told than came": (
        lambda s: s.update(count=4),
        "'weights' holds 3 items, and 4 were told",
    ),
    "fewer told than came": (lambda s: s.update(count=2), "holds 3 items, and 2 were told"),
    "other items": (lambda s: s.update(weights=("<f4", b"\0" * 24)), "'<f4' came"),
    "half an item": (lambda s: s.update(weights=("<f8", b"\0" * 23)), "23 bytes"),
    "no pair": (lambda s: s.update(weights=b"\0" * 24), "no \\(type string, bytes\\)"),
    "no string": (lambda s: s.update(name=[b"a", b"b"]), r"'name' is a string, and \[b'a'"),
    "too long inside": (lambda s: s.update(label=("|S1", b"x" * 9)), "8 items here, and 9 came"),
    "too many structs": (lambda s: s["corners"].append({"x": 1, "y": 1}), "2 items here, and 3"),
    "no list": (lambda s: s.update(corners={}), "its state is no list"),
    "an inner field too few": (lambda s: s["at"].pop("x"), "fields \\['x', 'y'\\] here"),
    "two for one": (lambda s: s["origin"].append({"x": 1, "y": 1}), "2 items, and 1 were told"),
    "out of range": (lambda s: s.update(low=8), "OverflowError"),
    "no number": (lambda s: s.update(count="3"), "told|TypeError"),
}


@pytest.mark.parametrize(("change", "message"), WRONG_STATES.values(), ids=WRONG_STATES.keys())
def test_a_wrong_state_is_an_error(
    parcels: Any, parcel_adapter: adapters.Adapter, change: Any, message: str
) -> None:
    state = adapters.to_spec(make_parcel(parcels)).state
    result = change(state)
    state = result if isinstance(result, list) else state
    with pytest.raises(adapters.RebuildError, match=message):
        adapters.rebuild(parcel_adapter.name, 1, "nowhere", state)


def test_by_value(parcels: Any) -> None:
    ctype = parcels.ffi.typeof("point_t")
    adapters.register_struct(ctype)
    try:
        twin = pickle.loads(pickle.dumps(parcels.ffi.new("point_t *", {"x": 1, "y": 2})[0]))
        gc.collect()
        assert parcels.ffi.typeof(twin) is ctype
        assert (twin.x, twin.y) == (1, 2)
    finally:
        adapters.unregister(ctype)


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))
def test_any_numbers(size: int, teeth: int) -> None:
    gear = gears.new("gear_t *", {"size": size, "teeth": teeth})
    twin = pickle.loads(pickle.dumps(gear))
    assert (twin.size, twin.teeth) == (size, teeth)


# ABI mode: struct definitions that only these tests know


def declare(definitions: str) -> cffi.FFI:
    ffi = cffi.FFI()
    ffi.cdef(definitions)
    return ffi


def round_trip(ffi: cffi.FFI, obj: Any, **options: Any) -> Any:
    ctype = ffi.typeof(obj)
    adapter = adapters.register_struct(ctype, **options)
    try:
        return adapters.rebuild(*pickle_spec(adapter, obj))
    finally:
        adapters.unregister(ctype)


def pickle_spec(adapter: adapters.Adapter, obj: Any) -> Any:
    twin = pickle.loads(pickle.dumps(adapters.Spec(adapter.name, 1, "m", adapter.serialize(obj))))
    return tuple(twin)


def test_numbers_of_every_kind() -> None:
    ffi = declare(
        "typedef struct { signed char a; uint8_t b; int64_t c; uint64_t d; float e; double f;"
        " _Bool g; char h; wchar_t i; long double j; short k[2]; long double l[2]; } all_t;"
    )
    values = [-128, 255, -(2**63), 2**64 - 1, 0.5, 1e300, True, b"\xff", "é"]
    obj = ffi.new("all_t *", values)
    obj.j, obj.l[1] = ffi.cast("long double", 0.1), ffi.cast("long double", 2.5)
    obj.k = [-1, 2]
    twin = round_trip(ffi, obj)
    assert [getattr(twin, name) for name in "abcdefghi"] == values
    assert ffi.buffer(twin)[:] == ffi.buffer(obj)[:]


def test_a_last_array_of_unknown_length() -> None:
    ffi = declare("struct tail { unsigned n; struct { short x; } items[]; };")
    obj = ffi.new("struct tail *", {"n": 3, "items": [[1], [2], [3]]})
    twin = round_trip(ffi, obj, lengths={"items": "n"})
    assert [twin.items[index].x for index in range(3)] == [1, 2, 3]


def test_pointers_of_structs_inside() -> None:
    ffi = declare(
        "struct text { int n; char *chars; }; struct page { struct text title; struct text *lines;"
        " int count; struct text both[2]; };"
    )
    kept = [ffi.new("char[]", text) for text in (b"title", b"one\0more", b"two")]
    lines = ffi.new("struct text[]", [{"n": 8, "chars": kept[1]}, {"n": 3, "chars": kept[2]}])
    page = ffi.new("struct page *", {"lines": lines, "count": 2})
    page.title = {"n": 5, "chars": kept[0]}
    page.both[1] = {"n": 3, "chars": kept[2]}
    lengths = {"lines": "count"} | dict.fromkeys(("title.chars", "lines.chars", "both.chars"), "n")
    twin = round_trip(ffi, page, lengths=lengths)
    del kept, lines, page
    gc.collect()
    assert ffi.unpack(twin.title.chars, 5) == b"title"
    assert ffi.unpack(twin.lines[0].chars, 8) == b"one\0more"
    assert ffi.unpack(twin.both[1].chars, 3) == b"two"
    assert twin.both[0].chars == ffi.NULL


def test_wide_strings() -> None:
    ffi = declare("struct wide { wchar_t *text; };")
    text = ffi.new("wchar_t[]", "größer")
    twin = round_trip(ffi, ffi.new("struct wide *", {"text": text}), lengths={"text": "\0"})
    assert ffi.string(twin.text) == "größer"


def test_anonymous_unions_and_structs() -> None:
    ffi = declare(
        "struct v { int tag; union { struct { int a, b; }; double d; }; struct { int p, q; }; };"
    )
    obj = ffi.new("struct v *")
    obj.tag, obj.d, obj.p, obj.q = 1, math.e, 3, 4
    twin = round_trip(ffi, obj)
    assert (twin.tag, twin.d, twin.p, twin.q) == (1, math.e, 3, 4)


REFUSED = {
    "a pointer": ("struct s { int n; double *data; };", {}, r"'data' is a 'double \*'.*lengths"),
    "void": ("struct s { void *any; };", {"any": 3}, r"'any' is a 'void \*', which only its auth"),
    "a function": ("struct s { int (*f)(int); };", {"f": 1}, r"'f' is a 'int\(\*\)\(int\)'"),
    "pointers to pointers": ("struct s { char **v; };", {"v": 1}, r"'v' is a 'char \* \*'"),
    "an array of pointers": ("struct s { char *v[3]; };", {}, r"'v' holds a 'char \*'"),
    "a pointer in a union": (
        "struct s { union { int *p; long q; } u; };",
        {},
        r"'u\.p' holds a 'int \*', and an address means nothing",
    ),
    "one in an anonymous union": ("struct s { union { int *p; long q; }; };", {}, "'p' holds a"),
    "a pointer of a struct inside": (
        "struct t { char *c; }; struct s { struct t inner; };",
        {},
        r"'inner\.c' is a 'char \*'",
    ),
    "an opaque struct": (
        "struct t; struct s { struct t *x; };",
        {"x": 1},
        "'x' holds a 'struct t'",
    ),
    "a list": ("struct s { struct s *next; };", {"next": 1}, r"'next\.next' is a 'struct s \*'"),
    "a last array": ("struct s { int n; int tail[]; };", {}, r"'tail' is a 'int\[\]' and nothing"),
    "a last array inside": (
        "struct t { int n; int tail[]; }; struct s { struct t *t; };",
        {"t": 1, "t.tail": "n"},
        r"'t\.tail' is a 'int\[\]' of a struct inside",
    ),
    "a length of no field": ("struct s { int *p; };", {"p": "n"}, r"says 'n' of field 'p'"),
    "a length that is no integer": (
        "struct s { double n; int *p; };",
        {"p": "n"},
        r"may name one of \[\]",
    ),
    "no length": ("struct s { int n; int *p; };", {"p": 0}, "says 0 of field 'p'"),
    "a string of integers": ("struct s { int *p; };", {"p": "\0"}, r"says '\\x00' of field 'p'"),
    "a length in a union": (
        "struct s { union { int n; float f; }; int *p; };",
        {"p": "n"},
        r"may name one of \[\]",
    ),
    "nothing of an array": ("struct s { int n; int tail[0]; };", {}, r"'tail' is a 'int\[0\]'"),
    "no such field": (
        "struct s { int n; };",
        {"m": "n"},
        "'m', where there is no pointer field",
    ),
}


@pytest.mark.parametrize(("fields", "lengths", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_leave_is_refused_at_registration(
    fields: str, lengths: Any, message: str
) -> None:
    ffi = declare(fields)
    with pytest.raises(adapters.RegistrationError, match=message) as caught:
        adapters.register_struct(ffi.typeof("struct s *"), lengths=lengths)
    assert caught.value.subject == "C type 'struct s *'"


@pytest.mark.parametrize("target", ["int *", "int", "struct opaque *", "union u *"])
def test_what_is_no_struct_is_refused(target: str) -> None:
    ffi = declare("struct opaque; union u { int x; };")
    with pytest.raises(adapters.RegistrationError, match="not a struct whose fields cffi knows"):
        adapters.register_struct(ffi.typeof(target))


def test_structs_of_which_fields_are_unknown_are_refused(parcels: Any) -> None:
    with pytest.raises(adapters.RegistrationError, match="has 12 bytes at the end of which cffi"):
        adapters.register_struct(parcels.ffi.typeof("partial_t *"))


def test_bitfields_around_other_fields_are_numbers() -> None:
    ffi = declare("struct b { unsigned a:4; unsigned char c; unsigned n:4; int *data; };")
    data = ffi.new("int[]", [1, 2, 3])
    obj = ffi.new("struct b *", {"a": 5, "c": 200, "n": 3, "data": data})
    twin = round_trip(ffi, obj, lengths={"data": "n"})
    assert (twin.a, twin.c, twin.n, list(twin.data[0:3])) == (5, 200, 3, [1, 2, 3])


def test_complex_numbers() -> None:
    ffi = declare("struct c { float _Complex f; double _Complex d; double _Complex *more; };")
    more = ffi.new("double _Complex[]", [3 + 4j])
    twin = round_trip(ffi, ffi.new("struct c *", [1 + 2j, -1j, more]), lengths={"more": 1})
    assert (twin.f, twin.d, twin.more[0]) == (1 + 2j, -1j, 3 + 4j)


def test_opaque_structs_of_a_compiled_module_are_refused(parcels: Any) -> None:
    with pytest.raises(adapters.RegistrationError, match="not a struct whose fields cffi knows"):
        adapters.register_struct(parcels.ffi.typeof("depot_t *"))
    with pytest.raises(adapters.RegistrationError, match="'depot' holds a 'struct depot'"):
        adapters.register_struct(parcels.ffi.typeof("label_t *"), lengths={"depot": 1})
    with pytest.raises(adapters.SerializeError, match=r"; call adapters\.register\(ffi.typeof"):
        adapters.dumps(parcels.lib.depot_new())


@pytest.mark.parametrize("lengths", [["n"], "n", {"p": ["n"]}, {"q": "n"}])
def test_unusable_lengths_are_refused(lengths: Any) -> None:
    ffi = declare("struct s { int n; int *p; };")
    with pytest.raises(adapters.RegistrationError, match=r"\['n'\]|'n'|\['q'\]"):
        adapters.register_struct(ffi.typeof("struct s *"), lengths=lengths)


def test_what_is_no_c_type_is_refused() -> None:
    with pytest.raises(adapters.RegistrationError, match="pass a C type"):
        adapters.register_struct("struct s *")


def test_upgrades_read_the_fields(parcels: Any) -> None:
    ctype = parcels.ffi.typeof("point_t *")
    upgrades = {1: lambda state: {**state, "y": 0.0}}
    adapters.register_struct(ctype, name="point", version=2, upgrades=upgrades)
    try:
        twin = adapters.rebuild("point", 1, "nowhere", {"x": 2.0})
        assert (twin.x, twin.y) == (2, 0)
    finally:
        adapters.unregister(ctype)
