"""Owners: which object a part belongs to, so that an adapter or a change belongs there."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import Any

from adapters._addresses import is_ctypes_pointer
from adapters._explain.classes import class_expression, is_foreign, is_standard, package_of
from adapters._explain.hazards import LIBRARY, OWNER
from adapters._explain.paths import Paths
from adapters._explain.reducers import (
    multiprocessing_advice,
    newer_class,
    reducer_of_multiprocessing,
)
from adapters._explain.standard_advice import inherited_advice
from adapters._explain.walk import Walk
from adapters._importable.extension_type import is_extension_type
from adapters._wire.served import adapter_for
from adapters.errors import suppress_failures

# Modules whose objects hold what others put into them.
_PLAIN = frozenset(
    ("argparse", "builtins", "collections", "functools", "itertools", "operator", "types")
)


class Owners:
    """Finds the owners of the parts of a walk, and writes their classes."""

    def __init__(self, walk: Walk, paths: Paths) -> None:
        self._walk = walk
        self._paths = paths

    def part(self, number: int) -> Any:
        """A part of the walk."""
        return self._walk.parts[number]

    def class_of(self, number: int) -> str:
        """Python for the class of a part."""
        return class_expression(type(self._walk.parts[number]), self.path_of(number))

    def path_of(self, number: int) -> str:
        """Python for a part, or for one of the same type."""
        return self._paths.of(number)[0]

    def register(self, number: int) -> str:
        """The call that registers an adapter for the class of a part, in an expression.

        For an extension type it says too what looks for the adapter.
        """
        offer = ""
        with suppress_failures():  # of a metaclass
            if is_extension_type(type(self._walk.parts[number])):
                offer = self._suggest(number)
        return f"adapters.register({self.class_of(number)}, serialize, factory){offer}"

    def _suggest(self, number: int) -> str:
        """What looks for an adapter, behind a call that registers one; "" if that cannot."""
        path, exact = self._paths.of(number)
        possible = exact and hasattr(os, "fork")  # its trials are forked children
        return f" (adapters.suggest({path}) looks for one)" if possible else ""

    def user_of(self, number: int) -> int | None:
        """The nearest object above a part whose class is not of the standard library, nor ours.

        Containers of libraries are passed over for what they hold, as those of Python are.
        """
        line, parts = self._walk.line_to(number), self._walk.parts
        for above, below in reversed(list(pairwise(line))):
            kind = type(parts[above])
            is_attribute = self._walk.origins[below][1][0] == "attribute"
            if not is_standard(kind) and (is_attribute or not _is_container_of_library(kind)):
                return above
        return None

    def library_object_of(self, number: int) -> int | None:
        """The outermost object of a library that a part belongs to, None if the nearest is none.

        It holds the part itself, or through objects of the same library alone: what is in a
        container may be one of many.
        """
        owner, parts = self.user_of(number), self._walk.parts
        if owner is None or not is_foreign(type(parts[owner])):
            return None
        package = package_of(type(parts[owner]))
        while owner:
            above = self._walk.origins[owner][0]
            kind = type(parts[above])
            if package_of(kind) != package or not is_foreign(kind):
                break
            owner = above
        return owner

    def standard_object_of(self, number: int) -> int | None:
        """The outermost object of the standard library, or of ours, that a part belongs to."""
        owner, parts = None, self._walk.parts
        for above in reversed(self._walk.line_to(number)[:-1]):
            kind = type(parts[above])
            if not is_standard(kind):
                break
            owner = owner if package_of(kind) in _PLAIN else above
        return owner

    def is_opened_by(self, standard: int, number: int) -> bool:
        """Whether a file or connection is what an object of the standard library is about."""
        runs = package_of(type(self.part(standard))) in ("asyncio", "threading")
        return self._walk.origins[number][0] == standard and not runs

    def inherited(self, number: int) -> str | None:
        """What to do about a part that is, or belongs to, an object of multiprocessing."""
        line, parts = self._walk.line_to(number), self._walk.parts
        outermost = self.standard_object_of(number)
        if outermost is None:
            return inherited_advice(type(parts[number]))
        if package_of(type(parts[outermost])) not in ("multiprocessing", "ctypes", "_ctypes"):
            return None
        inside = line[line.index(outermost) :]
        found = (inherited_advice(type(parts[each])) for each in inside)
        return next((each for each in found if each is not None), None)

    def by_other_ways(self, number: int) -> str | None:
        """What to do about a part, if multiprocessing has a reducer for the object that it is in.

        Or if this object is of a class that was defined again since.
        """
        for above in reversed(self._walk.line_to(number)):
            with suppress_failures():  # of a metaclass
                part = self.part(above)
                if newer := newer_class(part):
                    subject = f"the class of {self.path_of(above)}"
                    return "; ".join(newer).replace("its class", subject, 1)
                reducer = reducer_of_multiprocessing(type(part))
                if reducer is not None and adapter_for(part) is None:
                    return multiprocessing_advice(reducer)
        return None

    def for_handle(self, number: int) -> str:
        """What to do about a handle, which is of use in this process alone."""
        parts = self._walk.parts
        ctypes: Any = sys.modules.get("ctypes")
        for above in reversed(self._walk.line_to(number)):
            if ctypes is not None and issubclass(type(parts[above]), ctypes.CDLL):
                return LIBRARY.format(self.class_of(above))
        owner = self.library_object_of(number)
        owner = self.user_of(number) if owner is None else owner
        if owner is not None:
            name = self.class_of(owner)
            return (
                f"register an adapter for {name}, whose handle is in this process:"
                f" adapters.register({name}, serialize, factory){self._suggest(owner)}"
            )
        if ctypes is not None and issubclass(type(parts[number]), ctypes._CFuncPtr):
            return "send its name and the path of its library, and look it up there"
        return OWNER


def _is_container_of_library(kind: type) -> bool:
    bases = type.__getattribute__(kind, "__mro__")
    names = ("__len__", "__getitem__")
    return is_foreign(kind) and all(any(name in vars(base) for base in bases) for name in names)


def is_handle(part: Any) -> bool:
    """Whether a part is a handle: a pointer, a capsule, or what holds one for SWIG or ctypes."""
    kind = type(part)
    if kind.__name__ in ("PyCapsule", "SwigPyObject") or is_ctypes_pointer(kind):
        return True
    if not is_data_of_ctypes(kind):
        return False
    try:
        part.__reduce__()
    except ValueError:  # there are pointers in it
        return True
    return False


def is_data_of_ctypes(kind: type) -> bool:
    """Whether the objects of a type are numbers, structs, unions or arrays of ctypes."""
    ctypes: Any = sys.modules.get("_ctypes")
    if ctypes is None:
        return False
    return issubclass(kind, (ctypes.Structure, ctypes.Union, ctypes.Array, ctypes._SimpleCData))
