"""References: under which name another process imports a class, a function or an `ffi`.

Types of extensions often state a module that is none, or one that does not hold them: then all
modules are searched. Only the dictionaries of modules and of classes are read, since to ask for an
attribute may import something, and may run anything.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from adapters._importable.extension_type import is_extension_type, own_dict
from adapters._importable.functions import BUILTIN, FUNCTION
from adapters._importable.importable import MAIN, by_value_registry, is_sent_by_value

_LEVELS = 6  # of modules and classes inside one another
_MOST = 1000  # references that are kept
_found: dict[int, str] = {}  # by the id of the value: each is checked before it is used
# Of each class that is not found, how many modules were searched.
_missing: weakref.WeakKeyDictionary[type, int] = weakref.WeakKeyDictionary()
# Any other way to read the attributes of a lazy module imports it.
_module_dict: Any = vars(ModuleType)["__dict__"].__get__


def reference_to(value: Any) -> str | None:
    """The "module:name" under which another process imports a class or function, if there is one.

    The name that it states comes first, where the module may be an attribute of one that can be
    imported, as submodules of extensions are. Then the modules are searched: with all that they
    hold for the type of an extension, which cannot go by value, and only its own module for a local
    function, of which each call makes a new one.
    """
    module, name = value.__module__, value.__qualname__
    is_class = issubclass(type(value), type)
    stated = _stated(f"{module}.{name}", value)
    if stated is not None or (module in MAIN and not is_class):
        return stated
    if is_extension_type(value) if is_class else type(value) is BUILTIN:
        return held(value) or held(value, by_value=True)
    if module in MAIN or (is_class and _missing.get(value) == len(sys.modules)):
        return None
    found = _search(value, [module] if module in sys.modules else [], _LEVELS)
    if found is None and (is_class or "<" not in name):
        found = held(value, levels=1)
        if found is None and is_class:
            _missing[value] = len(sys.modules)
    return found


def held(value: Any, *, levels: int = _LEVELS, by_value: bool = False) -> str | None:
    """The "module:name" under which some module holds a value, None if none does.

    Of several names, that of the value's own package is taken, then the one with the fewest private
    parts, so that it is the same in each process that runs the same script.

    Args:
        value: What is looked for.
        levels: How many levels are searched: modules, what is in their classes, and so on.
        by_value: Whether modules count that `cloudpickle.register_pickle_by_value` names.
    """
    known = _found.get(id(value))
    if known is not None and _at(known) is value and (by_value or _is_open(known)):
        return known
    found = _search(value, _modules(by_value), levels)
    if found is not None:
        if len(_found) >= _MOST:
            _found.clear()
        _found[id(value)] = found
    return found


def attributes() -> Iterator[Any]:
    """What the modules that other processes can import hold, the most public modules first."""
    for module in _modules(by_value=False):
        yield from list(_contents(sys.modules.get(module)).values())


def _modules(by_value: bool) -> list[str]:
    some_go_by_value = by_value_registry() and not by_value
    names = [
        name
        for name in list(sys.modules)
        # builtins and sys hold values by accident, such as the `_` of an interactive session, and
        # the private modules of adapters may move.
        if name not in (*MAIN, "builtins", "sys")
        and not name.startswith("adapters._")
        and not (some_go_by_value and is_sent_by_value(name))
    ]
    return sorted(names, key=lambda name: (name.count("._"), name.count("."), name))


def _search(value: Any, modules: list[str], levels: int) -> str | None:
    package = str(getattr(value, "__module__", None)).partition(".")[0]

    def rank(reference: str) -> tuple[object, ...]:
        parts = _parts(reference)
        private = sum(part.startswith("_") for part in parts)
        return parts[0] != package, private, len(parts), reference

    level: list[tuple[str, Any]] = [(f"{name}:", sys.modules.get(name)) for name in modules]
    seen = {id(module) for module in list(sys.modules.values())}
    for depth in range(levels):
        level = list(_inside(level, seen)) if depth else level
        names = [prefix + name for prefix, holder in level for name in _names_in(holder, value)]
        names = [name for name in names if all(map(str.isidentifier, _parts(name)))]
        if names:
            return min(names, key=rank)
    return None


def _is_open(reference: str) -> bool:
    return not is_sent_by_value(reference.partition(":")[0])


def _parts(reference: str) -> list[str]:
    return reference.replace(":", ".").split(".")


def _contents(holder: Any) -> Mapping[str, Any]:
    """The attributes that a module or a class itself has; no code of theirs runs."""
    kind = type(holder)
    if issubclass(kind, type):
        return own_dict(holder)  # type: ignore[no-any-return]
    if issubclass(kind, ModuleType):
        return _module_dict(holder) or {}  # None before Python 3.11, if no `__init__` has run
    with suppress(AttributeError):  # what a program has put into sys.modules
        held = object.__getattribute__(holder, "__dict__")
        return held if type(held) is dict else {}
    return {}


def _names_in(holder: Any, value: Any) -> list[str]:
    held = list(_contents(holder).items())
    if type(value) is FUNCTION:
        held = [(name, _plain(each)) for name, each in held]
    return [name for name, each in held if each is value]


def _plain(attribute: Any) -> Any:
    """What one gets for an attribute of a dictionary, as far as it is a function."""
    return attribute.__func__ if type(attribute) is staticmethod else attribute


def _inside(level: list[tuple[str, Any]], seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The classes and the modules in those of one level that were not `seen` yet."""
    for prefix, holder in level:
        for name, value in list(_contents(holder).items()):
            if issubclass(type(value), (type, ModuleType)) and id(value) not in seen:
                seen.add(id(value))
                yield f"{prefix}{name}.", value


def _stated(path: str, value: Any) -> str | None:
    parts = path.split(".")
    for end in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:end])
        if module in sys.modules:
            reference = f"{module}:{'.'.join(parts[end:])}"
            return reference if module not in MAIN and _at(reference) is value else None
    return None


def _at(reference: str) -> Any:
    """What is under a reference in this process, None if nothing is."""
    module, _, path = reference.partition(":")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = _plain(_contents(found).get(part))
    return found
