"""Two types for the round trip that differ only in how they travel.

Both stand for a small extension type: one slot, no `__dict__`, and a constructor that costs next to
nothing, so that the layer around it is what is measured. `Adapted` has an adapter, registered at
this module's top level; `ByHand` has the `__reduce__` that people write instead.
"""

from __future__ import annotations

from typing import Any

import adapters


class Adapted:
    """Travels through its adapter."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held


class ByHand:
    """Travels through a hand-written `__reduce__`."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held

    def __reduce__(self) -> Any:
        return make_by_hand, (serialize(self),)


def serialize(gadget: Adapted | ByHand) -> Any:
    """The serializer of both."""
    return gadget.held


def make_adapted(state: Any) -> Adapted:
    """The factory of the one."""
    return Adapted(state)


def make_by_hand(state: Any) -> ByHand:
    """The factory of the other."""
    return ByHand(state)


adapters.register(Adapted, serialize, make_adapted)
