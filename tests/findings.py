"""Objects that do not pickle, and what is asserted of the findings about them."""

from __future__ import annotations

import collections
import copyreg
import dataclasses
import threading
from typing import Any

import cffi

import adapters
from adapters import Explanation, Finding, explain

OTHER = cffi.FFI()
OTHER.cdef("typedef struct { int n; double *data; } series_t; typedef struct { int n; } plain_t;")


class Session:
    """Holds a lock, as objects do."""

    def __init__(self, **attributes: Any) -> None:
        self._lock = threading.Lock()
        vars(self).update(attributes)


class Plain:
    """Pickles if its attributes do."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


@dataclasses.dataclass
class Record:
    number: int
    payload: Any


class Pair(collections.namedtuple("Pair", "left right")):
    """A tuple with attributes of its own."""


class Reduced:
    """Is what its reducer says."""

    def __init__(self, *reduced: Any) -> None:
        self._hidden = lambda: reduced  # no attribute leads to it

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._hidden()


class Fresh(Reduced):
    """Its reducer returns something new each time."""

    def __init__(self, hidden: Any) -> None:
        self._hidden = hidden


def make(*parts: Any) -> Plain:
    return Plain(parts=parts)


def lock() -> Any:
    return threading.Lock()


def value_of(found: Finding, obj: Any, **names: Any) -> Any:
    return eval(found.path, {"obj": obj, "adapters": adapters, "copyreg": copyreg, **names})


def only(explanation: Explanation) -> Finding:
    assert len(explanation) == 1, str(explanation)
    return explanation.findings[0]


def leads_to(obj: Any, part: Any) -> Finding:
    """The only finding about `obj` is this part, and its path evaluates to it."""
    found = only(explain(obj))
    assert value_of(found, obj) is part
    assert found.exact
    return found
