"""Small types that differ only in how pickle gets their state.

They stand for a small extension type: one slot, no `__dict__`, and a cheap constructor, so that a
round trip measures the layer around it. `Adapted` has an adapter, registered at the top level of
this module. `ByHand` has a hand-written `__reduce__`, and `ByCopyreg` a plain function that copyreg
calls. The adapter of `Open` serves subclasses, too.
"""

from __future__ import annotations

import copyreg
from typing import Any

import adapters


class _Small:
    __slots__ = ("held",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self.held == other.held)


class Adapted(_Small):
    """An object that is pickled by its adapter."""

    __slots__ = ()


class ByHand(_Small):
    """An object that is pickled by a hand-written `__reduce__`."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        return make_by_hand, (self.held,)


class ByCopyreg(_Small):
    """An object that is pickled by a plain function that copyreg knows."""

    __slots__ = ()


class Open(_Small):
    """An object that is pickled by an adapter that serves subclasses, too."""

    __slots__ = ()


def serialize(obj: Adapted) -> Any:
    """The serializer of Adapted."""
    return obj.held


def make_adapted(state: Any) -> Adapted:
    """The factory of Adapted."""
    return Adapted(state)


def make_by_hand(state: Any) -> ByHand:
    """The factory of ByHand."""
    return ByHand(state)


def make_by_copyreg(state: Any) -> ByCopyreg:
    """The factory of ByCopyreg."""
    return ByCopyreg(state)


def _reduce_by_copyreg(obj: ByCopyreg) -> Any:
    return make_by_copyreg, (obj.held,)


def _serialize_open(obj: Open) -> Any:
    return type(obj), obj.held


def _make_open(state: Any) -> Open:
    cls, held = state
    made: Open = cls(held)
    return made


adapters.register(Adapted, serialize, make_adapted)
adapters.register(Open, _serialize_open, _make_open, subclasses=True)
copyreg.pickle(ByCopyreg, _reduce_by_copyreg)
