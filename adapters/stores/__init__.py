"""Stores: where the state of a shared handle lies, for each process that gets the handle.

| module | what it holds |
|---|---|
| `_local` | `Local`, the default: files in the memory of this host |
| `_folder` | the folders of this process, and a number for each state in them |
| `_files` | the files of states: opened, read or mapped |
| `_spare` | the files of deleted states, kept for a while for the next ones |
| `_lease` | whether a file is open or mapped anywhere |
| `_flags` | which states were deleted: a byte for each, for all readers |
| `_sweep` | the removal of states whose owner was killed |
| `_fsspec` | `Fsspec`: files under any URL that fsspec knows, for other hosts |
| `_dask`, `_ray` | `Dask` and `Ray`: the memory of the engine |
| `_store` | `Store`, the interface of all stores |
| `_frame` | the layout of several parts in one file |
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from adapters._installation import require_whole
from adapters.stores._local import Local
from adapters.stores._store import Store

if TYPE_CHECKING:
    from adapters.stores._dask import Dask
    from adapters.stores._fsspec import Fsspec
    from adapters.stores._ray import Ray

__all__ = ["Dask", "Fsspec", "Local", "Ray", "Store"]

require_whole()

# Imported on first use, as each needs a library of its own.
_LAZY = {"Dask": "_dask", "Fsspec": "_fsspec", "Ray": "_ray"}


def _imported(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)


if not TYPE_CHECKING:  # to which every name would seem to be there
    __getattr__ = _imported
