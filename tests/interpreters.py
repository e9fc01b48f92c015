"""What the interpreters of one process import: a native type, and what they do with it.

Nothing here or below it imports cffi, which interpreters with locks of their own refuse.
"""

from __future__ import annotations

import threading
from typing import Any

import adapters


class Part:
    """Does not pickle by itself."""

    made = 0  # in this interpreter

    def __init__(self, state: Any) -> None:
        type(self).made += 1
        self.state = state
        self.lock = threading.Lock()


def state_of(part: Part) -> Any:
    return part.state


adapters.register(Part, state_of, Part)


def describe(part: Part) -> tuple[Any, int]:
    """What arrived, and how many this interpreter has made."""
    state = part.state
    return (bytes(state[:4]), len(state)) if hasattr(state, "nbytes") else state, Part.made


def send_back(part: Part) -> Part:
    return Part([part.state])


def get(handle: adapters.Shared[Part]) -> tuple[Any, int, bool]:
    """What a handle gives, twice: the same object."""
    return handle.get().state, Part.made, handle.get() is handle.get()


def refuse(state: Any) -> None:
    raise ValueError("not here")
