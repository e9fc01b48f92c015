"""Explore the API of a type without the proof, and run the code that was found."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

import adapters
from adapters._suggest.draft import code
from adapters._suggest.explore import Exploration, Tried

WAIT = 60
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


class Explored:
    """What a search found for examples.

    Attributes:
        search: The search.
        right: What made twins that differ in nothing and leaves no doubt.
        doubted: What made twins that differ in nothing, but may be wrong.
        near: What made twins that differ.
    """

    def __init__(self, *objs: Any) -> None:
        self.search = Exploration(objs, time.monotonic() + WAIT, True)
        self.facts = self.search.look()
        found = self.search.run()
        equal = [each for each in found if not each.outcome.total]
        self.right = [each for each in equal if not each.draft.doubts]
        self.doubted = [each for each in equal if each.draft.doubts]
        self.near = [each for each in found if each.outcome.total]

    @property
    def strategies(self) -> set[str]:
        """How the right ones were found."""
        return {each.draft.strategy for each in self.right}

    def text(self, tried: Tried) -> str:
        """The code of what was found."""
        return code(tried.draft, self.facts.target)

    def twin(self, obj: Any, tried: Tried | None = None) -> Any:
        """What the code of the first right one makes of an object; it is run here."""
        return twin(self.text(tried or self.right[0]), obj)


def twin(text: str, obj: Any) -> Any:
    """What the functions of a code make of an object; nothing is registered."""
    namespace: dict[str, Any] = {"__name__": "suggested"}
    exec(text.rpartition("adapters.register(")[0], namespace)
    state = adapters.loads(adapters.dumps(namespace["serialize"](obj)))
    return namespace["factory"](state)
