"""The paths in findings: expressions that evaluate to the very part."""

from __future__ import annotations

import collections
import copyreg
import functools
import threading
import types
from collections.abc import Callable
from typing import Any

import pytest
from findings import (
    Fresh,
    Pair,
    Plain,
    Record,
    Reduced,
    leads_to,
    lock,
    make,
    only,
)
from gadgets import Gadget, Tool, ffi

import adapters
from adapters import explain


class Slotted:
    __slots__ = ("__dict__", "first", "second")


PLACES: dict[str, Callable[[Any], Any]] = {
    "a list": lambda part: [1, [part]],
    "a dict value": lambda part: {"a": {(1, "b"): {None: {1.5: {b"c": part}}}}},
    "a dict value under a key without a literal": lambda part: {frozenset([1]): part},
    "a dict value under nan": lambda part: {float("nan"): part},
    "a dict key": lambda part: {1: 2, part: 3},
    "a set member": lambda part: Plain(tags={part}),
    "a frozenset member": lambda part: frozenset([part]),
    "an attribute": lambda part: Plain(inner=Plain(part=part)),
    "an attribute with no name for the dot": lambda part: Plain(**{"a b": part}),
    "a dataclass": lambda part: Record(1, {"x": part}),
    "a named tuple": lambda part: Pair(1, part),
    "a deque": lambda part: collections.deque([1, part]),
    "an ordered dict": lambda part: collections.OrderedDict(a=1, b=part),
    "a defaultdict": lambda part: collections.defaultdict(list, a=part),
    "the factory of a defaultdict": lambda part: collections.defaultdict(
        functools.partial(make, part)
    ),
    "a partial": lambda part: functools.partial(make, 1, part),
    "a keyword of a partial": lambda part: functools.partial(make, key=part),
    "the object of a bound method": lambda part: Plain(part=part).__init__,  # type: ignore[misc]
    "an exception": lambda part: ValueError("a", part),
    "a slice": lambda part: slice(part),
    "an iterator": lambda part: iter([part]),
    "a map": lambda part: map(make, [part]),
    "arguments of a reduction": lambda part: Reduced(make, (1, part)),
    "a state of a reduction": lambda part: Reduced(make, (), [part]),
    "items of a reduction": lambda part: Fresh(lambda: (list, (), None, iter([1, part]))),
    "pairs of a reduction": lambda part: Fresh(lambda: (dict, (), None, None, iter([(1, part)]))),
    "a closure": lambda part: lambda: part,
    "a default": lambda part: lambda x=part: x,
    "a keyword default": lambda part: lambda *, x=part: x,
    "a lambda in a container": lambda part: {"a": [lambda: [part]]},
    "a state of an adapter": lambda part: Gadget(["a", {"b": part}]),
    "a nested state": lambda part: Gadget((Tool(part),)),
    "a class by value": lambda part: type("Local", (), {"attribute": part}),
    "a mapping proxy that goes by value": lambda part: [
        lambda: 1,
        types.MappingProxyType({"a": part}),
    ],
    "a chain map": lambda part: collections.ChainMap({"a": part}),
    "a simple namespace": lambda part: types.SimpleNamespace(a=part),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_path_evaluates_to_the_part(place: str) -> None:
    part = lock()
    obj = PLACES[place](part)
    found = leads_to(obj, part)
    assert found.type == "_thread.lock"
    assert found.error == "TypeError: cannot pickle '_thread.lock' object"
    assert found.kind == "error"


def test_slots_and_a_dict_beside_them() -> None:
    obj = Slotted()
    obj.first = 1
    obj.second = part = lock()
    assert leads_to(obj, part).path == "obj.second"
    obj.second = None
    obj.third = part  # type: ignore[attr-defined]
    assert leads_to(obj, part).path == "obj.third"


LOCK = threading.Lock()


def test_globals_of_a_function_by_value() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "LOCK": LOCK, "other": lock()}
    exec("def function(): return LOCK", space)
    assert leads_to(space["function"], LOCK).path == "obj.__globals__['LOCK']"


def test_what_a_reducer_of_copyreg_returns() -> None:
    class Foreign:
        pass

    obj, part = Foreign(), lock()
    copyreg.pickle(Foreign, lambda foreign: (make, (1, part)))  # type: ignore[arg-type]
    try:
        leads_to([obj], part)
    finally:
        del copyreg.dispatch_table[Foreign]


class Hidden:
    """Its state is no attribute."""

    def __init__(self, state: Any) -> None:
        self._get = lambda: state


def test_inside_a_state_that_is_no_attribute() -> None:
    part = lock()
    adapters.register(Hidden, lambda hidden: {"inner": hidden._get()}, Hidden)
    try:
        found = leads_to([Hidden([part])], part)
    finally:
        adapters.unregister(Hidden)
    assert found.path == "adapters.to_spec(obj[0]).state['inner'][0]"


def test_buffers_in_a_state_travel() -> None:
    part = lock()
    buffers = [memoryview(b"a"), bytearray(b"b"), ffi.buffer(ffi.new("char[3]"))]
    assert not explain(Gadget(buffers))
    assert leads_to(Gadget((buffers, part)), part).path == "obj.state[1]"
    assert only(explain([memoryview(b"a")])).type == "builtins.memoryview"


def test_reading_changes_nothing() -> None:
    read = []

    class Cache(dict):  # type: ignore[type-arg]
        def __getitem__(self, key: Any) -> Any:
            read.append(key)
            return super().__getitem__(key)

    cache = Cache(a=lock(), b=1)
    assert only(explain([cache, lambda: 1])).exact
    assert read == []
