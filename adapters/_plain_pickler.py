"""The plain pickler: pickle's own, for objects that hold no function or class to go by value.

It asks copyreg for reducers, as pickle does, and the registry for subclasses that are newer than
the registration. It stops at the first function or class that another process could not import.
"""

from __future__ import annotations

import copyreg

try:
    from _pickle import Pickler
except ImportError:  # an interpreter without the C pickler
    from pickle import Pickler

from adapters._accelerated import accelerator
from adapters._importable.functions import CACHED, FUNCTIONS, reduce_function
from adapters._importable.importable import MAIN, is_importable
from adapters._wire.rebuild import registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any

_SINGLETONS = tuple(map(type, (None, ..., NotImplemented)))  # pickle has code of its own for them
# Plain pickle refuses these, cloudpickle makes them again. `dumps` would find that out by itself;
# to know them spares it the start with the plain pickler, and tells `explain`.
_of_libraries = registry.libraries.reducers
_VIEWS = map(type, (vars(type), {}.keys(), {}.values(), {}.items()))
_SPECIAL = FUNCTIONS | {property, staticmethod, classmethod, type(copyreg), *_VIEWS}


class NotImportableError(Exception):
    """A function or class has to be pickled by value, for which cloudpickle is needed."""


def reduction(obj: Any) -> Any:
    """The reduction of an object by the plain pickler; NotImplemented leaves it to pickle.

    Raises:
        NotImportableError: it has to go by value.
        SerializeError: as `Lookup.reduce`.
    """
    kind = type(obj)
    if kind in copyreg.dispatch_table:
        return NotImplemented
    if (reduce := _of_libraries.get(kind)) is not None:
        return reduce(obj)
    if kind in _SPECIAL:
        reduced = reduce_function(obj) if kind in FUNCTIONS else None
    elif issubclass(kind, type):
        reduced = NotImplemented if is_importable(obj) or obj in _SINGLETONS else None
    elif kind is CACHED:
        reduced = NotImplemented if is_importable(obj) else None
    elif kind.__name__ == "TypeVar" and obj.__module__ in MAIN:
        reduced = None
    else:
        edition = registry.copyreg.edition
        reduced = registry.reduce(obj)
        if reduced is NotImplemented and kind.__name__ != "TypeVar":
            registry.copyreg.leave(kind, edition)
    if reduced is None:
        raise NotImportableError
    return reduced


class Override:
    """The `reducer_override` of a pickler; `_accelerator.c` has the same in C.

    Args:
        left: Types whose objects are left to pickle.
        more: More of them.
        ask: Says what to do with any other object, as a `reducer_override` does.

    Attributes:
        was_called: Whether a pickler has called it: it does not for pickle's own basic types.
    """

    __slots__ = ("_ask", "_left", "_more", "was_called")

    def __init__(
        self, left: Container[type], more: Container[type], ask: Callable[[Any], Any]
    ) -> None:
        self._left = left
        self._more = more
        self._ask = ask
        self.was_called = False

    def reduce(self, obj: Any) -> Any:
        """The reduction of an object, or NotImplemented."""
        self.was_called = True
        if type(obj) in self._left or type(obj) in self._more:
            return NotImplemented
        return self._ask(obj)


if accelerator is not None:
    Override = accelerator.Override  # type: ignore[misc]


class PlainPickler(Pickler):
    """The pickler of objects that hold no function or class to go by value."""

    # No method, which would take a frame of Python for each object.
    reducer_override: Any = Override(
        registry.copyreg.left, copyreg.dispatch_table, reduction
    ).reduce
