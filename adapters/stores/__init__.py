"""Stores: where the state of a shared handle lies, for every process that has the handle to find.

`Local`, in files of this host's memory, is the default. `Fsspec` reaches other hosts through any
shared file system or object storage, `Dask` and `Ray` through the engine's own memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from adapters.stores._local import Local

if TYPE_CHECKING:
    from adapters.stores._dask import Dask
    from adapters.stores._fsspec import Fsspec
    from adapters.stores._ray import Ray

__all__ = ["Dask", "Fsspec", "Local", "Ray", "Store"]


class Store(Protocol):
    """What `adapters.share` needs of a store, which is pickled with each handle: it is small."""

    def put(self, parts: Sequence[Any]) -> Any:
        """Keep some bytes-like objects, in order.

        Returns:
            A key that is hashable, pickles, is small, and is never given out twice.

        Raises:
            StoreError: they cannot be kept.
        """

    def get(self, key: Any) -> Sequence[Any]:
        """The parts under a key, as bytes-like objects, read-only where they are the store's own.

        Raises:
            LookupError: there is nothing under the key, or nothing any more.
            StoreError: what is there is not what was put, or is not to be had from here.
        """

    def delete(self, key: Any) -> None:
        """Forget a key; does nothing where there is none."""

    def closed(self, parts: Sequence[Any]) -> bool:
        """Whether what `get` returned has been deleted since, as far as that is known at no cost.

        It is asked at each `get()` of a handle, so it must not take a microsecond.
        """


Local.__module__ = __name__


# Imported on first use, as each needs a library of its own.
_LATER = {"Dask": "_dask", "Fsspec": "_fsspec", "Ray": "_ray"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    store = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    store.__module__ = __name__
    return store
