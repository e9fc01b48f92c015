"""Adapters that lose what an object is: its identity, its own memory, its containers."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import adapters
from wrong_adapters.base import WRONG, Thing, Wrong, new, value_of, wrong


class Modern:
    """Part of a state that needs a new protocol."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        if protocol < 4:
            raise TypeError("protocol 4 or later")
        return Modern, ()


class NotByCloudpickle:
    """Part of a state that cloudpickle cannot write."""

    def __reduce__(self) -> Any:
        if "cloudpickle" in sys._getframe(1).f_globals["__name__"]:
            raise TypeError("not by cloudpickle")
        return NotByCloudpickle, ()


wrong("Protocol", "every_protocol", "pickle protocol 2 fails", values=[Modern()])
wrong("Cloudy", "cloudpickle", "cloudpickle fails", values=[NotByCloudpickle()])


class Lonely(Thing):
    def __deepcopy__(self, memo: Any) -> Lonely:
        return self


wrong("Lonely", "deepcopy_makes_a_second_object", "gives the object itself", cls=Lonely)


class Shallow(Thing):
    def __deepcopy__(self, memo: Any) -> Shallow:
        return Shallow(self.value)


def own_memory(state: Any) -> Shallow:
    return Shallow(bytearray(state))


wrong(
    "Shallow",
    "deepcopy_makes_a_second_object",
    "changes the original",
    factory=own_memory,
    cls=Shallow,
    values=[bytearray(b"abc")],
)

_scratch: list[Any] = []


def into_scratch(thing: Thing) -> Any:
    _scratch[:] = [thing.value]
    return _scratch


def first_of(state: Any) -> Any:
    return new("Scratching", state[0])


wrong(
    "Scratching",
    "nested_and_shared_in_one_message",
    "one of several objects in one message",
    into_scratch,
    first_of,
)


def with_copy(state: Any) -> Any:
    return new("Aliasing", list(state))


def copied(thing: Thing) -> Any:
    return dict(thing.value)


def keep(state: Any) -> Any:
    if not isinstance(state, dict):
        raise TypeError("the state is a dict")
    return new("Keeping", state)


wrong("Aliasing", "state_is_no_alias", "return list(...)", factory=with_copy, values=([1], [2]))
wrong(
    "Keeping",
    "factory_keeps_no_container",
    "keeps the dict",
    copied,
    keep,
    values=({"a": 1}, {"b": 2}),
)

_made: dict[Any, Any] = {}


def from_cache(state: Any) -> Any:
    return _made.setdefault(state, new("Cached", state))


wrong("Cached", "factory_makes_a_fresh_object", "the same object twice", factory=from_cache)

_current: Any = None


def through_global(thing: Thing) -> Any:
    global _current
    _current = thing.value
    time.sleep(0.0001)
    return _current


wrong("Racing", "threads_at_once", "with 8 threads", through_global)


class Panic(BaseException):
    """As the panics of PyO3, no Exception."""


def in_the_main_thread(thing: Thing) -> Any:
    if threading.current_thread() is not threading.main_thread():
        raise Panic("unsendable, but sent to another thread")
    return thing.value


wrong(
    "Unsendable", "threads_at_once", "if objects belong to one thread by design", in_the_main_thread
)


class Degrading(Thing):
    """The factory makes it of objects of its subclasses, too."""


def degrade(state: Any) -> Any:
    return Degrading(state)


class ByItsParts(Thing):
    """Objects of it take no other class, as of types of extensions."""

    def __init__(self, one: Any, *others: Any) -> None:
        super().__init__((one, *others))

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "__class__":
            raise TypeError("no other class")
        super().__setattr__(name, value)


def of_parts(state: Any) -> Any:
    return ByItsParts(*state)


for _target, _name, _factory in (
    (Degrading, "Degrading", degrade),
    (ByItsParts, "ByItsParts", of_parts),
    (type("ByItsType", (Thing,), {"__module__": __name__}), "ByItsType", None),
):
    globals()[_name] = _target
    WRONG[_name] = Wrong(
        "subclasses_keep_their_class",
        adapters.register(_target, value_of, _factory or _target, subclasses=True),
        [_target("one")],
        "put type(obj) into the state",
    )

_open: set[Any] = set()


class OneAtATime(Thing):
    """Not wrong: as an open handle of a library that allows one in a process."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, str):
            raise TypeError("the name of a handle is a str")
        if value in _open:
            raise RuntimeError(f"{value} is open in this process")
        super().__init__(value)
        _open.add(value)

    def __del__(self) -> None:
        _open.discard(getattr(self, "value", None))


adapters.register(OneAtATime, value_of, OneAtATime)
