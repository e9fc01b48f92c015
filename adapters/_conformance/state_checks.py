"""Checks that never rebuild: what a look at the states themselves tells, safe in any process."""

from __future__ import annotations

import bisect
import ctypes
import operator
import pickle
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from adapters._conformance.states import (
    Broken,
    attributes,
    difference,
    has_equality,
    is_bytes_like,
    is_served,
    parts,
    snapshot,
)
from adapters._naming import in_words, qualified_name
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES, AdapterError

if TYPE_CHECKING:
    from adapters._conformance.case import Trial

# Below, numbers that happen to be addresses are common; above, none is by chance.
_LEAST_ADDRESS = 1 << 32
_LEAST_KNOWN = 1 << 16
_SCANNED = 4096  # bytes: no larger buffer is searched for pointers


def examples_are_served(trial: Trial) -> None:
    """The registry gives this adapter for each example, so that picklers use it."""
    if trial.adapter not in list(registry):
        raise Broken(
            f"{trial.adapter!r} is not in adapters.registry, the one that picklers ask: call"
            " adapters.register (and not unregister) before the check"
        )
    for example in trial.each():
        try:
            found = registry.find(example)
        except AdapterError as error:
            raise Broken(str(error)) from error
        if found is not trial.adapter:
            raise Broken(
                f"{qualified_name(type(example))} is served by {found!r}, not by the adapter under"
                " test: give examples of its own type"
            )


def state_holds_no_address(trial: Trial) -> None:
    """No pointer, and no number that is an address of this process, is in a state.

    A pointer is a cffi or ctypes one that no adapter serves. A number (an int, or a word of a
    buffer of at most 4 KiB) is an address if it is one of the example's own (its id, those of its
    parts, of their C memory) or, on Linux, 2**32 or more and in memory that this process has.
    """
    for example in trial.each():
        state = trial.adapter.state_of(example)
        known = _addresses_of(example)
        mapped = _Mapped()
        for path, part in parts(state):
            kind = _kind_of_pointer(part)
            if kind:
                raise Broken(
                    f"{path} is {kind}, {part!r}: an address means nothing in another process; copy"
                    " what it points at, bytes(ffi.buffer(pointer, size)), or register its C type"
                )
            for number in _numbers(part):
                owner = known.get(number) if number >= _LEAST_KNOWN else None
                if owner or (number >= _LEAST_ADDRESS and number in mapped):
                    where = owner or "memory of this process"
                    raise Broken(
                        f"{path} holds {number:#x}, the address of {where}: it means nothing in"
                        " another process; put into the state what is there"
                    )


def _kind_of_pointer(part: object) -> str:
    backend: Any = sys.modules.get("_cffi_backend")
    if backend is not None and isinstance(part, backend._CDataBase) and not is_served(part):
        return f"C data of type {backend.typeof(part).cname!r}"
    simple = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_wchar_p)
    if isinstance(part, (*simple, ctypes._Pointer, ctypes._CFuncPtr)):  # type: ignore[attr-defined]
        return "a pointer of ctypes"
    return ""


def _numbers(part: object) -> Iterator[int]:
    if type(part) is int:
        yield part
    elif is_bytes_like(part):
        view = memoryview(part)  # type: ignore[arg-type]
        size = ctypes.sizeof(ctypes.c_void_p)
        if view.c_contiguous and size <= view.nbytes <= _SCANNED:
            data = view.tobytes()
            for at in range(0, len(data) - size + 1, size):
                yield int.from_bytes(data[at : at + size], sys.byteorder)


def _addresses_of(example: object) -> dict[int, str]:
    """The addresses that this object is known to have, and whose they are."""
    backend: Any = sys.modules.get("_cffi_backend")
    found = {id(example): "the object itself (its id)"}
    held = [(f".{name}", value) for name, value in attributes(example)]
    held += [(path, part) for name, value in held for path, part in parts(value, name)]
    for path, part in [*held, ("", example)]:
        if not isinstance(part, (int, str, bytes, type(None))):
            found.setdefault(id(part), f"its part {path} (its id)")
        if isinstance(part, (ctypes._SimpleCData, ctypes.Array, ctypes.Structure, ctypes.Union)):
            found[ctypes.addressof(part)] = f"the memory of {path or 'the object'}"
        if backend is not None and isinstance(part, backend._CDataBase):
            number = backend.new_primitive_type("uintptr_t")
            try:
                found[int(backend.cast(number, part))] = f"the C memory of {path or 'the object'}"
            except Exception:  # a struct by value, a long double: cffi casts pointers and arrays
                continue
    found.pop(0, None)
    return found


class _Mapped:
    """The memory that this process has mapped; empty where the system does not say."""

    def __init__(self) -> None:
        ranges = []
        try:
            with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
                for line in file:
                    begin, _, end = line.split(" ", 1)[0].partition("-")
                    if not line.rstrip().endswith(("[vsyscall]", "[vvar]")):
                        ranges.append((int(begin, 16), int(end, 16)))
        except OSError:
            pass
        self._ranges = sorted(ranges)

    def __contains__(self, number: int) -> bool:
        at = bisect.bisect_right(self._ranges, (number, sys.maxsize * 2)) - 1
        return at >= 0 and number < self._ranges[at][1]


def state_pickles(trial: Trial) -> None:
    """Plain pickle writes each state; a part that refuses is named."""
    for example in trial.each():
        state = trial.adapter.state_of(example)
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
        if not is_bytes_like(part):
            pickle.dumps(part, 5)
    except FAILURES as error:
        return error
    return None


def serializer_changes_nothing(trial: Trial) -> None:
    """Two states of one object are equal, and the object equals one that was never serialized."""
    for index, example in enumerate(trial.each()):
        first = snapshot(trial.adapter.state_of(example))
        found = difference(first, snapshot(trial.adapter.state_of(example)))
        if found:
            raise Broken(
                f"serialize gives a second, different state of the same object ({found}): it must"
                " only read the object, and the state must hold nothing that changes by itself"
            )
        make, equal = trial.makers[index], trial.equal
        if equal is None and has_equality(type(example)):
            equal = operator.eq
        # Objects that differ by themselves tell nothing.
        if make and equal and equal(make(), make()) and not equal(make(), example):
            raise Broken(
                "an object that was serialized no longer equals one that was not: serialize must"
                " only read the object"
            )
