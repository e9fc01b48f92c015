"""Checks that rebuild nothing, and so are safe in any process: they look at the states."""

from __future__ import annotations

import ctypes
import operator
import pickle
import sys
from typing import TYPE_CHECKING, Any

from adapters._addresses import MappedMemory, numbers_in, pointer_in_words
from adapters._comparison.contents import attributes, is_buffer
from adapters._conformance.equality import difference, has_equality
from adapters._conformance.outcomes import Broken
from adapters._conformance.state_parts import parts, snapshot
from adapters._naming import in_words, qualified_name
from adapters._wire.ctype import ctype_of
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES, AdapterError

if TYPE_CHECKING:
    from adapters._conformance.case import Case

_LEAST_KNOWN = 1 << 16  # smaller numbers are no addresses of objects


def examples_are_served(case: Case) -> None:
    """The registry gives this adapter for each example, so that picklers use it."""
    if case.adapter not in list(registry):
        raise Broken(
            f"{case.adapter!r} is not in adapters.registry, the one that picklers ask: call"
            " adapters.register (and not unregister) before the check"
        )
    for example in case.each():
        try:
            found = registry.find(example)
        except AdapterError as error:
            raise Broken(str(error)) from error
        if found is not case.adapter:
            raise Broken(
                f"{qualified_name(type(example))} is served by {found!r}, not by the adapter under"
                " test: give examples of its own type"
            )


def state_holds_no_address(case: Case) -> None:
    """No pointer, and no number that is an address of this process, is in a state.

    A pointer is a cffi or ctypes one that no adapter serves. A number (an int, a field of a ctypes
    object, or a word of a buffer of at most 4 KiB) is an address if it is one of the example's own
    (its id, those of its parts, of their C memory) or, on Linux, 2**32 or more and in memory that
    this process has.
    """
    for example in case.each():
        state = case.adapter.state_of(example)
        known = _addresses_of(example)
        memory = MappedMemory()
        for path, part in parts(state):
            pointer = pointer_in_words(part)
            if pointer:
                raise Broken(
                    f"{path} is {pointer}, {part!r}: an address means nothing in another process;"
                    " copy what it points at, bytes(ffi.buffer(pointer, size)), or register its C"
                    " type"
                )
            for field, number in numbers_in(part):
                owner = known.get(number) if number >= _LEAST_KNOWN else None
                if owner or number in memory:
                    where = owner or "memory of this process"
                    raise Broken(
                        f"{path}{field} holds {number:#x}, the address of {where}: it means nothing"
                        " in another process; put into the state what is there"
                    )


def _addresses_of(example: object) -> dict[int, str]:
    """{address: whose it is} of an object, its parts and their C memory."""
    backend: Any = sys.modules.get("_cffi_backend")
    found = {id(example): "the object itself (its id)"}
    held = [(f".{name}", value) for name, value in attributes(example).items()]
    held += [(path, part) for name, value in held for path, part in parts(value, name)]
    for path, part in [*held, ("", example)]:
        if not isinstance(part, (int, str, bytes, type(None))):
            found.setdefault(id(part), f"its part {path} (its id)")
        if isinstance(part, (ctypes._SimpleCData, ctypes.Array, ctypes.Structure, ctypes.Union)):
            found[ctypes.addressof(part)] = f"the memory of {path or 'the object'}"
        if ctype_of(part) is not None:
            number = backend.new_primitive_type("uintptr_t")
            try:
                found[int(backend.cast(number, part))] = f"the C memory of {path or 'the object'}"
            except Exception:  # a struct by value, a long double: cffi casts pointers and arrays
                continue
    found.pop(0, None)
    return found


def state_pickles(case: Case) -> None:
    """Plain pickle writes each state; a part that refuses is named."""
    for example in case.each():
        state = case.adapter.state_of(example)
        try:
            snapshot(state)
            continue
        except FAILURES as error:
            whole: BaseException = error
        refusals = [(path, part, _refusal(part)) for path, part in parts(state)]
        culprits = [each for each in refusals if each[2] is not None]
        # The last refuses by itself, the ones before it because they hold it.
        path, part, reason = culprits[-1] if culprits else ("state", state, whole)
        said = in_words(reason or whole)
        raise Broken(
            f"{path} is a {qualified_name(type(part))}, which does not pickle ({said}): leave it"
            " out of the state and make a new one in the factory, or register an adapter for it"
        )


def _refusal(part: Any) -> BaseException | None:
    try:
        if not is_buffer(part):
            pickle.dumps(part, 5)
    except FAILURES as error:
        return error
    return None


def serializer_changes_nothing(case: Case) -> None:
    """Two states of one object are equal, and the object equals one that was never serialized."""
    for index, example in enumerate(case.each()):
        first = snapshot(case.adapter.state_of(example))
        found = difference(first, snapshot(case.adapter.state_of(example)))
        if found:
            raise Broken(
                f"serialize gives a second, different state of the same object ({found}): it must"
                " only read the object, and the state must hold nothing that changes by itself"
            )
        make, equal = case.makers[index], case.equal
        if equal is None and has_equality(type(example)):
            equal = operator.eq
        # It shows only if two new objects are equal.
        if make and equal and equal(make(), make()) and not equal(make(), example):
            raise Broken(
                "an object that was serialized no longer equals one that was not: serialize must"
                " only read the object"
            )
