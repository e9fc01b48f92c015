"""Opcodes on the stack, with marks, memo and frames: stricter than an unpickler."""

from __future__ import annotations

import pickle
import pickletools

import pytest
from gadgets import Gadget
from payloads import PROTOCOLS, assert_not_understood, load, paths

import adapters
from adapters._payload.audit import audit
from adapters._payload.machine import OPCODES


def test_every_opcode_of_pickle_is_known() -> None:
    assert {ord(opcode.code) for opcode in pickletools.opcodes} == set(OPCODES)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "ends before its STOP"),
        (b"N", "ends before its STOP"),
        (b"\xff", "no opcode"),
        (b".", "fewer values"),
        (b"0.", "fewer values"),
        (b"NR.", "fewer values"),
        (b"N(N\x86.", "fewer values"),
        (b"Nb.", "fewer values"),
        (b"Na.", "fewer values"),
        (b"2.", "fewer values"),
        (b"Q.", "fewer values"),
        (b"q\x00N.", "fewer values"),
        (b"]e.", "no mark"),
        (b"NN.", "more than the result"),
        (b"(N.", "more than the result"),
        (b"N(.", "more than the result|fewer values"),
        (b"N.N.", "2 bytes follow the STOP"),
        (b"h\x00.", "memo 0 is read, and was never set"),
        (b"Nq\x050h\x01.", "memo 1 is read, and was never set"),
        (b"g-1\n.", "memo -1 is read"),
        (b"Np-1\n.", "memo -1 is out of the range"),
        (b"Nr\xff\xff\xff\xff.", "memo 4294967295 is out of the range"),
        (b"Nq\x00q\x00.", "memo 0 is set twice"),
        (b"\x80\x06N.", "protocol 6"),
        (b"N\x80\x020.", "not at the beginning"),
        (b"\x80\x04\x95\x09\x00\x00\x00\x00\x00\x00\x00N.", "longer than what is left"),
        (b"\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00K\x01.", "across the end of its frame"),
        (b"\x95\x0c" + bytes(7) + b"\x95\x01" + bytes(7) + b"N0N.", "inside another one"),
        (b"(" * 200_000, "more than 100000 marks"),
        (b"}(NNNu.", "key without a value"),
        (b"(o.", "no class"),
    ],
)
def test_what_cannot_be_run_is_a_problem(payload: bytes, problem: str) -> None:
    assert_not_understood(payload, problem)


def test_names_of_python_2_are_those_of_older_protocols_only() -> None:
    for protocol, path in ((2, "builtins.eval"), (3, "__builtin__.eval")):
        assert paths(audit(b"\x80%cc__builtin__\neval\n." % protocol)) == [path]


def test_memoised_names_are_constants() -> None:
    payload = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93."
    assert paths(audit(payload)) == ["os.system"]


def test_pop_removes_a_mark_that_is_on_top() -> None:
    assert load(b"N(0.") is None
    assert load(b"(K\1(0K\2t.") == (1, 2)


@pytest.mark.parametrize(
    "payload",
    [
        b"Nq\x05K\1q\x0100h\x01h\x05\x86.",
        b"Nq\x05K\1\x94K\2\x94000h\1h\2\x86.",
        b"K\1p7\n0K\2r\3\0\0\x000j\7\0\0\0g3\n\x86.",
    ],
)
def test_the_memo_has_gaps(payload: bytes) -> None:
    assert load(payload) == pickle.loads(payload)


def test_deep_nesting_is_followed() -> None:
    depth = 50_000
    assert audit(b"]" * depth + b"a" * (depth - 1) + b".").complete
    assert audit(b"N" + b"\x85" * depth + b".").complete


@pytest.mark.slow
def test_large_frames_and_batches() -> None:
    obj = [{"number": n, "text": f"{n}" * 9, "gadget": Gadget(n)} for n in range(3000)]
    obj += [b"x" * 100_000, "y" * 100_000, {*range(3000)}]  # type: ignore[list-item]
    for protocol in PROTOCOLS:
        assert load(pickle.dumps(obj, protocol)) == obj


DAMAGED: dict[str, bytes] = {
    "nothing": b"",
    "no STOP": b"N",
    "an unknown opcode": b"\xff.",
    "two pickles": b"N.N.",
    "underflow": b"R.",
    "underflow across a mark": b"N(\x85.",
    "a frame that is too long": b"\x80\x04\x95\x09\0\0\0\0\0\0\0N.",
    "an opcode across a frame": b"\x80\x04\x95\x01\0\0\0\0\0\0\0K\1.",
    "protocol 6": b"\x80\x06N.",
    "protocol 255": b"\x80\xffN.",
    "a negative memo index": b"Np-1\n.",
    "a negative memo index, read": b"Np0\n0g-1\n.",
    "a memo index that is set twice": b"Nq\0q\0.",
    "a memo index that is huge": b"Nr\xff\xff\xff\xff.",
    "a memo index that nobody set": b"h\0.",
    "an unhashable key": b"}]Ns.",
    "an unhashable key in a tuple": b"}(]tNs.",
    "an unhashable item": b"\x8f(}\x90.",
    "an unhashable item of a frozenset": b"(]\x91.",
    "a bytearray as a key": b"}\x96\1\0\0\0\0\0\0\0aNs.",
    "a memoryview of a writable buffer as a key": (
        b"}cbuiltins\nmemoryview\n\x96\1\0\0\0\0\0\0\0a\x85RNs."
    ),
    "a key without a value": b"}(NNNu.",
    "no buffers": b"\x97.",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged(name: str) -> None:
    with pytest.raises(adapters.RebuildError, match="cannot load a payload") as caught:
        load(DAMAGED[name])
    assert type(caught.value) is adapters.RebuildError
