"""One class by value is one class wherever it arrives, and two classes are two."""

from __future__ import annotations

import gc
import pickle
import typing
import weakref
from typing import Any

import cloudpickle
import pytest
from processes import run

import adapters
from adapters._importable import class_ids

PROGRAM = """
import sys
import adapters
found = [adapters.loads(bytes.fromhex(payload)) for payload in sys.argv[1:]]
"""


def make(value: Any = 1, base: type = object) -> Any:
    class Made(base):  # type: ignore[misc]
        number = value

        def method(self) -> Any:
            return self.number

    return Made


def id_of(value: Any) -> Any:
    return cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS[value]


def elsewhere(program: str, *messages: Any) -> str:
    return run("-c", PROGRAM + program, *(adapters.dumps(each).hex() for each in messages))


def test_a_class_in_two_messages_is_one_class() -> None:
    made = make()
    program = "print(type(found[1]) is found[0], isinstance(found[1], found[0]))"
    assert elsewhere(program, made, made()) == "True True\n"


def test_equal_classes_are_not_one() -> None:
    classes = [make(), make(), make()]
    program = "print(len(set(found)), [cls().method() for cls in found])"
    assert elsewhere(program, *classes) == "3 [1, 1, 1]\n"
    assert adapters.loads(adapters.dumps(classes)) == classes


def test_what_comes_back_is_of_the_senders_own_class() -> None:
    made = make()
    program = "print(adapters.dumps([found[0], found[0](), lambda: found[0]]).hex())"
    cls, obj, function = adapters.loads(bytes.fromhex(elsewhere(program, made)))
    assert cls is type(obj) is function() is made


def test_an_equal_class_of_the_other_process_is_not_the_senders() -> None:
    made = make()
    program = """
def make():
    class Made:
        number = 1
        def method(self):
            return self.number
    return Made
one, other = make(), make()
print(adapters.dumps([found[0], one, other]).hex())
"""
    classes = adapters.loads(bytes.fromhex(elsewhere(program, made)))
    assert classes[0] is made
    assert len(set(classes)) == 3


def test_a_class_that_was_defined_anew_is_another() -> None:
    base, new_base = make(1), make(2)
    classes = [make(1, base), make(1, new_base), make(2, base), make(1, base)]
    [adapters.dumps(cls) for cls in classes]
    ids = [id_of(cls) for cls in classes]
    assert len(set(ids)) == 4
    digests = [each.split(".")[0] for each in ids]
    assert digests[0] == digests[3]
    assert len(set(digests)) == 3


def test_an_id_is_not_given_again() -> None:
    ids = set()
    for _ in range(5):
        made = make("given again")
        adapters.dumps(made)
        ids.add(id_of(made))
        gone = weakref.ref(made)
        del made
        gc.collect()
        assert gone() is None
    assert len(ids) == 5


def test_ids_that_cloudpickle_gave_stay_as_they_are() -> None:
    made = make()
    cloudpickle.dumps(made)
    known = id_of(made)
    adapters.dumps(made)
    assert id_of(made) == known
    other = make()
    adapters.dumps(other)
    assert pickle.loads(cloudpickle.dumps(other)) is other


def test_type_variables() -> None:
    one, other = typing.TypeVar("T", bound=int), typing.TypeVar("T", bound=int)  # type: ignore[misc]
    one.__module__ = other.__module__ = "nowhere"
    program = "one, same, other = (variable for _, variable in found);"
    program += "print(one is same, one is other, other.__bound__)"
    third = typing.TypeVar("T", bound=str)  # type: ignore[misc]
    third.__module__ = "nowhere"
    messages = [(lambda: 1, each) for each in (one, one, other)]
    assert elsewhere(program, *messages) == "True False <class 'int'>\n"
    adapters.dumps((lambda: 1, third))
    digests = [id_of(each).split(".")[0] for each in (one, other, third)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("name", ["_BY_CLASS", "_BY_ID", "_lock"])
def test_a_cloudpickle_that_keeps_its_ids_elsewhere(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_ids, name, None)
    made = make()
    assert adapters.loads(adapters.dumps(made)) is made
    assert "." not in id_of(made)
