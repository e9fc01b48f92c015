"""A pickler whose bytes are the same in each process that runs the same script.

The pickler in C writes sets in the order of their hashes, which differ from process to process, and
a text twice where two equal ones are two objects. Here sets are sorted and texts are written once.
"""

from __future__ import annotations

import pickle
from typing import Any

from adapters._importable.fingerprint import describe
from adapters._importable.functions import FUNCTION
from adapters._importable.importable import MAIN

_NUMBERS = (int, float, bool, type(None))


class StablePickler(pickle._Pickler):
    """Pickles by the reducers of another pickler; it is slower than that.

    Args:
        file: As in pickle.
        reducers: The pickler, of cloudpickle, to whose file nothing is written.
    """

    def __init__(self, file: Any, reducers: Any) -> None:
        super().__init__(file, reducers.proto)
        self.dispatch_table = reducers.dispatch_table
        self._reducers = reducers
        self._texts: dict[tuple[type, Any], Any] = {}

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        kind = type(obj)
        if kind in _NUMBERS:
            self.dispatch[kind](self, obj)  # type: ignore[arg-type]
            return
        if kind in (str, bytes):
            obj = self._texts.setdefault((kind, obj), obj)
        super().save(obj, save_persistent_id)  # type: ignore[misc]

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind in (set, frozenset):
            return kind, (sorted(obj, key=lambda each: repr(describe(each))),)
        reduced = self._reducers.reducer_override(obj)
        by_value = type(reduced) is tuple and len(reduced) > 2
        if by_value and (kind is FUNCTION or issubclass(kind, type)):
            function, arguments, state, *rest = reduced
            for each in (*arguments, *state):
                _settle(each)
            arguments = tuple(MAIN[0] if each == MAIN[1] else each for each in arguments)
            return function, arguments, state, *rest
        return reduced


def _settle(attributes: Any) -> None:
    """Make what cloudpickle writes of a function, its globals or a class the same in each process.

    A child of multiprocessing has the main script under another name. One attribute comes with the
    use of a class, and two list what was in a set.
    """
    if type(attributes) is not dict:
        return
    if attributes.get("__name__") == MAIN[1]:
        attributes.update(__name__=MAIN[0], __package__=attributes.get("__package__") or None)
    if attributes.get("__module__") == MAIN[1]:
        attributes["__module__"] = MAIN[0]
    attributes.pop("__slotnames__", None)
    for name in ("_abc_impl", "__static_attributes__"):
        if name in attributes:
            found = attributes[name]
            attributes[name] = type(found)(sorted(found, key=lambda each: repr(describe(each))))
