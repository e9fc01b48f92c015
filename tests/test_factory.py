"""Factories made from source take what the methods of the fields take, and make the same of it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from both_forms import needs_c
from structs import F8, I2, POINT, STATES, V4, ffi, layout_of

import adapters
from adapters._accelerated import in_c
from adapters._struct.fields import read_struct


@pytest.fixture
def record() -> Callable[[Any], list[Any]]:
    """A function that returns a list, to which a layout's factory then adds what it makes."""

    def start(layout: Any) -> list[Any]:
        names = layout.factory.__func__.__globals__
        new, made = names["new"], []

        def recording(*arguments: Any) -> Any:
            memory = new(*arguments)
            made.append(weakref.ref(memory))
            return memory

        names["new"] = recording
        return made

    return start


class Numberlike:
    """What cffi takes for an integer, and for no dict, list or bytes."""

    def __int__(self) -> int:
        return 3

    __index__ = __int__

    def __float__(self) -> float:
        return 2.5


class Defaults(dict):  # type: ignore[type-arg]
    """A dict that has each key."""

    def __missing__(self, key: object) -> int:
        return 0


ODD = [
    (POINT, POINT), (F8, memoryview(bytes(256)).cast("d")),
    None, True, 0, 1, -1, 2, 3, 7, 300, 2**40, 2**70, 1.0, 1.5, "1", "LOW", "HIGH", b"", b"x",
    b"xy", [], [1], [1, 2.0], [POINT], [POINT, POINT], [POINT] * 3, [{"x": 1}] * 2, [{"x": 1,
    "z": 1}] * 2, [(1, 2), (1, 2)], [Defaults(x=1), Defaults(x=1)], {}, {"x": 1}, {"x": 1, "z":
    1}, {"y": 1, 3: 1}, {"y": 3, "x": 1}, Defaults(x=1), Defaults(POINT), (), (1, 2), (1, 2, 3),
    (F8, b""), (F8, bytes(8)), (F8, bytes(12)), (F8, bytearray(32)), [F8, bytes(32)], (F8,
    memoryview(bytes(16))), (F8, memoryview(bytes(16)).cast("d")), (F8, b"\1" * 32), (I2,
    bytes(12)), ("|S1", b"1234567"), ("|S1", b"12345678"), ("|S1", b"12"), ("|u1", b"123"),
    ("|i1", b"123"), (1, b"ab"), ("|S1", "ab"), (V4, b"1234"), (I2, b""), Numberlike(),
    ffi.NULL, ffi.cast("int", 3), ffi.new("struct point *"), ffi.new("struct point *")[0],
    ffi.new("double[4]"), ffi.new("double[2]"), ffi.new("char[]", b"a"),
]  # fmt: skip


def variants(state: Any) -> Iterator[Any]:
    """A state with one wrong or odd thing in it, at each place."""
    if type(state) is dict:
        yield dict(reversed(state.items()))
        yield Defaults(state)
        yield list(state.items())
        for extra in ("more", "i", 3, "x|y"):
            yield state | {extra: 1}
        for name, value in state.items():
            rest = {key: state[key] for key in state if key != name}
            yield rest
            yield Defaults(rest)
            for other in ("more", "i", "f", 3, name.upper()):
                yield rest | {other: value}
            for variant in variants(value):
                yield state | {name: variant}
    elif type(state) is list:
        yield from ([*state[:-1], variant] for variant in variants(state[-1]))
    yield from ODD


def outcome(layout: Any, make: Any, state: Any) -> object:
    """What a factory makes of a state: the type and the content of the struct, or the error."""
    try:
        made = make(state)
    except Exception as error:
        return type(error), str(error)
    if made == ffi.NULL:
        return None
    content = layout.serialize(made) if layout.lengths else ffi.buffer(made)[:]
    return ffi.typeof(made), repr(content)


@pytest.mark.parametrize("name", STATES)
def test_any_state_makes_what_it_makes_in_general(name: str) -> None:
    layout, state = layout_of(name)
    for variant in variants(state):
        before = repr(variant)
        expected = outcome(layout, layout._make, variant)
        assert outcome(layout, layout.factory, variant) == expected, variant
        assert outcome(layout, in_c(layout.factory), variant) == expected, variant
        assert repr(variant) == before


@pytest.mark.parametrize("by_value", [False, True])
@pytest.mark.parametrize("name", STATES)
def test_usual_states_need_no_second_look(
    name: str, by_value: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.StructLayout, "_make", lambda self, state: pytest.fail("general"))
    layout, state = layout_of(name, by_value=by_value)
    for factory in (layout.factory, in_c(layout.factory)):
        made = factory(state)
        assert ffi.typeof(made) is layout.ctype
        pointer = ffi.addressof(made) if by_value else made
        assert read_struct(layout._parts, pointer, made) == state


def test_no_field_is_silently_zero() -> None:
    layout, state = layout_of("mixed")
    for missing in ("tag", "l"):
        wrong = {key: value for key, value in state.items() if key != missing} | {"i": 5}
        with pytest.raises(ValueError, match=r"'tag', 'i\|f', .* here"):
            layout.factory(wrong)


@pytest.mark.parametrize("by_value", [False, True])
def test_small_parts_live_as_long_as_the_struct(by_value: bool) -> None:
    layout, state = layout_of("pointers", by_value=by_value)
    made = [layout.factory(state) for _ in range(100)]
    structs = made if by_value else [each[0] for each in made]
    del made
    gc.collect()
    noise = [bytearray(b"\xee" * size) for size in range(1, 64) for _ in range(100)]
    assert all(layout.serialize(ffi.addressof(each)) == state for each in structs) or by_value
    assert all(ffi.string(each.name) == b"name" and each.all[1].y == 2.5 for each in structs)
    del noise


def test_the_parts_go_with_the_struct(record: Callable[[Any], list[Any]]) -> None:
    layout, state = layout_of("pointers")
    parts = record(layout)
    view = layout.factory(state)[0]
    gc.collect()
    assert len([part for part in parts if part() is not None]) == 5
    del view
    gc.collect()
    assert [part() for part in parts] == [None] * 5


def test_an_empty_array_has_room_for_one_item(record: Callable[[Any], list[Any]]) -> None:
    lengths = STATES["pointers"][1] | {"all": "n"}
    layout = adapters.StructLayout(ffi.typeof("struct pointers *"), lengths)
    parts = record(layout)
    empty = {"n": 0, "data": (F8, b""), "chars": ("|S1", b""), "all": [], "name": None}
    made = layout.factory(empty | {"wide": None})
    assert [ffi.sizeof(part()) for part in parts] == [8, 1, ffi.sizeof("struct point")]
    assert ffi.NULL not in (made.data, made.chars, made.all)


def test_a_string_ends_with_nul() -> None:
    """From a number or a list, cffi would make an array of characters without one."""
    layout, state = layout_of("pointers")
    for name in (0, 3, [b"a"], (b"a", b"b"), ffi.new("char[2]", b"ab")):
        for make in (layout.factory, layout._make):
            with pytest.raises(ValueError, match="field 'name' is a string, and "):
                make(state | {"name": name})


@needs_c
def test_structs_of_numbers_are_made_in_c() -> None:
    for name in STATES:
        layout, _ = layout_of(name)
        numbers = name in ("point", "scalars", "inside")
        assert (in_c(layout.factory) is not layout.factory) is numbers
        assert (in_c(layout.serialize) is not layout.serialize) is numbers


@needs_c
def test_keys_that_compare_as_they_like(monkeypatch: pytest.MonkeyPatch) -> None:
    """The part that is looked at may go while one of its keys is compared."""
    monkeypatch.setattr(adapters.StructLayout, "_make", lambda self, state: "general")

    class Key:
        def __hash__(self) -> int:
            return hash("deep")

        def __eq__(self, other: object) -> bool:
            state["more"] = None  # which is the only one to hold what it is a key of
            return False

    layout, usual = layout_of("inside")
    state = {**usual, "more": {Key(): 1, "n": 3}}
    assert in_c(layout.factory)(state) == "general"


def test_structs_made_by_other_pointers_and_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    layout, state = layout_of("point", by_value=True)
    made = in_c(layout.factory)(state)
    assert ffi.typeof(made) is ffi.typeof("struct point")
    assert (made.x, made.y) == (1, 2.5)
    with pytest.raises(OverflowError):
        in_c(layout.factory)({"x": 1 << 40, "y": 0})
    with pytest.raises(AttributeError):
        in_c(layout.serialize)(3)
