"""Adapters that fail on states of old versions, and on wrong states."""

from __future__ import annotations

import os
import time
from typing import Any

import adapters
from wrong_adapters.base import Thing, ffi, new, wrong


def same(state: Any) -> Any:
    return state


wrong(
    "Gap",
    "old_versions_are_reachable",
    "upgrades lacks [2]",
    version=3,
    upgrades={1: same},
)


def take_pointer(state: Any) -> Any:
    if not isinstance(state, str):
        bytes(ffi.buffer(ffi.cast("char *", 8), 8))  # as C code that expects a pointer there
    return new("Unchecked", state)


def no_words(state: Any) -> Any:
    if not isinstance(state, str):
        raise ValueError
    return new("Silent", state)


def fault(state: Any) -> Any:
    if not isinstance(state, str):
        raise SystemError("a C function returned NULL")
    return new("Faulty", state)


def lowered(thing: Thing) -> Any:
    return thing.value.lower()


def endless(state: Any) -> Any:
    if not isinstance(state, str):
        time.sleep(1000)
    return new("Endless", state)


if os.name == "posix":
    wrong("Unchecked", "wrong_states_are_refused", "died of SIGSEGV", factory=take_pointer)
wrong("Silent", "wrong_states_are_refused", "ValueError without a message", factory=no_words)
wrong("Faulty", "wrong_states_are_refused", "a fault in C code", factory=fault)
wrong("Unusable", "wrong_states_are_refused", "cannot be used", lowered)
wrong("Endless", "wrong_states_are_refused", "said nothing for 1 s", factory=endless, timeout=1)


class Grown(Thing):
    """Not wrong; its versions have a state of one, two and three parts."""


def three(thing: Grown) -> Any:
    return (thing.value,) * 3


def of_three(state: Any) -> Grown:
    first, _, _ = state
    return Grown(first)


def one_more(state: Any) -> Any:
    return (*state, state[0])


adapters.register(
    Grown,
    three,
    of_three,
    name="wrong.Grown",
    version=3,
    upgrades={1: one_more, 2: one_more},
)
