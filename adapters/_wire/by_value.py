"""Write functions, classes and adapters by value, with cloudpickle.

Imported when something must go by value, and not before: importing cloudpickle takes longer than
importing all of this package.
"""

from __future__ import annotations

import io
import os
import pickle
import pkgutil
import sys
from types import MethodType
from typing import Any

import cloudpickle

from adapters._wire.ctype import library_types, reduce_library
from adapters._wire.provider import (
    MAIN,
    _main_class,
    find_in_main,
    importable_attributes,
    is_importable,
)
from adapters._wire.rebuild import registry


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """cloudpickle's pickler, which also knows later subclasses, C types and the main script."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type):
            reduced = NotImplemented if is_importable(obj) else _reduce_class(obj)
        elif isinstance(obj, MethodType) and getattr(obj.__self__, obj.__name__, None) == obj:
            reduced = getattr, (obj.__self__, obj.__name__)  # not the function by its module
        elif type(obj) in library_types():
            reduced = reduce_library(obj)
        else:
            reduced = NotImplemented
        if reduced is NotImplemented and not isinstance(obj, type):
            reduced = registry._reduce(obj)
        return super().reducer_override(obj) if reduced is NotImplemented else reduced


def dumps(obj: object) -> bytes:
    """Pickle `obj`; what no other process could import goes by value."""
    with io.BytesIO() as file:
        Pickler(file, protocol=pickle.DEFAULT_PROTOCOL).dump(obj)
        return file.getvalue()


def _reduce_class(cls: type) -> Any:
    """A class that its module does not hold under its name, as something better than a copy.

    Types of extensions often say a wrong module: find one that holds them. For a class of the main
    script, a process that runs the same script is to use its own.
    """
    if cls.__module__ not in MAIN and "<locals>" not in cls.__qualname__:
        for name, value in importable_attributes():
            if value is cls:
                return pkgutil.resolve_name, (name,)
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is None or find_in_main(script, cls.__qualname__) is not cls:
        return NotImplemented
    body = cloudpickle.dumps(cls, protocol=pickle.DEFAULT_PROTOCOL)
    return _main_class, (os.path.abspath(script), cls.__qualname__, body)
