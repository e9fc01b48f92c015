"""Parts of objects, and the Python expressions that reach them: attributes, keys, reductions."""

from __future__ import annotations

import builtins
import copyreg
import sys
from types import MemberDescriptorType, ModuleType
from typing import Any

from adapters._naming import HEAP_TYPE
from adapters.errors import failures

Way = tuple[str, str]  # what to write before and behind the expression of an object
_LITERALS = frozenset((str, bytes, int, bool, type(None)))
_PROTOCOL = 5  # of reductions


def literal(key: object) -> str | None:
    """`key` as Python source, None if no literal equals it."""
    if type(key) is tuple:
        is_literal = None not in map(literal, key)
    else:
        is_literal = type(key) in _LITERALS or (type(key) is float and key - key == 0)
    try:
        return repr(key) if is_literal else None
    except ValueError:  # an int with more digits than Python prints
        return None


def is_of_stdlib(cls: type) -> bool:
    """Whether a class is of the standard library, or says so: those of PyO3 say "builtins"."""
    try:
        if cls.__module__ == "builtins" and cls.__flags__ & HEAP_TYPE:
            return getattr(builtins, cls.__name__, None) is cls
        return cls.__module__.partition(".")[0] in sys.stdlib_module_names
    except failures():  # of a metaclass
        return False


def attributes(obj: object) -> dict[str, Any]:
    """What an instance holds in its `__dict__` and slots, read without methods of its class."""
    if issubclass(type(obj), (type, ModuleType)):
        return {}
    try:
        found = dict(object.__getattribute__(obj, "__dict__"))
    except failures():  # it has none
        found = {}
    for base in type.__getattribute__(type(obj), "__mro__"):
        for name, slot in list(vars(base).items()) if "__slots__" in vars(base) else ():
            try:
                if type(slot) is MemberDescriptorType:
                    found[name] = slot.__get__(obj)
            except AttributeError:  # it is not set
                continue
    return found


def attribute_way(name: str) -> Way:
    """How an attribute of an object is written."""
    return ("", f".{name}") if str(name).isidentifier() else ("vars(", f")[{name!r}]")


def reduce(obj: Any) -> Any:
    """What pickle's reducer for an object returns."""
    reducer: Any = copyreg.dispatch_table.get(type(obj))
    return obj.__reduce_ex__(_PROTOCOL) if reducer is None else reducer(obj)


def reduction_way(obj: object, protocol: int = _PROTOCOL) -> Way:
    """How the reduction of an object is written."""
    if type(obj) in copyreg.dispatch_table:
        return "(lambda it: copyreg.dispatch_table[type(it)](it))(", ")"
    return "", f".__reduce_ex__({protocol})"
