"""Steps of a payload: what loading it asks for, in order and with its place."""

from __future__ import annotations

import copyreg
import enum
import pickle
from typing import Any

import pytest
from gadgets import Gadget

from adapters._payload import budget
from adapters._payload.steps import Steps


class Color(enum.Enum):
    RED = 1


class WithState:
    def __init__(self) -> None:
        self.attribute = 1


class Listed(list[int]):
    """A subclass, to which pickle adds items by its methods."""


class Key(WithState):
    """Hashed where it is a key."""


def found_in(data: bytes) -> list[tuple[str, str]]:
    return [(step.how, step.what) for step in Steps(data).steps]


@pytest.mark.parametrize(
    ("obj", "steps"),
    [
        ([1, {"two": (3.0, None)}, {4}, frozenset([b"5"]), bytearray(6), 7j], []),
        (Color.RED, [("call", "calling test_steps.Color")]),
        (
            WithState(),
            [
                ("call", "calling test_steps.WithState"),
                ("state", "setting the state of what test_steps.WithState made"),
            ],
        ),
        (
            Listed([1]),
            [
                ("call", "calling test_steps.Listed"),
                ("items", "adding items to what test_steps.Listed made"),
            ],
        ),
        (Gadget(5), []),  # what adapters raise names the adapter
        (len, []),
    ],
    ids=["plain", "enum", "state", "items", "native", "global"],
)
def test_what_a_payload_asks_for(obj: object, steps: list[Any]) -> None:
    found = Steps(pickle.dumps(obj, 4))
    assert [(step.how, step.what) for step in found.steps] == steps
    assert found.whole
    assert found.damage is None


def test_old_protocols_make_objects_by_functions_of_copyreg() -> None:
    what = "calling copyreg._reconstructor for test_steps.WithState"
    state = "setting the state of what test_steps.WithState made"
    assert found_in(pickle.dumps(WithState(), 1)) == [("call", what), ("state", state)]
    assert copyreg._reconstructor.__name__ == "_reconstructor"  # type: ignore[attr-defined]


def test_keys_are_hashed() -> None:
    *made, hashed = found_in(pickle.dumps({Key(): 1}, 4))
    assert len(made) == 2
    assert hashed == ("hash", "hashing what test_steps.Key made")


def test_steps_and_globals_have_their_places() -> None:
    data = pickle.dumps([Color.RED], 4)
    found = Steps(data)
    [(module, name, offset)] = found.globals
    assert (module, name, data[offset : offset + 1]) == ("test_steps", "Color", b"\x93")
    [step] = found.steps
    assert (step.path, data[step.offset : step.offset + 1]) == ("test_steps.Color", b"R")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x80\x04K\x01Q.", "it asks for an object by a persistent id"),
        (b"\x80\x04\x82\x05.", "it names a global by extension code 5"),
    ],
)
def test_what_only_an_unpickler_could_find(data: bytes, what: str) -> None:
    assert found_in(data) == [("find", what)]


@pytest.mark.parametrize(
    ("data", "offset", "message"),
    [
        (b"", 0, "the payload ends before its STOP"),
        (b"\x80\x04]q\x05h\x06.", 5, "memo 6 is read, and was never set"),
        (b"\x80\x04}]K\x01s.", 6, "a key is or holds a list, dict, set"),
    ],
)
def test_damage_has_its_place(data: bytes, offset: int, message: str) -> None:
    found = Steps(data)
    assert found.damage is not None
    assert found.damage.offset == offset
    assert found.damage.message.startswith(message)
    assert not found.whole


@pytest.mark.parametrize("data", [b"\x80\x04K\x01.\0\0\0", b"\x80\x04K\x01K\x02."])
def test_what_unpicklers_ignore_is_no_damage(data: bytes) -> None:
    assert isinstance(pickle.loads(data), int)
    assert Steps(data).whole
    assert Steps(data).damage is None


def test_a_large_payload_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pickle.dumps([Color.RED, *range(300, 400)], 4)
    monkeypatch.setattr(budget, "DIAGNOSED_OPCODES", 50)
    found = Steps(data)
    assert not found.whole
    assert found.damage is None
    assert len(found.steps) == 1
    monkeypatch.setattr(budget, "DIAGNOSED_BYTES", 50)
    assert Steps(data).steps == []
