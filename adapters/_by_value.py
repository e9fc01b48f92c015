"""Write functions, classes and adapters by value, with cloudpickle.

Imported when something must go by value, and not before: importing cloudpickle takes longer than
importing all of this package.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections.abc import Iterator
from types import MethodType, ModuleType
from typing import Any

import cloudpickle

from adapters._provider import MAIN, _main_class, find_in_main, is_importable
from adapters._spec import registry

# A main script is another one in another process; the last two hold what happened to come by.
_NOT_SOURCES = (*MAIN, "builtins", "sys")


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """cloudpickle's pickler, which also knows later subclasses, C types and the main script."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type):
            reduced = NotImplemented if is_importable(obj) else _reduce_class(obj)
        elif isinstance(obj, MethodType) and getattr(obj.__self__, obj.__name__, None) == obj:
            reduced = getattr, (obj.__self__, obj.__name__)  # not the function by its module
        elif type(obj).__module__ == "_cffi_backend":
            reduced = _reduce_cffi(obj)
        else:
            reduced = NotImplemented
        if reduced is NotImplemented and not isinstance(obj, type):
            reduced = registry._reduce(obj)
        return super().reducer_override(obj) if reduced is NotImplemented else reduced


def dumps(obj: object) -> bytes:
    """Pickle `obj`; what no other process could import goes by value."""
    with io.BytesIO() as file:
        _Pickler(file, protocol=pickle.DEFAULT_PROTOCOL).dump(obj)
        return file.getvalue()


def _reduce_class(cls: type) -> Any:
    """A class that its module does not hold under its name, as something better than a copy.

    Types of extensions often say a wrong module: find one that holds them. For a class of the main
    script, a process that runs the same script is to use its own.
    """
    if cls.__module__ not in MAIN and "<locals>" not in cls.__qualname__:
        for module, name, value in _module_attributes():
            if value is cls:
                return getattr, (module, name)
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script is None or find_in_main(script, cls.__qualname__) is not cls:
        return NotImplemented
    body = cloudpickle.dumps(cls, protocol=pickle.DEFAULT_PROTOCOL)
    return _main_class, (os.path.abspath(script), cls.__qualname__, body)


def _module_attributes() -> Iterator[tuple[ModuleType, str, Any]]:
    """What the modules that other processes can import hold."""
    for name, module in list(sys.modules.items()):
        if name not in _NOT_SOURCES and isinstance(module, ModuleType):
            for attribute, value in list(vars(module).items()):
                yield module, attribute, value


def _reduce_cffi(obj: Any) -> Any:
    """An `ffi`, a `lib` or a C type of a compiled cffi module, as what that module holds."""
    for module in list(sys.modules.values()):
        ffi = getattr(module, "__dict__", {}).get("ffi")
        if ffi is None or module.__name__ in ("__main__", "__mp_main__"):
            continue
        if ffi is obj:
            return getattr, (module, "ffi")
        if vars(module).get("lib") is obj:
            return getattr, (module, "lib")
        if hasattr(obj, "cname") and hasattr(ffi, "typeof"):
            try:
                known = ffi.typeof(obj.cname) is obj
            except Exception:  # another library's ffi, which does not know the name
                continue
            if known:
                return ffi.typeof, (obj.cname,)
    return NotImplemented
