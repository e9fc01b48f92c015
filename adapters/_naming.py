"""How messages name types, errors and objects: the same in every process."""

from __future__ import annotations

import builtins
import sys

from adapters.errors import failures

_SHOWN = 80  # characters of a repr
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made at run time, as types of PyO3 are


def qualified_name(target: object) -> str:
    """The module-qualified name of a type or C type, the same in a script and in its children.

    A type that states no module is named by one that holds it, by an extension if there is one.
    """
    if not isinstance(target, type) and hasattr(target, "cname"):
        return f"C type '{target.cname}'"
    try:
        module = getattr(target, "__module__", None) or "builtins"
        name = str(getattr(target, "__qualname__", target))
    except failures():  # of a metaclass
        return str(type.__getattribute__(target, "__name__"))
    if isinstance(target, type) and not has_module(target):
        is_made = type.__getattribute__(target, "__flags__") & _HEAP_TYPE
        holder = min(_holders(target), key=len, default="<no module>") if is_made else module
        module = extension_of(target) or holder
    # The children of multiprocessing import the main script under the second name.
    module = "__main__" if module == "__mp_main__" else module
    return f"{module}.{name}"


def in_words(error: BaseException) -> str:
    """The type and the message of an error."""
    name = qualified_name(type(error)).removeprefix("builtins.")
    try:
        return f"{name}: {error}"
    except failures():
        return f"{name}, whose str() raises"


def shown(value: object) -> str:
    """The repr of an object, cut where it is long, whatever it raises."""
    try:
        text = repr(value)
    except failures() as error:
        text = f"an object whose repr() raises {in_words(error)}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def has_module(target: object) -> bool:
    """Whether a type says which module it is from: those of PyO3 say "builtins", which it is not.

    True for all that is no type.
    """
    if not issubclass(type(target), type):
        return True
    try:
        module = getattr(target, "__module__", None)
        name = getattr(target, "__name__", "")
    except failures():  # of a metaclass
        return True
    if module == "builtins":
        return getattr(builtins, name, None) is target
    return isinstance(module, str) and module != ""


def extension_of(cls: type) -> str | None:
    """The extension module that holds a type under its name: the same in every process."""
    found = _holders(cls).items()
    return min((name for name, file in found if file.endswith((".so", ".pyd"))), default=None)


def _holders(cls: type) -> dict[str, str]:
    """The modules that hold a type under its name, and their files; not those of Python itself."""
    name = type.__getattribute__(cls, "__name__")
    return {
        module: str(getattr(content, "__file__", ""))
        for module, content in list(sys.modules.items())
        if getattr(content, "__dict__", {}).get(name) is cls
        and module.partition(".")[0] not in sys.stdlib_module_names
        and module not in ("__main__", "__mp_main__")
    }
