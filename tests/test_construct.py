"""What trusted loading makes is what pickle makes of the same payload."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from fuzz_trusted import same
from gadgets import Gadget
from hypothesis import given, settings
from hypothesis import strategies as st
from payloads import ARGUMENTS, PROTOCOLS, Outside, load

import adapters
from adapters._payload.construct import ValueBuilder
from adapters._payload.machine import Machine
from adapters._payload.reader import UnreadableError

hashables = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)


values = st.recursive(
    hashables | st.binary(min_size=2).map(bytearray) | st.sets(hashables, max_size=5) | st.just([]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(hashables, inner, max_size=4)
        | inner.map(Gadget)
        | inner.map(lambda item: [item, item])
        | inner.map(lambda item: adapters.Spec("gadgets.Gadget", 1, "gadgets", item))
        | st.binary(min_size=2).map(lambda part: Gadget((memoryview(part), bytearray(part))))
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps])  # type: ignore[attr-defined]
@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(deadline=None)
@given(data=st.data())
def test_round_trips(dumps: Any, protocol: int, data: Any) -> None:
    payload = dumps(data.draw(values), protocol)
    assert same(load(payload), pickle.loads(payload))


@settings(deadline=None)
@given(data=st.data())
def test_round_trips_with_buffers(data: Any) -> None:
    buffers: list[Any] = []
    payload = adapters.dumps(data.draw(values), buffer_callback=buffers.append)
    buffers = [*map(bytes, buffers)]  # views of views in loops crash Python before 3.13
    assert same(load(payload, buffers=buffers), pickle.loads(payload, buffers=buffers))


def test_buffers_are_not_copied() -> None:
    buffers: list[Any] = []
    payload = adapters.dumps(Gadget(bytearray(b"x" * 5000)), buffer_callback=buffers.append)
    memory = bytearray(buffers[0])
    view = load(payload, buffers=[memory]).state
    memory[0] = ord("y")
    assert bytes(view[:2]) == b"yx"


def test_a_buffer_that_left_read_only_arrives_read_only() -> None:
    buffers: list[Any] = []
    payload = adapters.dumps(Gadget(memoryview(b"x" * 5000)), buffer_callback=buffers.append)
    assert load(payload, buffers=[bytearray(buffers[0])]).state.readonly


def test_what_is_shared_stays_shared_and_loops_stay_loops() -> None:
    loop: list[Any] = [{"shared": []}]
    loop += [loop, (loop,), loop[0]["shared"]]
    found = load(pickle.dumps(loop))
    assert found[1] is found
    assert found[2][0] is found
    assert found[3] is found[0]["shared"]
    gadget = Gadget(1)
    left, right = load(pickle.dumps([gadget, gadget]))
    assert left is right


def test_a_pickle_in_bytes_stays_bytes() -> None:
    inner = pickle.dumps(Outside(eval, ("1",)))
    assert load(pickle.dumps([inner, bytearray(inner)])) == [inner, bytearray(inner)]


def test_a_factory_gets_the_state_as_it_is_at_that_moment() -> None:
    payload = (
        b"(]q\0(K\1K\2e"  # a list, to which something is added before and after
        + b"cadapters\nrebuild\n(X\x0e\0\0\0gadgets.GadgetK\1X\1\0\0\0xcbuiltins\ntuple\nh\0\x85RtR"
        + b"h\0(K\3e0h\0t."
    )
    before, gadget, after = load(payload)[0], load(payload)[1], load(payload)[-1]
    assert before == after == [1, 2, 3]
    assert gadget.state == (1, 2)


def test_a_state_may_hold_itself() -> None:
    state = load(b"cadapters\nrebuild\n" + ARGUMENTS[:-2] + b"]q\5h\5atR.").state
    assert state[0] is state


@pytest.mark.parametrize(
    "payload",
    [
        b"N)R.",
        b"cbuiltins\nlist\n]R.",
        b"cbuiltins\nlist\n)\x81.",
        b"cbuiltins\nlist\n}b.",
        b"cbuiltins\nlist\nNa.",
        b"N(N\x90.",
        b"\x82\x05.",
        b"P1\n.",
        b"NN\x93.",
    ],
)
def test_the_second_pass_checks_again(payload: bytes) -> None:
    with pytest.raises(UnreadableError, match="the first pass has accepted"):
        Machine(payload, ValueBuilder([], {})).run()


def test_the_second_pass_knows_no_other_function() -> None:
    with pytest.raises(KeyError, match=r"os\.system"):
        Machine(b"cos\nsystem\n(Vls\ntR.", ValueBuilder([], {})).run()
