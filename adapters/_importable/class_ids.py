"""Ids of classes that go by value, the same in each process that runs the same script.

cloudpickle writes an id with each class, so that a process makes one class of it however often it
arrives, and knows its own class when that comes back. It draws the ids at random, which makes the
bytes of a class different in each process. An id that it finds in its tables is kept, so classes
get theirs here first: a digest of what they are, and a number that tells equal ones apart.
"""

from __future__ import annotations

from typing import Any

from cloudpickle import cloudpickle

from adapters._importable.fingerprint import definition_digest

# None in a version of cloudpickle that keeps its ids elsewhere: they are random then.
_BY_CLASS: Any = getattr(cloudpickle, "_DYNAMIC_CLASS_TRACKER_BY_CLASS", None)
_BY_ID: Any = getattr(cloudpickle, "_DYNAMIC_CLASS_TRACKER_BY_ID", None)
_lock: Any = getattr(cloudpickle, "_DYNAMIC_CLASS_TRACKER_LOCK", None)
_given: dict[str, int] = {}  # how many ids each digest has: none is given twice


def give_id(value: Any) -> None:
    """Give a class or a type variable that goes by value an id, unless it has one.

    It has one if it arrived from another process, or if cloudpickle has pickled it before.
    """
    if _BY_CLASS is None or _BY_ID is None or _lock is None or value in _BY_CLASS:
        return
    digest = definition_digest(value if isinstance(value, type) else _parts(value))
    with _lock:
        if value in _BY_CLASS:
            return
        number = _given.get(digest, 0)
        while f"{digest}.{number}" in _BY_ID:  # of a class that arrived
            number += 1
        _given[digest] = number + 1
        _BY_CLASS[value] = f"{digest}.{number}"
        _BY_ID[f"{digest}.{number}"] = value


def _parts(variable: Any) -> tuple[Any, ...]:
    variance = variable.__covariant__, variable.__contravariant__
    return variable.__name__, variable.__bound__, variable.__constraints__, *variance
