"""Whether two native objects, or two states, are equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from adapters._comparison.comparison import differences
from adapters._conformance.state_parts import snapshot
from adapters._naming import qualified_name
from adapters._wire.adapter import Adapter
from adapters._wire.ctype import ctype_of

Equal: TypeAlias = Callable[[Any, Any], object]


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
        return "" if equal(original, other) else "equal(original, rebuilt) is false"
    verdict = _verdict(original, other) if has_equality(type(original)) else None
    if verdict:
        return ""
    state = snapshot(adapter.state_of(original))  # the serializer may return one list each time
    found = difference(state, adapter.state_of(other))
    if found or verdict is None:
        return found
    return (
        "the states agree, yet original == rebuilt is false: serialize or the factory leaves"
        " something out (or, if == means something else for this type, pass equal=)"
    )


def _verdict(original: Any, other: Any) -> bool | None:
    """What `==` says; None where its result has no truth value, as that of arrays."""
    try:
        return bool(original == other)
    except Exception:
        return None


def has_equality(cls: type) -> bool:
    """Whether a type has an `==` of its own, and not one that compares identity or addresses."""
    inherited: object = object.__eq__
    return cls.__eq__ is not inherited and cls.__module__ != "_cffi_backend"
