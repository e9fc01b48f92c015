"""By value: functions, classes and adapters that no other process could import.

cloudpickle writes them. This module is imported when the first of them is sent, and not before:
importing cloudpickle takes longer than importing all of this package.
"""

from __future__ import annotations

import inspect
import io
import logging
import pickle
import pkgutil
import re
import sys
import types
from _thread import get_ident
from collections import ChainMap
from contextlib import suppress
from copyreg import dispatch_table
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import cloudpickle
from cloudpickle import cloudpickle as inner

from adapters import _events
from adapters._importable.class_ids import give_id
from adapters._importable.definitions import definition, find_in_main, main_class
from adapters._importable.extension_type import is_extension_type
from adapters._importable.fingerprint import definition_digest
from adapters._importable.functions import (
    CACHED,
    FUNCTION,
    FUNCTIONS,
    METHOD,
    copy_cached,
    is_bound,
    reduce_function,
)
from adapters._importable.importable import MAIN, is_importable, is_sent_by_value
from adapters._importable.main_script import path
from adapters._importable.reference import attributes, held, reference_to
from adapters._importable.stable_pickler import StablePickler
from adapters._naming import in_words, qualified_name, shown
from adapters._wire.adapter import OPTIONS
from adapters._wire.ctype import ffi_types, reduce_ffi
from adapters.errors import SerializeError, failures

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters._wire.adapter import Adapter

# Most of these have other names in `builtins`, or none; cloudpickle writes those in `types`.
_BUILTIN_TYPES = frozenset(map(id, vars(types).values()))
# What cloudpickle would turn into something else, and what to do instead.
_CHANGED: dict[Any, str] = {
    memoryview: "would arrive as bytes; send bytes of it, or the object that owns the memory",
    io.TextIOWrapper: "would arrive as a copy of its text in memory; send its path, and open it"
    " there",
}
_being_written: set[tuple[int, int]] = set()  # (thread, id of the adapter)


def dump_adapter(adapter: Adapter, reduce: Callable[[Any], Any]) -> bytes | str:
    """An adapter as bytes for `load_by_value`, or the reason why it cannot be sent.

    The bytes are the same in each process that runs the same script: they are part of what
    `joblib.Memory` takes for its key.
    """
    key = (get_ident(), id(adapter))
    if key in _being_written:
        raise SerializeError("its functions refer to an object of its own type", adapter.name)
    _being_written.add(key)
    arguments = adapter.target, adapter.serialize, adapter.factory
    parts = arguments, {name: getattr(adapter, name) for name in OPTIONS}
    try:
        try:
            return _dump(parts, stable=True, reduce=reduce)
        except RecursionError:  # it comes later to the pickler in C
            return _dump(parts, reduce=reduce)
    except failures() as error:  # types raise anything when pickled
        # An address is another one in each process.
        return re.sub(r" at 0x[0-9a-fA-F]+", "", in_words(error, short=True, places=False))
    finally:
        _being_written.discard(key)


def dump_definition(value: Any, reduce: Callable[[Any], Any]) -> bytes:
    """A class or a function by value, as a pickle, with those that it refers to."""
    return _dump(value, reduce=reduce, whole=True)


def _dump(value: Any, stable: bool = False, **options: Any) -> bytes:
    with io.BytesIO() as file:
        pickler = Pickler(file, pickle.DEFAULT_PROTOCOL, stable=stable, **options)
        (StablePickler(file, pickler) if stable else pickler).dump(value)
        return file.getvalue()


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """cloudpickle's pickler, which also knows native objects, C types and the main script.

    Args:
        file, protocol, options: As in pickle.
        reduce: The reducer of native objects: `Registry.reduce`.
        first: A function that is asked for reductions before; NotImplemented is no answer.
        copy_main: Whether classes of the main script are written so, and share its globals with the
            functions that are written beside them.
        whole: Whether classes and functions are written even where the other process may have them.
        stable: Whether a `StablePickler` writes what this one reduces.
    """

    # Reducers that other code gave copyreg come first, as in pickle.
    dispatch_table: ClassVar[Any] = ChainMap(*reversed(cloudpickle.Pickler.dispatch_table.maps))

    def __init__(
        self,
        file: Any,
        protocol: int,
        *,
        reduce: Callable[[Any], Any],
        first: Callable[[Any], Any] | None = None,
        copy_main: bool = False,
        whole: bool = False,
        stable: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(file, protocol, **options)
        self._reduce_native = reduce
        self._first = first
        self._copy_main = copy_main or whole
        self._whole = whole
        self._stable = stable

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if self._first is not None and (reduced := self._first(obj)) is not NotImplemented:
            return reduced
        if kind is FUNCTION or issubclass(kind, type):
            reduced = self._reduce_definition(obj)
        elif kind in FUNCTIONS:
            reduced = _reduce_method(obj)
        elif issubclass(kind, types.ModuleType):
            reduced = _reduce_module(obj)
        elif kind in ffi_types():
            reduced = reduce_ffi(obj)
        elif kind is TypeVar:
            give_id(obj)
            reduced = self._copy(obj)
        else:
            reduced = self._reduce_native(obj)
            if reduced is NotImplemented and kind not in dispatch_table:
                reduced = self._reduce_other(obj)
        return super().reducer_override(obj) if reduced is NotImplemented else reduced

    def _reduce_other(self, obj: Any) -> Any:
        """The reduction of what cloudpickle would refuse, or turn into something else."""
        kind = type(obj)
        if kind in _CHANGED and obj not in (sys.stdout, sys.stderr):
            name = qualified_name(kind)
            raise SerializeError(f"cannot pickle {name}: it {_CHANGED[kind]}", name)
        if kind in (logging.Logger, logging.RootLogger):
            return obj.__reduce_ex__(self.proto)  # cloudpickle gives any logger of its name
        if kind is types.GetSetDescriptorType:
            return _reduce_attribute(obj)
        if kind is CACHED and not is_importable(obj):
            return copy_cached(obj)
        return _by_name(held(obj)) if _is_method_of_c(obj) else NotImplemented

    def _reduce_definition(self, value: Any) -> Any:
        """The reduction of a class or function; NotImplemented leaves it to cloudpickle."""
        sent_by_value = is_sent_by_value(value.__module__)
        if id(value) in _BUILTIN_TYPES or (is_importable(value) and not sent_by_value):
            return NotImplemented
        is_class = type(value) is not FUNCTION
        is_native = is_class and is_extension_type(value)
        reference = reference_to(value) if is_native or not sent_by_value else None
        if reference is not None and (is_native or "<" not in value.__qualname__):
            return pkgutil.resolve_name, (reference,)
        if is_native:
            return _reduce_metaclass(value)
        if reference is not None and not self._whole:
            return definition, (reference, definition_digest(value), self._body_of(value))
        if is_class:
            script = path()
            name = value.__qualname__
            if not self._copy_main and script is not None and find_in_main(script, name) is value:
                return main_class, (script, name, self._body_of(value))
            give_id(value)
        return self._copy(value)

    def _copy(self, value: Any) -> Any:
        """The reduction by value of what a child of multiprocessing has from the main script.

        cloudpickle takes that for importable. Elsewhere, and in a version of cloudpickle without
        these functions, it is left to cloudpickle.
        """
        if _events.observer is not None:
            name = getattr(value, "__qualname__", value.__name__)
            _events.observer.record("by value", f"{value.__module__}.{name}")
        if self._stable and value.__module__ == MAIN[1]:
            with suppress(AttributeError):
                if type(value) is FUNCTION:
                    return self._dynamic_function_reduce(value)
                if type(value) is TypeVar:
                    return inner._make_typevar, inner._decompose_typevar(value)
                return inner._dynamic_class_reduce(value)
        return NotImplemented

    def _body_of(self, value: Any) -> bytes:
        """A class or function by value, for a process that does not have it."""
        return _dump(value, self._stable, reduce=self._reduce_native, whole=True)


def _reduce_method(method: Any) -> Any:
    """The reduction of a bound method, or of a function of C; cloudpickle can send the former."""
    reduced = reduce_function(method)
    if reduced is NotImplemented and type(method) is METHOD:
        return getattr, (method.__self__, method.__name__)  # cloudpickle would send the function
    if reduced is not None:
        return reduced
    if not is_bound(method):
        return _by_name(reference_to(method))
    if type(method) is not METHOD and hasattr(method.__self__, method.__name__):
        raise SerializeError(
            f"cannot pickle {shown(method)}: its object has another {method.__name__!r}, which it"
            " would become; send the object",
            qualified_name(type(method)),
        )
    return NotImplemented


def _reduce_attribute(descriptor: Any) -> Any:
    """The reduction of an attribute in C of a class, which `getattr` may not give."""
    cls, name = descriptor.__objclass__, descriptor.__name__
    given = getattr(cls, name, None) is descriptor
    return NotImplemented if given else (inspect.getattr_static, (cls, name))


def _reduce_module(module: Any) -> Any:
    """The reduction of a module that is an attribute of another one, as those of extensions are."""
    name = module.__name__
    if sys.modules.get(name) is module or is_sent_by_value(name):
        return NotImplemented
    return _by_name(held(module))


def _is_method_of_c(obj: Any) -> bool:
    """Whether an object is what pybind11 or nanobind make of a function, which does not pickle."""
    kind: Any = type(obj)
    return (
        callable(obj)
        and kind is not staticmethod  # for which a class gives the function inside
        and kind.__reduce_ex__ is object.__reduce_ex__
        and kind.__reduce__ is object.__reduce__
        and hasattr(obj, "__name__")
        and is_extension_type(kind)
    )


def _by_name(reference: str | None) -> Any:
    return NotImplemented if reference is None else (pkgutil.resolve_name, (reference,))


def _reduce_metaclass(cls: type) -> Any:
    """The reduction of an extension's type that no module holds: that of a class that one does.

    Raises:
        SerializeError: there is none.
    """
    for value in attributes() if issubclass(cls, type) else ():
        if type(value) is cls and is_importable(value):
            return type, (value,)
    name = qualified_name(cls)
    raise SerializeError(
        f"cannot pickle the type {name}: no module that was imported holds it, and the C part of an"
        " extension's type cannot go by value; make it an attribute of a module that the other"
        " process can import",
        name,
    )
