"""Each buffer in a state arrives as flat bytes in C order, read-only, whatever carries it."""

from __future__ import annotations

import collections
import copy
import io
import math
import pickle
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple

import cloudpickle
import joblib
import pytest
from both_forms import accelerator, in_python, needs_c
from gadgets import Gadget, ffi
from hypothesis import example, given, settings
from hypothesis import strategies as st
from layouts import FORMATS, LAYOUTS, laid_out

import adapters
from adapters._wire.buffers import LARGE

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
TRUSTED = ["gadgets.Gadget"]

Transport = Callable[[Gadget, int], Gadget]


class Example(NamedTuple):
    """A buffer, and the bytes that have to arrive."""

    buffer: Any
    content: bytes


@st.composite
def views(draw: st.DrawFn) -> Example:
    """A view of any layout, format and shape; some within a PickleBuffer."""
    code = draw(st.sampled_from(list(FORMATS)))
    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    size = math.prod(shape) * FORMATS[code]
    content = draw(st.binary(min_size=size, max_size=size))
    made = laid_out(content, shape, draw(st.sampled_from(LAYOUTS)), code, draw(st.booleans()))
    assert made.tobytes(order="C") == content
    return Example(pickle.PickleBuffer(made) if draw(st.booleans()) else made, content)


@st.composite
def memories(draw: st.DrawFn) -> Example:
    """Memory of which the state holds no view, or a view in steps."""
    content = draw(st.binary(max_size=20))
    wrap = draw(st.sampled_from([bytearray, pickle.PickleBuffer, cffi_buffer, view_in_steps]))
    return Example(wrap(bytearray(content)), content[::-2] if wrap is view_in_steps else content)


def cffi_buffer(memory: bytearray) -> Any:
    return ffi.buffer(ffi.from_buffer(memory))


def view_in_steps(memory: bytearray) -> memoryview:
    return memoryview(memory)[::-2]


def in_a_cycle(part: Any) -> Any:
    row = [part]
    row.append(row)
    return {"row": row}


PLACES = {
    "alone": lambda part: part,
    "in a tuple": lambda part: (1, part),
    "in a list": lambda part: [part, "text"],
    "in a dict": lambda part: {"key": part},
    "deep and twice": lambda part: {"key": [(1, part)], "again": part},
    "in a cycle": in_a_cycle,
}


def buffers_in(state: Any) -> list[Any]:
    """The parts of a state that are no containers and no plain values, in order."""
    todo = [state]
    for part in todo:
        if isinstance(part, (tuple, list, dict)):
            items = part.values() if isinstance(part, dict) else part
            todo += [item for item in items if not any(item is each for each in todo)]
    return [part for part in todo if not isinstance(part, (tuple, list, dict, int, str))]


def through(write: Any, read: Any = pickle.loads, **options: Any) -> Transport:
    return lambda obj, protocol: read(write(obj, protocol), **options)


def apart(into: Callable[[Any], Any], write: Any = pickle.dumps, read: Any = pickle.loads) -> Any:
    """A transport with the buffers out of band, which arrive as `into` of each."""

    def transport(obj: Gadget, protocol: int) -> Any:
        sent: list[pickle.PickleBuffer] = []
        body = write(obj, protocol, buffer_callback=sent.append if protocol >= 5 else None)
        return read(body, buffers=[into(buffer) for buffer in sent])

    return transport


def by_joblib(obj: Gadget, protocol: int) -> Any:
    file = io.BytesIO()
    joblib.dump(obj, file, protocol=protocol)
    file.seek(0)
    return joblib.load(file)


def by_a_shared_handle(obj: Gadget, _: int) -> Any:
    with adapters.share(obj) as handle:
        return handle._rebuild()[0]


def trusted(body: bytes, **options: Any) -> Any:
    return adapters.loads(body, trusted=TRUSTED, **options)


def rebuilt(body: bytes, **options: Any) -> Any:
    return pickle.loads(body, **options).rebuild()


COLUMN_MAJOR = Example(laid_out(bytes(range(48)), (2, 3), "column-major", "d"), bytes(range(48)))
WRITABLE = Example(bytearray(b"writable"), b"writable")
TRANSPORTS: dict[str, Transport] = {
    "pickle": through(pickle.dumps),
    "pickle in Python": through(pickle._dumps, pickle._loads),
    "cloudpickle": through(cloudpickle.dumps),
    "multiprocessing": through(ForkingPickler.dumps),
    "joblib": by_joblib,
    "dumps and loads": through(adapters.dumps, adapters.loads),
    "trusted loads": through(adapters.dumps, trusted),
    "the same memory": apart(lambda buffer: buffer),
    "bytes": apart(bytes),
    "a bytearray": apart(bytearray),
    "bytes, in Python": apart(bytes, pickle._dumps, pickle._loads),
    "a bytearray, in Python": apart(bytearray, pickle._dumps, pickle._loads),
    "a bytearray, cloudpickle": apart(bytearray, cloudpickle.dumps),
    "a bytearray, loads": apart(bytearray, adapters.dumps, adapters.loads),
    "a bytearray, trusted loads": apart(bytearray, adapters.dumps, trusted),
    "a shared handle": by_a_shared_handle,
    "copy": lambda obj, _: copy.copy(obj),
    "deepcopy": lambda obj, _: copy.deepcopy(obj),
    "a spec": lambda obj, _: adapters.to_spec(obj).rebuild(),
    "a copy of a spec": lambda obj, _: copy.copy(adapters.to_spec(obj)).rebuild(),
    "a deep copy of a spec": lambda obj, _: copy.deepcopy(adapters.to_spec(obj)).rebuild(),
    "a pickled spec": lambda obj, protocol: rebuilt(pickle.dumps(adapters.to_spec(obj), protocol)),
}


@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
@settings(deadline=None)
@example(COLUMN_MAJOR, PLACES["alone"], 5)
@example(WRITABLE, PLACES["in a list"], 5)
@given(views() | memories(), st.sampled_from(list(PLACES.values())), st.sampled_from(PROTOCOLS))
def test_a_buffer_arrives_as_flat_read_only_bytes(
    transport: Transport, case: Example, place: Any, protocol: int
) -> None:
    twin = transport(Gadget(place(case.buffer)), protocol)
    arrived = buffers_in(twin.state)
    assert all(part is arrived[0] for part in arrived)
    view = arrived[0]
    assert type(view) is memoryview
    assert (view.format, view.ndim, view.shape) == ("B", 1, (len(case.content),))
    assert view.readonly
    assert view.tobytes() == case.content


# The look through a state: one rule in two languages


class Odd(type):
    """The class of classes that compare as they like."""

    def __eq__(cls, other: object) -> bool:
        return other is int

    __hash__ = type.__hash__


subclassed: list[Any] = [
    type(f"Sub{kind.__name__}", (kind,), {})() for kind in (int, str, float, bytes, bytearray,
    complex, tuple, list, dict, set)
]  # fmt: skip
PARTS = [
    *subclassed, None, True, 1, 1 << 100, 0.5, 1j, "text", b"", b"small", bytes(LARGE - 1),
    bytes(LARGE), bytearray(), bytearray(LARGE), memoryview(b""), pickle.PickleBuffer(b""),
    cffi_buffer(bytearray(3)), object(), int, Odd("OddClass", (), {})(), {1}, frozenset(), ...,
    range(3), collections.OrderedDict(), Example(1, b""),
]  # fmt: skip
keys = st.sampled_from(
    ["key", 1, 0.5, None, True, b"key", bytes(LARGE), (1,), frozenset(), int, subclassed[1]]
)


@st.composite
def graphs(draw: st.DrawFn) -> Any:
    """Containers in each other, in more than one place and in themselves, at any depth."""
    made: list[Any] = [draw(st.sampled_from(PARTS))]
    open_ones: list[Any] = []
    some = st.deferred(lambda: st.sampled_from(PARTS) | st.sampled_from(made))
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from([tuple, list, dict]))
        if kind is dict:
            new: Any = draw(st.dictionaries(keys, some, max_size=3))
        else:
            new = kind(draw(st.lists(some, max_size=4)))
        if kind is not tuple:
            open_ones.append(new)
        made.append(new)
    for container in open_ones:
        if draw(st.booleans()):  # it may come back to where it is itself
            part = draw(st.sampled_from(made))
            container.append(part) if type(container) is list else container.update(more=part)
    state = made[-1]
    for level in range(draw(st.sampled_from([0, 0, 0, 63, 64, 65, 200]))):
        state = [(state,), [state], {level: state}][level % 3]
    return state


@needs_c
@settings(max_examples=200, deadline=None)
@given(graphs())
def test_the_look_through_a_state_is_the_same_in_both_forms(state: Any) -> None:
    assert accelerator.inspect(state) == PYTHON.inspect(state)


@needs_c
@pytest.mark.parametrize("depth", range(62, 68))
def test_at_the_depth_from_which_on_it_is_the_python(depth: int) -> None:
    for part in PARTS:
        state: Any = part
        for level in range(depth):
            state = [(state,), [state, state], {"key": state}][level % 3]
        assert accelerator.inspect(state) == PYTHON.inspect(part)


PYTHON = in_python("_wire.buffers")
