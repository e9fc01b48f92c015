"""Large parts of a state travel out of band, without a copy, and still work in band.

However they travel, they arrive as flat bytes in C order, read-only: test_buffers_property.py.
"""

from __future__ import annotations

import copy
import math
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import cloudpickle
import pytest
from gadgets import Gadget, ffi
from hypothesis import given
from hypothesis import strategies as st
from layouts import FORMATS, LAYOUTS, laid_out
from processes import run

import adapters
from adapters._wire.buffers import BUFFERS, OTHER, inspect

LARGE = bytes(range(256)) * 40
LONG = bytes(1 << 20)  # from this size on `bytes` are a large part, too


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
    part = kind(LONG)
    buffers: list[pickle.PickleBuffer] = []
    data = adapters.dumps(Gadget(nest(part)), buffer_callback=buffers.append)
    assert len(data) < 200
    assert [address(buffer) for buffer in buffers] == [address(memoryview(part))]

    received = [bytes(buffer) for buffer in buffers]
    twin = adapters.loads(data, buffers=received)
    arrived = the_part(twin.state)
    assert type(arrived) is (bytes if kind is bytes else memoryview)
    assert arrived == LONG
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
    data = adapters.dumps(Gadget(LONG), buffer_callback=lambda buffer: True)
    assert adapters.loads(data).state == LONG


@pytest.mark.parametrize("shape", [(), (600,), (5, 30, 4)])
@pytest.mark.parametrize("code", FORMATS)
def test_each_format_and_shape_leaves_without_a_copy(code: str, shape: tuple[int, ...]) -> None:
    content = LARGE[: FORMATS[code] * math.prod(shape)]
    view = laid_out(content, shape, "C", code)
    sent: list[Any] = []
    body = pickle.dumps(Gadget(view), 5, buffer_callback=sent.append)
    assert pickle.loads(body, buffers=sent).state.tobytes() == content
    with pickle.PickleBuffer(view).raw() as raw:
        assert [address(buffer) for buffer in sent] == [address(raw)]


@pytest.mark.parametrize("layout", LAYOUTS[1:])
def test_other_layouts_leave_out_of_band_too(layout: str) -> None:
    sent: list[Any] = []
    view = laid_out(LARGE, (32, 40), layout, "d")
    data = pickle.dumps(Gadget({"rows": view}), 5, buffer_callback=sent.append)
    assert len(data) < 200
    assert [bytes(buffer) for buffer in sent] == [LARGE]
    assert pickle.loads(data, buffers=sent).state["rows"] == LARGE


def matrix_of(state: Any) -> Any:
    numpy = pytest.importorskip("numpy")
    shape, memory = state
    return numpy.frombuffer(memory).reshape(shape)


@pytest.mark.parametrize("how", ["out of band", "in band", "deepcopy"])
def test_a_column_major_matrix_of_numpy(how: str) -> None:
    numpy = pytest.importorskip("numpy")
    matrix = numpy.asfortranarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for each in (matrix, matrix.T, matrix[::-1, ::2], matrix[:, :0]):
        twin = twin_by(how, Gadget((each.shape, memoryview(each))))
        assert matrix_of(twin.state).tolist() == each.tolist()


def test_empty_buffers_arrive_as_views() -> None:
    empty = [
        bytearray(),
        memoryview(b""),
        laid_out(b"", (0, 3), "C", "d"),
        pickle.PickleBuffer(b""),
    ]
    for dumps in (pickle.dumps, pickle._dumps):
        for protocol in (2, 5):
            arrived = pickle.loads(dumps(Gadget(empty), protocol)).state
            assert [type(part) for part in arrived] == [memoryview] * 4
            assert [part.shape for part in arrived] == [(0,)] * 4


def released(make: Any) -> Any:
    buffer = make(bytearray(LARGE))
    buffer.release()
    return buffer


@pytest.mark.parametrize("nest", STATES.values(), ids=STATES.keys())
@pytest.mark.parametrize("kind", [memoryview, pickle.PickleBuffer])
def test_a_released_buffer_is_the_serializers_error(nest: Any, kind: Any) -> None:
    gadget = Gadget(nest(released(kind)))
    says = f"gadgets.Gadget with adapter 'gadgets.Gadget': a {kind.__name__} in its state has been"
    for dumps in (pickle.dumps, pickle._dumps, adapters.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(adapters.SerializeError, match=says) as raised:
            dumps(gadget)
        assert raised.value.subject == "gadgets.Gadget"
    spec = adapters.to_spec(gadget)
    for use in (pickle.dumps, copy.deepcopy, adapters.Spec.rebuild):
        with pytest.raises(adapters.SerializeError, match="serialize must return an open one"):
            use(spec)


def by_spec(obj: Any) -> Any:
    return adapters.to_spec(obj).rebuild()


def test_a_spec_rebuilds_from_bytes_without_a_copy() -> None:
    spec = pickle.loads(pickle.dumps(adapters.to_spec(Gadget([bytearray(LARGE), ["inner"]]))))
    assert spec.rebuild().state is spec.state
    assert type(spec.state[0].obj) is bytes


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy, by_spec])
@pytest.mark.parametrize("nest", STATES.values(), ids=STATES.keys())
def test_copies_share_no_memory(twin_of: Any, nest: Any) -> None:
    original = bytearray(LARGE)
    for kind in (bytearray, memoryview, memoryview.toreadonly):
        twin = twin_of(Gadget(nest(original if kind is bytearray else kind(memoryview(original)))))
        original[0] ^= 99
        assert the_part(twin.state) != original


def test_deepcopy_keeps_identity_inside_a_state() -> None:
    shared = ["shared"]
    twin = copy.deepcopy([shared, Gadget((bytearray(LARGE), shared))])
    assert twin[1].state[1] is twin[0]


def test_deepcopy_makes_a_view_of_a_buffer_in_the_state_alone() -> None:
    memory = bytearray(b"memory")
    gadget = Gadget([memory, Gadget({"inner": memory})])
    for message in ([gadget, memory, memory], [memory, memory, gadget]):
        twins = copy.deepcopy(message)
        found = [twin for twin in twins if type(twin) is bytearray]
        assert found == [memory] * 2
        assert found[0] is found[1] is not memory
        [twin] = [twin for twin in twins if type(twin) is Gadget]
        assert [type(twin.state[0]), type(twin.state[1].state["inner"])] == [memoryview] * 2
        assert twin.state[0] == memory


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
    ("state", "found"),
    [
        (b"small", 0),
        (LONG, BUFFERS),
        (bytearray(1), BUFFERS),
        (object(), OTHER),
        ([1, 2.5, "three", None, True, 1j], 0),
        ((1, b"small"), 0),
        ((1, LONG), BUFFERS),
        ({"key": bytearray(1)}, BUFFERS),
        ({1: "value", b"key": [[]]}, 0),
        ({LONG: 1}, 0),
        ({(1, 2): 1}, OTHER),
        ([[{"key": ({},)}]], 0),
        ({"key": [LONG]}, BUFFERS),
        ((1, object(), [memoryview(b"")]), OTHER | BUFFERS),
        ([ffi.buffer(ffi.new("char[3]"))], BUFFERS),
        ((bool, True), OTHER),
        ([set()], OTHER),
        ([OrderedDict()], OTHER),
    ],
    ids=range(18),
)
def test_a_state_is_looked_through(state: Any, found: int) -> None:
    assert inspect(state) == found
    assert inspect(nested(state, 70)) == found


def nested(state: Any, depth: int) -> Any:
    for level in range(depth):
        state = [{"key": state}, (state,)][level % 2]
    return state


def shared(count: int) -> Any:
    """As many containers, each of which is in the next one twice."""
    state: Any = []
    for _ in range(count):
        state = [state, (state,)]
    return state


def test_a_look_is_as_long_as_the_state_is() -> None:
    cycle: list[Any] = [1]
    cycle += [{"key": cycle}, [cycle]]
    assert inspect(cycle) == 0
    assert inspect(shared(200)) == 0  # by each way to a container it would take 2**200 steps
    rows = [(number, [number]) for number in range(1000)]
    assert inspect([rows, rows, list(rows), dict(rows[:0])]) == 0
    assert inspect([rows, list(rows), [*rows, object()]]) == OTHER


def test_types_that_compare_as_they_like_change_nothing_that_is_looked_at() -> None:
    state: list[Any] = []

    class Meta(type):
        def __hash__(cls) -> int:
            state.clear()
            return hash(int)

        def __eq__(cls, other: object) -> bool:
            state.clear()
            return False

    for nest in STATES.values():
        state += [[1], nest(Meta("Odd", (), {})()), {"key": ["more"]}] * 3
        assert inspect((state, state)) in (0, OTHER)  # in Python, what is gone is not seen


def test_a_type_without_a_hash_does_not_travel() -> None:
    class Meta(type):
        __hash__ = None  # type: ignore[assignment]

    for nest in STATES.values():
        with pytest.raises(TypeError, match="unhashable type"):
            pickle.dumps(Gadget(nest(Meta("Unhashable", (), {})())))
