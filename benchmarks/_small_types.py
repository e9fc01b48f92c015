"""Two small types that differ only in how pickle gets their state.

Both stand for a small extension type: one slot, no `__dict__`, and a cheap constructor, so that a
round trip measures the layer around it. `Adapted` has an adapter, registered at the top level of
this module. `ByHand` has a hand-written `__reduce__`.
"""

from __future__ import annotations

from typing import Any

import adapters


class Adapted:
    """An object that is pickled by its adapter."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held


class ByHand:
    """An object that is pickled by a hand-written `__reduce__`."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held

    def __reduce__(self) -> Any:
        return make_by_hand, (serialize(self),)


def serialize(obj: Adapted | ByHand) -> Any:
    """The serializer of both types."""
    return obj.held


def make_adapted(state: Any) -> Adapted:
    """The factory of Adapted."""
    return Adapted(state)


def make_by_hand(state: Any) -> ByHand:
    """The factory of ByHand."""
    return ByHand(state)


adapters.register(Adapted, serialize, make_adapted)
