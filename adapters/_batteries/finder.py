"""The finder: from which package a type is, and the import of what brings adapters for it.

The modules that bring some are those of entry points and those in `adapters.libraries`, in this
order of precedence. `ADAPTERS_BATTERIES=0` in the environment switches both off: then nothing is
found by itself.
"""

from __future__ import annotations

import os
import sys

from adapters._batteries.entry_points import entry_points, registering_modules
from adapters._batteries.packages import FILES, PREFIX, UNNAMED
from adapters._naming import extension_of, has_module, in_words
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_UNNAMED = 1000  # types that state no module, of which is kept from which package they are
_searched = {"builtins", "__main__", "__mp_main__"}  # packages whose modules have been imported
_unnamed: dict[type, str] = {}
_imported: set[str] = set()  # modules of entry points that were imported for what they bring


def is_library(module: Any) -> bool:
    """Whether a module registers as a library does: its adapters yield, and copyreg is not told.

    One of an entry point does, unless other code has imported it.
    """
    if not isinstance(module, str):
        return False
    known = module.startswith(PREFIX) or module in _imported
    return known or (module not in sys.modules and module in registering_modules())


def bring(cls: type) -> None:
    """Import the modules that bring adapters for a type, or one of its bases, once a process."""
    for base in cls.__mro__[:-1]:
        package = package_of(base)
        if package not in _searched:
            _search(package)


def modules_for(package: str) -> list[str]:
    """The modules that bring adapters for the types of a package, in order of precedence."""
    modules = [module for module, _ in entry_points().get(package, ())]
    file = FILES.get(package)
    return modules if file is None else [*modules, PREFIX + file]


def import_battery(module: str) -> None:
    """Import a module that may be one of them; raises what its import raises."""
    if is_library(module):
        _imported.add(module)
    __import__(module)


def package_of(cls: type) -> str:
    """The top-level module that a type is from, "builtins" if it cannot be told."""
    try:
        module = cls.__module__
        if module == "builtins" or not isinstance(module, str):
            module = _unnamed.get(cls, "")
            if not module:
                module = _look_for(cls)
    except failures():  # of a metaclass
        return "builtins"
    return module.partition(".")[0]


def _look_for(cls: type) -> str:
    """The module that holds a type that states none."""
    if has_module(cls):
        return "builtins"
    module = extension_of(cls) or UNNAMED.get(cls.__name__, "")
    if module not in sys.modules:
        module = "builtins"
    if len(_unnamed) >= _MOST_UNNAMED:
        _unnamed.clear()
    _unnamed[cls] = module
    return module


def _search(package: str) -> None:
    if os.environ.get("ADAPTERS_BATTERIES") != "0":
        for module in modules_for(package):
            try:
                import_battery(module)
            except failures() as error:
                import warnings

                warnings.warn(
                    f"no adapters from {module} for the types of {package}, as its import failed:"
                    f" {in_words(error)}; ADAPTERS_BATTERIES=0 looks for none",
                    RuntimeWarning,
                    stacklevel=2,
                )
    _searched.add(package)  # at last, for other threads, which wait for the import
