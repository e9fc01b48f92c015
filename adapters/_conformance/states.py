"""States: their parts, a change of one for a moment, and what is equal: two states, two objects."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeAlias

from adapters._comparison.differences import differences
from adapters._expressions import attributes
from adapters._naming import in_words, qualified_name, shown
from adapters._wire.adapter import Adapter
from adapters._wire.buffers import SCALARS, OutOfBand, has_buffers, is_buffer
from adapters._wire.ctype import ctype_of
from adapters._wire.served import adapter_for
from adapters.errors import failures, suppress_failures

Equal: TypeAlias = Callable[[Any, Any], object]

_NOISE = "put in by adapters.testing"
_OTHER: dict[type, Any] = {list: [_NOISE], dict: {_NOISE: _NOISE}, set: {_NOISE}}


def snapshot(state: Any) -> Any:
    """The state as it arrives elsewhere: nothing in it is shared with the original."""
    return pickle.loads(pickled(state))


def pickled(state: Any) -> bytes:
    """A state as plain pickle writes it, its buffers included."""
    return pickle.dumps(OutOfBand(state) if has_buffers(state) else state, 5)


def parts(state: Any, path: str = "state", changing: bool = False) -> Iterator[tuple[str, Any]]:
    """All that a state holds, with the path to it, itself first.

    Goes through containers and the attributes of Python objects, not into native objects that an
    adapter serves, and not into immutable ones if `changing`.
    """
    todo = [(path, state)]
    seen: set[int] = set()
    for where, value in todo:
        if type(value) in SCALARS:  # of which there may be very many
            yield where, value
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield where, value
        if type(value) in (tuple, list):
            todo += [(f"{where}[{index}]", part) for index, part in enumerate(value)]
        elif type(value) is dict:
            todo += [(f"{where}[{shown(key)}]", part) for key, part in value.items()]
            todo += [(f"key {shown(key)} of {where}", key) for key in value]
        elif type(value) in (set, frozenset):
            todo += [(f"an element of {where}", part) for part in value]
        elif adapter_for(value) is None and not (changing and _has_hash_of_value(value)):
            todo += [(f"{where}.{name}", part) for name, part in attributes(value).items()]


def containers(state: Any) -> list[tuple[str, Any]]:
    """The lists, dicts and sets of a state with their paths, not those of immutable objects."""
    return [(path, part) for path, part in parts(state, changing=True) if type(part) in _OTHER]


def _has_hash_of_value(obj: object) -> bool:
    """Whether an object has a hash that is not of its identity, as immutable ones: a path, a UUID.

    What it keeps inside, as the parts of a path, is not for others to change.
    """
    inherited: object = object.__hash__
    if type(obj).__hash__ is inherited:
        return False
    with suppress_failures():  # a frozen dataclass with a list in it has none
        hash(obj)
        return True
    return False


def copies_as_itself(obj: object) -> bool:
    """Whether an object is immutable: `__copy__` and `__deepcopy__` of its type give itself.

    One of them is enough for a type whose objects take no attributes.
    """
    methods = (getattr(type(obj), name, None) for name in ("__copy__", "__deepcopy__"))
    copies, deep = methods
    with suppress_failures():
        found = [copies(obj) is obj] if copies else []
        found += [deep(obj, {}) is obj] if deep else []
        return all(found) and len(found) > (1 if hasattr(obj, "__dict__") else 0)
    return False


def can_change(part: Any) -> bool:
    """Whether `changed` changes a part: a list, dict, set or writable buffer."""
    if type(part) in _OTHER or not is_buffer(part):
        return type(part) in _OTHER
    view = memoryview(part)
    return view.c_contiguous and view.nbytes > 0 and not view.readonly


def changed(part: Any) -> ExitStack:
    """Change a part that can change, until the `with` block ends."""
    restore = ExitStack()
    if type(part) in _OTHER:
        add = part.extend if type(part) is list else part.update
        kept = part.copy()
        restore.callback(add, kept)
        restore.callback(part.clear)  # it runs first
        part.clear()
        add(() if kept else _OTHER[type(part)])
    else:
        memory = memoryview(part).cast("B")
        restore.callback(memory.__setitem__, 0, memory[0])
        memory[0] ^= 255
    return restore


def difference(one: Any, other: Any) -> str:
    """The first place where two states differ, in words; "" if they are deeply equal."""
    return str(next(differences(one, other, "state", in_state=True), ""))


def compare(adapter: Adapter, original: Any, other: Any, equal: Equal | None) -> str:
    """How `other` differs from `original`, in words; "" if it does not.

    `equal` decides or, without it, the `==` of the type, if it has one of its own: two states of
    equal objects may differ, and a serializer that forgets a part makes equal states of different
    objects. Else the states must be deeply equal.
    """
    kind, expected = (ctype_of(each) or type(each) for each in (other, original))
    if kind is not expected:
        return f"it is of {qualified_name(kind)}, not of {qualified_name(expected)}"
    if equal is not None:
        try:
            return "" if equal(original, other) else "equal(original, rebuilt) is false"
        except failures() as error:
            return f"equal(original, rebuilt) raises {in_words(error)}"
    unequal = False
    if has_equality(type(original)):
        with suppress_failures():  # the result has no truth value, as that of arrays
            if original == other:
                return ""
            unequal = True
    state = snapshot(adapter.state_of(original))  # the serializer may return one list each time
    found = difference(state, adapter.state_of(other))
    if found or not unequal or not is_equal(adapter.make(state), other):
        return found  # where two objects of one state differ, too, `==` compares identity
    return (
        "the states agree, yet original == rebuilt is false: serialize or the factory leaves"
        " something out (or, if == means something else for this type, pass equal=)"
    )


def is_equal(one: Any, other: Any) -> bool:
    """Whether `==` says so; that of arrays, which have no truth value, does not."""
    with suppress_failures():
        return bool(one == other)
    return False


def has_equality(cls: type) -> bool:
    """Whether a type has an `==` of its own, and not one that compares identity or addresses."""
    inherited: object = object.__eq__
    return cls.__eq__ is not inherited and cls.__module__ != "_cffi_backend"
