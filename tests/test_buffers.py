"""Large parts of a state travel out of band, without a copy, and still work in band."""

from __future__ import annotations

import copy
import pickle
from array import array
from dataclasses import dataclass
from typing import Any

import cloudpickle
import pytest
from gadgets import Gadget, ffi
from hypothesis import given
from hypothesis import strategies as st
from processes import run

import adapters
from adapters._wire.buffers import inspect

LARGE = bytes(range(256)) * 40


def address(buffer: Any) -> int:
    return int(ffi.cast("uintptr_t", ffi.from_buffer(buffer)))


STATES = {
    "alone": lambda part: part,
    "in a tuple": lambda part: (1, part),
    "in a list": lambda part: [part, "text"],
    "in a dict": lambda part: {"key": part},
    "deep": lambda part: {"key": [(1, part)]},
}
KINDS = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "PickleBuffer": pickle.PickleBuffer,
    "cffi buffer": lambda data: ffi.buffer(ffi.from_buffer(data)),
}


def the_part(state: Any) -> Any:
    while isinstance(state, (tuple, list, dict)):
        items = state.values() if isinstance(state, dict) else state
        state = next(item for item in items if not isinstance(item, (int, str)))
    return state


@pytest.mark.parametrize("nest", STATES.values(), ids=STATES.keys())
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_out_of_band_without_a_copy(nest: Any, kind: Any) -> None:
    part = kind(LARGE)
    buffers: list[pickle.PickleBuffer] = []
    data = adapters.dumps(Gadget(nest(part)), buffer_callback=buffers.append)
    assert len(data) < 200
    assert [address(buffer) for buffer in buffers] == [address(memoryview(part))]

    received = [bytes(buffer) for buffer in buffers]
    twin = adapters.loads(data, buffers=received)
    arrived = the_part(twin.state)
    assert type(arrived) is (bytes if kind is bytes else memoryview)
    assert arrived == LARGE
    assert address(arrived) == address(received[0])
    assert type(twin.state) is (type(nest(part)) if type(nest(0)) is not int else type(arrived))


@pytest.mark.parametrize("nest", STATES.values(), ids=STATES.keys())
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_in_band(nest: Any, kind: Any, protocol: int) -> None:
    for dumps in (pickle.dumps, cloudpickle.dumps, adapters.dumps):
        twin = pickle.loads(dumps(Gadget(nest(kind(LARGE))), protocol))
        arrived = the_part(twin.state)
        assert type(arrived) is (bytes if kind is bytes else memoryview)
        assert arrived == LARGE


def test_a_cffi_buffer_where_no_c_type_was_ever_registered() -> None:
    program = """
import adapters, cffi
ffi = cffi.FFI()
class Native:
    memory = ffi.new("char[]", b"text")
adapters.register(Native, lambda native: {"text": ffi.buffer(native.memory)}, dict)
print(bytes(adapters.loads(adapters.dumps(Native()))["text"]))
"""
    assert run("-c", program) == "b'text\\x00'\n"


def test_small_bytes_stay_in_band() -> None:
    buffers: list[pickle.PickleBuffer] = []
    data = adapters.dumps(Gadget(b"small"), buffer_callback=buffers.append)
    assert buffers == []
    assert adapters.loads(data).state == b"small"


def test_the_callback_may_ask_for_in_band() -> None:
    data = adapters.dumps(Gadget(LARGE), buffer_callback=lambda buffer: True)
    assert adapters.loads(data).state == LARGE


def test_views_arrive_flat() -> None:
    matrix = memoryview(array("Q", range(1000))).cast("B").cast("Q", (10, 100))
    for view in (matrix, memoryview(LARGE)[::2]):
        for protocol in (4, 5):
            arrived = pickle.loads(pickle.dumps(Gadget(view), protocol)).state
            assert (arrived.format, arrived.ndim) == ("B", 1)
            assert arrived.tobytes() == view.tobytes()


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("nest", STATES.values(), ids=STATES.keys())
def test_copies_share_no_memory(twin_of: Any, nest: Any) -> None:
    original = bytearray(LARGE)
    twin = twin_of(Gadget(nest(original)))
    original[0] = 99
    assert the_part(twin.state) == LARGE


def test_deepcopy_keeps_identity_inside_a_state() -> None:
    shared = ["shared"]
    twin = copy.deepcopy([shared, Gadget((bytearray(LARGE), shared))])
    assert twin[1].state[1] is twin[0]


def twin_by(how: str, obj: Any) -> Any:
    if how == "out of band":
        buffers: list[Any] = []
        data = adapters.dumps(obj, buffer_callback=buffers.append)
        return adapters.loads(data, buffers=buffers)
    return pickle.loads(pickle.dumps(obj, 4)) if how == "in band" else copy.deepcopy(obj)


@pytest.mark.parametrize("how", ["out of band", "in band", "deepcopy"])
@pytest.mark.parametrize("part", [b"small", bytearray(b"large")])
def test_identity_and_cycles_inside_a_state_are_pickles_own(how: str, part: Any) -> None:
    row: list[Any] = [part]
    row.append(row)
    table = {"row": row, "again": row, "part": part}
    table["self"] = table
    twin = twin_by(how, Gadget((table,))).state[0]
    assert twin["self"] is twin
    assert twin["again"] is twin["row"] is twin["row"][1]
    assert twin["part"] is twin["row"][0]
    assert bytes(twin["part"]) == bytes(part)


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
states = st.recursive(
    plain | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
)


@given(states, st.integers(2, pickle.HIGHEST_PROTOCOL))
def test_any_plain_state_arrives_as_it_was(state: Any, protocol: int) -> None:
    assert pickle.loads(pickle.dumps(Gadget(state), protocol)).state == state
    assert adapters.loads(adapters.dumps(Gadget(state))).state == state
    assert copy.deepcopy(Gadget(state)).state == state


@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_arrive_as_bytes_and_the_rest_as_views(kind: Any, protocol: int) -> None:
    expected = bytes if kind is bytes else memoryview
    gadget = Gadget((1, kind(LARGE)))
    for twin in (pickle.loads(pickle.dumps(gadget, protocol)), copy.deepcopy(gadget)):
        assert type(twin.state[1]) is expected


@dataclass
class buffer:  # noqa: N801
    """Called like cffi's type."""

    number: int


def test_only_cffis_buffers_are_taken_for_buffers() -> None:
    assert pickle.loads(pickle.dumps(Gadget([buffer(3)]))).state == [buffer(3)]


@pytest.mark.parametrize(
    ("state", "buffers", "flat"),
    [
        (b"small", False, True),
        (LARGE, True, True),
        (bytearray(1), True, True),
        (object(), False, False),
        ([1, 2.5, "three"], False, True),
        ((1, b"small"), False, True),
        ((1, LARGE), True, True),
        ({"key": bytearray(1)}, True, True),
        ({1: "value"}, False, True),
        ({b"key": "value"}, False, False),
        ([[1]], False, False),
        ({"key": [LARGE]}, True, False),
        ((1, object()), False, False),
    ],
    ids=str,
)
def test_a_state_is_looked_through(state: Any, buffers: bool, flat: bool) -> None:
    assert inspect(state) == (buffers, flat)
