"""What a state is made of: its parts, snapshots of it, and where two of them differ."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from adapters._naming import in_words, qualified_name
from adapters._wire.adapter import Adapter
from adapters._wire.buffers import BYTES_LIKE, OutOfBand, has_buffers
from adapters._wire.ctype import ctype_of
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES, UnknownAdapterError

Equal: TypeAlias = Callable[[Any, Any], object]

_MUTABLE = (list, dict, set)


class Broken(Exception):  # noqa: N818  a finding about an adapter, not an error of the kit
    """A promise is broken; the message says how, and what its author is to do."""


class NotHere(Exception):  # noqa: N818
    """A promise cannot be checked here; the message says why."""


def snapshot(state: Any) -> Any:
    """The state as it arrives elsewhere: nothing in it is shared with the original."""
    return pickle.loads(pickled(state))


def pickled(state: Any, buffer_callback: Any = None) -> bytes:
    """A state as it leaves, its buffers out of band if there is a callback for them."""
    whole = OutOfBand(state) if has_buffers(state) else state
    return pickle.dumps(whole, 5, buffer_callback=buffer_callback)


def parts(state: Any, path: str = "state") -> Iterator[tuple[str, Any]]:
    """All that a state holds, with the path to it, itself first.

    Goes through containers and the attributes of Python objects, not into native objects that an
    adapter serves.
    """
    todo = [(path, state)]
    seen: set[int] = set()
    for where, value in todo:
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield where, value
        if type(value) in (tuple, list):
            todo += [(f"{where}[{index}]", part) for index, part in enumerate(value)]
        elif type(value) is dict:
            todo += [(f"{where}[{key!r}]", part) for key, part in value.items()]
            todo += [(f"key {key!r} of {where}", key) for key in value]
        elif type(value) in (set, frozenset):
            todo += [(f"an element of {where}", part) for part in value]
        elif not is_served(value):
            todo += [(f"{where}.{name}", part) for name, part in attributes(value)]


def attributes(obj: object) -> Iterator[tuple[str, Any]]:
    """What an instance holds in its `__dict__` and its slots; nothing for classes and modules."""
    if isinstance(obj, type) or hasattr(obj, "__path__") or hasattr(obj, "__spec__"):
        return
    yield from list(getattr(obj, "__dict__", {}).items())
    for cls in type(obj).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if isinstance(name, str) and hasattr(obj, name):
                yield name, getattr(obj, name)


def is_served(value: object) -> bool:
    """Whether some adapter serves the object."""
    try:
        registry.find(value)
    except UnknownAdapterError:
        return False
    return True


def containers(state: Any) -> list[tuple[str, Any]]:
    """The lists, dicts and sets of a state, with their paths."""
    return [(path, part) for path, part in parts(state) if type(part) in _MUTABLE]


def changed(part: Any) -> Callable[[], None]:
    """Put something else into a list, dict, set or writable buffer, if it is one of these.

    Returns:
        A function that undoes it.
    """
    if type(part) not in _MUTABLE:
        return _changed_buffer(part)
    kept = part.copy()

    def restore() -> None:
        part.clear()
        part.extend(kept) if type(part) is list else part.update(kept)

    part.clear()
    if not kept:
        noise = "put in by adapters.testing"
        if type(part) is list:
            part.append(noise)
        else:
            part.update([noise] if type(part) is set else {noise: noise})
    return restore


def _changed_buffer(part: Any) -> Callable[[], None]:
    view = memoryview(part) if is_bytes_like(part) else memoryview(b"")
    if view.readonly or not view.nbytes or not view.c_contiguous:
        return lambda: None
    memory = view.cast("B")

    def flip() -> None:
        memory[0] ^= 255

    flip()
    return flip


def is_bytes_like(value: object) -> bool:
    """Whether it arrives as bytes or as a memoryview."""
    kind = type(value)
    return kind is bytes or kind in BYTES_LIKE or (not _is_container(value) and has_buffers(value))


def _is_container(value: object) -> bool:
    return type(value) in (tuple, list, dict)


def difference(
    a: Any, b: Any, path: str = "state", seen: set[tuple[int, int]] | None = None
) -> str:
    """The first place where two states differ, in words; "" if they are deeply equal.

    Buffers compare by their bytes, native objects by their states, a NaN equals a NaN, and all
    else by `==` or, where that says no, by its attributes or as it pickles.
    """
    seen = set() if seen is None else seen
    if a is b or (id(a), id(b)) in seen:
        return ""
    seen.add((id(a), id(b)))
    if is_bytes_like(a) and is_bytes_like(b):
        return _difference_of_bytes(memoryview(a), memoryview(b), path)
    if type(a) is not type(b):
        return f"{path} is {_shown(a)} in one and {_shown(b)} in the other"
    if _is_container(a) and len(a) != len(b):
        return f"{path} has {len(a)} parts in one and {len(b)} in the other"
    if type(a) in (tuple, list):
        found = (
            difference(x, y, f"{path}[{i}]", seen)
            for i, (x, y) in enumerate(zip(a, b, strict=True))
        )
        return next(filter(None, found), "")
    if type(a) is dict:
        if a.keys() != b.keys():
            return (
                f"{path} has the keys {_shown(list(a))} in one and {_shown(list(b))} in the other"
            )
        return next(filter(None, (difference(a[k], b[k], f"{path}[{k!r}]", seen) for k in a)), "")
    return (
        ""
        if _same_leaf(a, b, seen)
        else f"{path} is {_shown(a)} in one and {_shown(b)} in the other"
    )


def _difference_of_bytes(a: memoryview, b: memoryview, path: str) -> str:
    if a.nbytes != b.nbytes:
        return f"{path} has {a.nbytes} bytes in one and {b.nbytes} in the other"
    mine, theirs = a.tobytes(), b.tobytes()
    if mine == theirs:
        return ""
    at = next(i for i, (x, y) in enumerate(zip(mine, theirs, strict=True)) if x != y)
    return f"{path} differs from byte {at} on: {mine[at]} in one and {theirs[at]} in the other"


def _same_leaf(a: Any, b: Any, seen: set[tuple[int, int]]) -> bool:
    try:
        if bool(a == b) or (a != a and b != b):  # or a NaN
            return True
    except Exception:  # arrays have no single truth; some types refuse to be compared
        pass
    try:
        adapter = registry.find(a)
    except UnknownAdapterError:
        mine, theirs = dict(attributes(a)), dict(attributes(b))
        if mine or theirs:
            return not difference(mine, theirs, seen=seen)
        try:
            return pickle.dumps(a, 5) == pickle.dumps(b, 5)
        except FAILURES:
            return False
    return not difference(adapter.state_of(a), adapter.state_of(b), seen=seen)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except FAILURES as error:
        text = f"an object whose repr() raises {in_words(error)}"
    return text if len(text) <= 80 else f"{text[:77]}..."


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
        return "" if equal(original, other) else "equal(original, rebuilt) is false"
    verdict = _verdict(original, other) if has_equality(type(original)) else None
    if verdict:
        return ""
    state = snapshot(adapter.state_of(original))  # the serializer may give one list to all
    found = difference(state, adapter.state_of(other))
    if found or verdict is None:
        return found
    return (
        "the states agree, yet original == rebuilt is false: serialize or the factory leaves"
        " something out (or, if == means something else for this type, pass equal=)"
    )


def _verdict(original: Any, other: Any) -> bool | None:
    """What `==` says; None where it says nothing, as that of arrays."""
    try:
        return bool(original == other)
    except Exception:
        return None


def has_equality(cls: type) -> bool:
    """Whether a type has an `==` of its own, and not one that compares identity or addresses."""
    inherited: object = object.__eq__
    return cls.__eq__ is not inherited and cls.__module__ != "_cffi_backend"
