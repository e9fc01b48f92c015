"""The class of a part: Python that evaluates to it, and whether its code is the user's own."""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import Any

from adapters._importable.extension_type import is_extension_type
from adapters._importable.reference import held
from adapters._naming import qualified_name
from adapters.errors import failures, suppress_failures

_LIBRARIES = {"site-packages", "dist-packages"}


def class_expression(cls: type, path: str) -> str:
    """Python for the class of the object at `path`.

    It is the name that the class states, or that of a module which holds it, if one of them leads
    to it; the modules in it have to be imported. Else it is `type(path)`.
    """
    names = [qualified_name(cls)]
    with suppress_failures():  # of a metaclass
        package = package_of(cls)
        own = list(vars(sys.modules[package]).items()) if package in sys.modules else []
        names += [f"{package}.{name}" for name, each in own if each is cls and name[0] != "_"]
        if is_extension_type(cls):  # which states a wrong module more often; the search takes long
            names.append(str(held(cls)).replace(":", "."))
    found = next((name for name in names if _at(name) is cls), f"type({path})")
    # Nobody imports these two for their names.
    return found.removeprefix("__main__.").removeprefix("builtins.")


def is_foreign(cls: type) -> bool:
    """Whether a class is of a library, or of an extension: its code is not for the user to mend."""
    try:
        if is_standard(cls) or is_extension_type(cls):
            return True
        file = getattr(sys.modules.get(cls.__module__), "__file__", None)
        return isinstance(file, str) and not _LIBRARIES.isdisjoint(PurePath(file).parts)
    except failures():  # of a metaclass
        return False


def is_standard(cls: type) -> bool:
    """Whether a class is of the standard library, or of this one."""
    package = package_of(cls)
    return package in sys.stdlib_module_names or package == "adapters"


def package_of(cls: type) -> str:
    """The top-level package of a class."""
    return qualified_name(cls).partition(".")[0]


def _at(name: str) -> Any:
    """What a dotted name leads to, None if it leads nowhere.

    As Python evaluates it: a module that has the name of something else in its package is not met.
    """
    first, *rest = name.split(".")
    found: Any = sys.modules.get(first)
    try:
        for part in rest:
            found = getattr(found, part)
    except failures():
        return None
    return found
