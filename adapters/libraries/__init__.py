"""Adapters for the types of foreign packages, one package a file, imported on demand.

`adapters.dumps`, `Executor`, `share`, `task` and `explain` find them by themselves. `load` tells
plain pickle and all that builds on it. docs/libraries.md has what the files say of their types; the
modules beside them are these:

| module | what it holds |
|---|---|
| `_files` | files, of open objects and of those that are only saved to one |
| `_gdal` | files in memory, of the libraries that are built on GDAL |
| `_locks` | locks, for libraries that are not safe for threads |
| `_lxml_documents` | documents of lxml, and the places of nodes in them |
| `_settings` | objects that are all in their attributes, or in what getters say |
| `_sqlite` | what the two bindings of SQLite share |
| `_states` | what the factories check in a state |
| `_z3_terms` | terms of z3 as plain data |
| `on_ray` | `RayExecutor`: Ray's tasks as an executor of concurrent.futures |
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from adapters._batteries.entry_points import entry_points
from adapters._batteries.finder import import_battery, modules_for
from adapters._batteries.packages import FILES
from adapters._installation import require_whole
from adapters._wire.rebuild import registry
from adapters.errors import UnknownAdapterError

if TYPE_CHECKING:
    from adapters._wire.adapter import Adapter

__all__ = ["load"]

require_whole()


def load(*packages: str) -> list[Adapter]:
    """Tell plain pickle of the adapters for the types of packages, in this process.

    Then joblib, a Pool and whatever else pickles takes their objects, too. A process in which such
    an object arrives learns of them by itself.

    Args:
        packages: Top-level modules, as "lxml". Without any, all that this process has imported and
            that there are adapters for.

    Returns:
        The adapters. Those that yield to a registration of yours are not among them.

    Raises:
        UnknownAdapterError: there are no adapters for a package.
        ImportError: a package is not installed.
    """
    known = {**dict.fromkeys(FILES), **dict.fromkeys(entry_points())}
    for package in packages:
        if package not in known:
            names = ", ".join(sorted(known))
            raise UnknownAdapterError(
                f"no adapters are known for package {package!r}, only for {names}", package
            )
    wanted = packages or [package for package in known if package in sys.modules]
    found: dict[str, Adapter] = {}
    for module in dict.fromkeys(each for package in wanted for each in modules_for(package)):
        import_battery(module)
        found.update((adapter.name, adapter) for adapter in registry.tell(module))
    return list(found.values())
