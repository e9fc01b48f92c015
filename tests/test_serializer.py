"""Serializers made from source read what the methods of the fields read."""

from __future__ import annotations

from typing import Any

import pytest
from structs import STATES, ffi, layout_of

import adapters
from adapters._accelerated import in_c
from adapters._struct.fields import read_struct
from adapters._wire.buffers import LARGE

KINDS = [(name, False) for name in STATES]
KINDS += [(name, True) for name in STATES if name not in ("numbers", "tail")]  # which need room


@pytest.mark.parametrize(("name", "by_value"), KINDS)
def test_it_reads_what_the_fields_read(name: str, by_value: bool) -> None:
    layout, state = layout_of(name, by_value=by_value)
    made = layout.factory(state)
    pointer = ffi.addressof(made) if by_value else made
    expected = read_struct(layout._parts, pointer, made)
    for serialize in (layout.serialize, in_c(layout.serialize)):
        assert list(serialize(made)) == list(expected)
        assert serialize(made) == expected == state


@pytest.mark.parametrize("name", STATES)
def test_what_is_zero(name: str) -> None:
    layout, _ = layout_of(name)
    empty = ffi.new(f"struct {name} *")
    for serialize in (layout.serialize, in_c(layout.serialize)):
        assert serialize(empty) == read_struct(layout._parts, empty, empty)
        assert serialize(ffi.cast(layout.ctype, 0)) is None


@pytest.mark.parametrize("size", [LARGE - 8, LARGE])
def test_large_memory_is_not_copied(size: int) -> None:
    lengths: dict[str, str | int] = {"data": "n", "name": "\0", "chars": 1, "all": 1, "wide": "\0"}
    layout = adapters.StructLayout(ffi.typeof("struct pointers *"), lengths)
    data = ffi.new("double[]", size // 8)
    made = ffi.new("struct pointers *", {"n": size // 8, "data": data})
    content: Any = layout.serialize(made)["data"][1]
    data[0] = 1.5
    assert (bytes(content[:8]) != bytes(8)) is (size >= LARGE)
    assert len(content) == size


@pytest.mark.parametrize("name", ["data", "all"])
def test_a_negative_number_of_items_is_an_error(name: str) -> None:
    lengths = dict.fromkeys(("data", "chars", "all"), 1) | {"name": "\0", "wide": "\0", name: "n"}
    layout = adapters.StructLayout(ffi.typeof("struct pointers *"), lengths)
    made = ffi.new("struct pointers *", {"n": -1})
    assert layout.serialize(made)[name] is None
    memory = ffi.new("double[4]") if name == "data" else ffi.new("struct point[4]")
    setattr(made, name, memory)
    with pytest.raises(ValueError, match=f"'{name}' has -1 items according to 'n'"):
        layout.serialize(made)
