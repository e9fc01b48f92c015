"""Shared handles: small stand-ins for objects that are expensive to construct, or to send."""

from __future__ import annotations

import ctypes
import os
import sys
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from adapters import _events, stores
from adapters._naming import qualified_name, shown
from adapters._pickling import dumps, loads
from adapters._sharing import checksum
from adapters._sharing.cache import cache
from adapters.errors import RebuildError, SharedClosedError, StoreError, failures

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_NAME = 60  # bytes of the type's name, at most: the handle has to stay small
_NOT_HERE = object()  # in place of the original: outside of the owner, or once it was closed
_owned: weakref.WeakValueDictionary[Any, Shared[Any]] = weakref.WeakValueDictionary()


class Shared(Generic[T_co]):
    """A handle for an object whose state lies in a store; made by `adapters.share`.

    It pickles to a few hundred bytes, whatever the object's size. `get()` returns the object: in
    the owner, the process that shared it, the original; in any other process, one that the first
    call rebuilds and the process keeps. Buffers of its state are the store's own memory, and
    read-only.

    Closing the handle in the owner, dropping its last reference there, or the end of the owner ends
    it for other processes; see `close`. As a context manager, it closes itself.
    """

    __slots__ = ("__weakref__", "_finalizer", "_key", "_original", "_store", "_type")

    _store: stores.Store
    _key: Any
    _type: str  # its module-qualified name
    _original: Any
    _finalizer: weakref.finalize[Any, Any]  # in the owner alone

    def __new__(cls, store: stores.Store, key: Any, type_name: str) -> Shared[T_co]:
        if (owned := _owned_under(key, store)) is not None:
            return owned
        self = super().__new__(cls)
        self._store, self._key, self._type = store, key, type_name
        self._original = _NOT_HERE
        return self

    def get(self) -> T_co:
        """The object: the original in the owner, one for all threads of any other process.

        Raises:
            SharedClosedError: the handle was closed, or its owner has ended.
            RebuildError: the state is damaged, or its factory raised.
            StoreError: the store cannot be reached from this process.
        """
        found: T_co = self._original
        if found is _NOT_HERE:
            observer = _events.observer
            if observer is None:
                found = cache.get(self._key, self._rebuild)
            else:
                found = observer.get(self._type, cache.get, self._key, self._rebuild)
        return found

    def _rebuild(self) -> tuple[T_co, Callable[[], bool]]:
        store = self._store
        try:
            parts = store.get(self._key)
        except LookupError as error:
            why = "its handle was closed, or its owner has dropped it or ended"
            advice = "keep the handle until the last task is done"
            message = f"cannot get the shared {self._type}: {why}; {advice}"
            raise SharedClosedError(message, self._type) from error
        first, *buffers = parts or [b""]
        expected, body = memoryview(first)[: checksum.SIZE], memoryview(first)[checksum.SIZE :]
        if not checksum.is_intact(expected, body, buffers):
            message = f"cannot rebuild the shared {self._type}: its state has been written over"
            raise RebuildError(message, self._type)
        return loads(body, buffers=buffers), lambda: store.closed(parts)

    def close(self) -> None:
        """Remove the state: `get()` then raises SharedClosedError.

        With stores other than `Local`, not in processes that have already rebuilt the object.
        Returned objects stay usable. Outside of the owner, only this process's object is dropped.
        """
        if self._original is _NOT_HERE:
            cache.drop(self._key)
        else:
            self._finalizer()
            _owned.pop(self._key, None)
            self._original = _NOT_HERE

    def __reduce__(self) -> Any:
        return Shared, (self._store, self._key, self._type)

    def __repr__(self) -> str:
        owner = "" if self._original is _NOT_HERE else ", owned here"
        return f"<adapters.Shared {self._type}{owner}>"

    def __enter__(self) -> Shared[T_co]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def share(obj: T, store: stores.Store | None = None) -> Shared[T]:
    """Put the state of `obj` into a store, once, for all processes that get the handle.

    Args:
        obj: A native object, or anything else that pickles. It should not change from now on: the
            state is what it is now.
        store: Where to put it; None means `stores.Local()`, this host's memory.

    Returns:
        The handle. Keep it, or use it as a context manager: without it the state is gone.

    Raises:
        SerializeError: the object cannot be pickled.
        StoreError: there is no room for its state.

    >>> with share([1, 2, 3]) as handle:
    ...     handle.get()
    [1, 2, 3]
    """
    store = stores.Local() if store is None else store
    buffers: list[Any] = []
    body = dumps(obj, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    key = store.put([checksum.checksum(body, views) + body, *views])
    if _owned_under(key, store) is not None:
        raise StoreError(f"{shown(store)} gave the key {shown(key)} out twice", shown(store))
    kind = qualified_name(type(obj))
    if _events.observer is not None:
        _events.observer.message("put", kind, [body, *views])
    _events.debug("put the state of a %s into %s, under '%s'", kind, store, key)
    name = kind.encode()[-_NAME:].decode(errors="ignore")
    handle: Shared[T] = Shared(store, key, name)
    handle._original = obj
    handle._finalizer = weakref.finalize(handle, _delete, store, key, os.getpid())
    # A child of multiprocessing ends without atexit, and so without finalizers (os._exit).
    if util := sys.modules.get("multiprocessing.util"):
        util.Finalize(handle, handle._finalizer, exitpriority=-100)
    _owned[key] = handle
    return handle


def _owned_under(key: Any, store: stores.Store) -> Shared[Any] | None:
    """The handle that this process owns under a key of a store, if it owns one."""
    try:
        return _owned.get(key)
    except failures() as error:  # what its hash raises, as a rule
        message = f"{shown(key)} is not a key of {shown(store)}: it is not hashable"
        raise StoreError(message, shown(store)) from error


def _delete(store: stores.Store, key: Any, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked child, which has the finalizer, too
        store.delete(key)


def _after_fork() -> None:
    """In a forked child: own nothing, and neither use nor destroy what the parent has built.

    A native destructor would free what the parent still uses: a file, a socket, device memory.
    """
    handles = list(_owned.values())
    values = cache.reset_after_fork() + [handle._original for handle in handles]
    _owned.clear()
    for handle in handles:
        handle._original = _NOT_HERE
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(values))  # and never Py_DecRef


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

# Methods, too: cloudpickle names the function of `handle.get`.
for _public in (Shared, Shared.get, Shared.close, share):
    _public.__module__ = "adapters"
