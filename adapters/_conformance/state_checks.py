"""Checks that rebuild nothing, and so are safe in any process: they look at the states."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from adapters._addresses import MappedMemory, numbers_in, pointer_in_words
from adapters._conformance.report import Broken
from adapters._conformance.states import difference, has_equality, is_equal, parts, snapshot
from adapters._expressions import attributes
from adapters._naming import in_words, qualified_name, shown
from adapters._wire.ctype import ctype_of
from adapters._wire.rebuild import registry
from adapters.errors import AdapterError, failures

if TYPE_CHECKING:
    from adapters._conformance.case import Case

_LEAST_KNOWN = 1 << 16  # smaller numbers are no addresses of objects


def examples_are_served(case: Case, example: Any) -> None:
    """The registry gives this adapter for each example, so that picklers use it."""
    if case.adapter not in list(registry):
        problem = f"{case.adapter!r} is not in adapters.registry, the one that picklers ask"
        raise Broken(f"{problem}: call adapters.register (and not unregister) before the check")
    try:
        found = registry.find(example)
    except AdapterError as error:
        raise Broken(str(error)) from error
    if found is not case.adapter:
        problem = f"{qualified_name(type(example))} is served by {found!r}"
        raise Broken(f"{problem}, not by the adapter under test: give examples of its own type")


def state_holds_no_address(case: Case, example: Any) -> None:
    """No pointer, and no number that is an address of this process, is in a state.

    A pointer is a cffi or ctypes one that no adapter serves. A number (an int, a field of a ctypes
    object, or a word of a buffer of at most 4 KiB) is an address if it is one of the example's own
    (its id, those of its parts, of their C memory) or, on Linux, 2**32 or more and in memory that
    this process has.
    """
    state = case.adapter.state_of(example)
    known = _addresses_of(example)
    memory = MappedMemory()
    for path, part in parts(state):
        if pointer := pointer_in_words(part):
            problem = (
                f"{path} is {pointer}, {shown(part)}: an address means nothing in another process"
            )
            advice = "copy what it points at, bytes(ffi.buffer(pointer, size))"
            raise Broken(f"{problem}; {advice}, or register its C type")
        for field, number in numbers_in(part):
            owner = known.get(number) if number >= _LEAST_KNOWN else None
            if owner or number in memory:
                where = f"the address of {owner or 'memory of this process'}"
                advice = "it means nothing in another process; put into the state what is there"
                raise Broken(f"{path}{field} holds {number:#x}, {where}: {advice}")


def _addresses_of(example: object) -> dict[int, str]:
    """{address: whose it is} of an object, its parts and their C memory."""
    backend: Any = sys.modules.get("_cffi_backend")
    found = {id(example): "the object itself (its id)"}
    own = attributes(example)
    held = [each for name in own for each in parts(own[name], f".{name}")]
    for path, part in [*held, ("the object", example)]:
        if not isinstance(part, (int, str, bytes, type(None))):
            found.setdefault(id(part), f"its part {path} (its id)")
        if isinstance(part, (ctypes._SimpleCData, ctypes.Array, ctypes.Structure, ctypes.Union)):
            found[ctypes.addressof(part)] = f"the memory of {path}"
        if ctype_of(part) is not None:
            number = backend.new_primitive_type("uintptr_t")
            # cffi casts pointers and arrays, and refuses a struct by value and a long double.
            with suppress(Exception):
                found[int(backend.cast(number, part))] = f"the C memory of {path}"
    found.pop(0, None)
    return found


def state_pickles(case: Case, example: Any) -> None:
    """Plain pickle writes each state; a part that refuses is named."""
    state = case.adapter.state_of(example)
    if refusal := _refusal(state):
        found = [(path, part, _refusal(part)) for path, part in parts(state)]
        # The last refuses by itself, the ones before it because they hold it.
        found = [("state", state, refusal), *(each for each in found if each[2])]
        path, part, refusal = found[-1]
        problem = f"{path} is a {qualified_name(type(part))}, which does not pickle ({refusal})"
        advice = "leave it out of the state and make a new one in the factory"
        raise Broken(f"{problem}: {advice}, or register an adapter for it")


def _refusal(part: Any) -> str:
    """The error of a part that does not pickle, in words, "" if it pickles."""
    try:
        snapshot(part)
    except failures() as error:
        return in_words(error)
    return ""


def serializer_changes_nothing(case: Case, example: Any) -> None:
    """Two states of one object are equal, and the object equals one that was never serialized."""
    first = snapshot(case.adapter.state_of(example))
    if found := difference(first, snapshot(case.adapter.state_of(example))):
        problem = f"serialize gives a second, different state of the same object ({found})"
        advice = "only read the object, and the state must hold nothing that changes by itself"
        raise Broken(f"{problem}: it must {advice}")
    make = None if case.elsewhere else case.makers[case.index]
    equal = case.equal or (is_equal if has_equality(type(example)) else None)
    # It shows only if two new objects are equal.
    if make and equal and equal(make(), make()) and not equal(make(), example):
        problem = "an object that was serialized no longer equals one that was not"
        raise Broken(f"{problem}: serialize must only read the object")
