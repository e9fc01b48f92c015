"""By value: functions, classes and adapters that no other process could import.

cloudpickle writes them. This module is imported when the first of them is sent, and not before:
importing cloudpickle takes longer than importing all of this package.
"""

from __future__ import annotations

import io
import os
import pickle
import pkgutil
import sys
from _thread import get_ident
from types import MethodType
from typing import TYPE_CHECKING, Any

import cloudpickle

from adapters._naming import in_words
from adapters._wire.adapter import OPTIONS
from adapters._wire.ctype import ffi_types, reduce_ffi
from adapters._wire.importable import (
    MAIN,
    find_in_main,
    importable_attributes,
    is_importable,
    main_class,
)
from adapters.errors import SerializeError, failures

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters._wire.adapter import Adapter

_being_written: set[tuple[int, int]] = set()  # (thread, id of the adapter)


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """cloudpickle's pickler, which also knows native objects, C types and the main script.

    Args:
        file, protocol, options: As in pickle.
        reduce: The reducer of native objects: `Registry.reduce`.
    """

    def __init__(self, file: Any, protocol: int, *, reduce: Any, **options: Any) -> None:
        super().__init__(file, protocol, **options)
        self._reduce_native = reduce

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type):
            reduced = NotImplemented if is_importable(obj) else _reduce_class(obj)
        elif isinstance(obj, MethodType) and getattr(obj.__self__, obj.__name__, None) == obj:
            reduced = getattr, (obj.__self__, obj.__name__)  # not the function by its module
        elif type(obj) in ffi_types():
            reduced = reduce_ffi(obj)
        else:
            reduced = self._reduce_native(obj)
        return super().reducer_override(obj) if reduced is NotImplemented else reduced


def dump_adapter(adapter: Adapter, reduce: Callable[[Any], Any]) -> bytes | str:
    """An adapter as bytes for `load_by_value`, or the reason why it cannot be sent."""
    key = (get_ident(), id(adapter))
    if key in _being_written:
        raise SerializeError("its functions refer to an object of its own type", adapter.name)
    _being_written.add(key)
    arguments = adapter.target, adapter.serialize, adapter.factory
    options = {name: getattr(adapter, name) for name in OPTIONS}
    try:
        with io.BytesIO() as file:
            Pickler(file, pickle.DEFAULT_PROTOCOL, reduce=reduce).dump((arguments, options))
            return file.getvalue()
    except failures() as error:  # types raise anything when pickled
        return in_words(error, short=True)
    finally:
        _being_written.discard(key)


def _reduce_class(cls: type) -> Any:
    """The reduction of a class that its module does not hold under its name.

    Types of extensions often state a wrong module: another module that holds the type is looked
    for. A class of the main script is sent with the script's path, since a process that runs the
    same script has to use its own class. NotImplemented leaves the class to cloudpickle.
    """
    if cls.__module__ not in MAIN and "<locals>" not in cls.__qualname__:
        for name, value in importable_attributes():
            if value is cls:
                return pkgutil.resolve_name, (name,)
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is None or find_in_main(script, cls.__qualname__) is not cls:
        return NotImplemented
    body = cloudpickle.dumps(cls, protocol=pickle.DEFAULT_PROTOCOL)
    return main_class, (os.path.abspath(script), cls.__qualname__, body)
