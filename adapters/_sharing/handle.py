"""share(): a small handle for an object that is expensive to construct, or to send."""

from __future__ import annotations

import os
import sys
import weakref
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zlib import crc32

from adapters import stores
from adapters._naming import qualified_name
from adapters._pickling import dumps, loads
from adapters._sharing.cache import cache
from adapters.errors import RebuildError, SharedClosedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from adapters.stores import Store

T = TypeVar("T")
_CHECKSUM = 4  # bytes before the pickle
_KIND = 60  # bytes of the type's name: the handle is to stay small
_ELSEWHERE = object()  # in place of the original, in all processes but the owner


class Shared(Generic[T]):
    """A handle for an object whose state lies in a store; made by `adapters.share`.

    It pickles to a few hundred bytes, whatever the object's size. `get()` gives the object: in the
    owner, the process that shared it, the original; in any other, one that is rebuilt when it is
    first asked for, and then kept. Buffers of its state are the store's own memory, and read-only.

    Whoever closes the handle in the owner ends it for all. So does the end of the owner, and
    dropping its last reference there. As a context manager, it closes itself.
    """

    __slots__ = ("__weakref__", "_finalizer", "_key", "_kind", "_original", "_store")

    _store: Store
    _key: Any
    _kind: str
    _original: Any
    _finalizer: weakref.finalize[Any, Any] | None

    def __new__(cls, store: Store, key: Any, kind: str) -> Self:
        owned: Any = _owned.get(key)
        if owned is not None:
            return owned  # type: ignore[no-any-return]
        self = super().__new__(cls)
        self._store, self._key, self._kind = store, key, kind
        self._original, self._finalizer = _ELSEWHERE, None
        return self

    def get(self) -> T:
        """The object: the original in the owner, one for all threads in any other process.

        Raises:
            SharedClosedError: the handle was closed, or its owner has ended.
            RebuildError: the state is damaged, or its factory raised.
            StoreError: the store is not to be had from here.
        """
        original = self._original
        if original is _ELSEWHERE:
            original = cache.get(self._key, self._rebuild)
        return original  # type: ignore[no-any-return]

    def _rebuild(self) -> tuple[T, Callable[[], bool]]:
        try:
            parts = self._store.get(self._key)
        except LookupError as error:
            raise SharedClosedError(
                f"cannot get the shared {self._kind}: its handle was closed, or its owner has"
                " dropped it or ended; keep the handle until the last task is done",
                self._kind,
            ) from error
        body = memoryview(parts[0])
        if int.from_bytes(body[:_CHECKSUM], "little") != crc32(body[_CHECKSUM:]):
            raise RebuildError(
                f"cannot rebuild the shared {self._kind}: its state has been written over",
                self._kind,
            )
        value = loads(body[_CHECKSUM:], buffers=parts[1:])
        store = self._store
        return value, lambda: store.closed(parts)

    def close(self) -> None:
        """Remove the state; `get()` raises SharedClosedError from then on, in every process.

        Objects that somebody has got stay usable for as long as they are referred to. In a process
        that is not the owner, only the object that is kept there is let go.
        """
        if self._finalizer is not None:
            self._finalizer()
            _owned.pop(self._key, None)
            self._original = _ELSEWHERE
        else:
            cache.drop(self._key)

    def __reduce__(self) -> Any:
        return Shared, (self._store, self._key, self._kind)

    def __repr__(self) -> str:
        owner = "" if self._original is _ELSEWHERE else ", owned here"
        return f"<adapters.Shared {self._kind}{owner}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def share(obj: T, store: Store | None = None) -> Shared[T]:
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
    if hasattr(os, "fork"):
        import ctypes  # noqa: F401  children that are forked need it, and would pay for it each

    store = stores.Local() if store is None else store
    buffers: list[Any] = []
    body = dumps(obj, buffer_callback=buffers.append)
    checksum = crc32(body).to_bytes(_CHECKSUM, "little")
    key = store.put([checksum + body, *[buffer.raw() for buffer in buffers]])
    if key in _owned:
        raise StoreError(f"{store!r} gave the key {key!r} out twice", repr(store))
    kind = qualified_name(type(obj)).encode()[-_KIND:].decode(errors="ignore")
    handle: Shared[T] = Shared(store, key, kind)
    handle._original = obj
    handle._finalizer = weakref.finalize(handle, _delete, store, key, os.getpid())
    if util := sys.modules.get("multiprocessing.util"):  # children end without what atexit knows
        util.Finalize(handle, handle._finalizer, exitpriority=-100)
    _owned[key] = handle
    return handle


def _delete(store: Store, key: Any, owner: int) -> None:
    if os.getpid() == owner:  # and not a child of it
        store.delete(key)


_owned: weakref.WeakValueDictionary[Any, Shared[Any]] = weakref.WeakValueDictionary()


def _after_fork() -> None:
    """What was built before the fork is the parent's: never handed out here, nor destroyed."""
    handles = list(_owned.values())
    values = cache.forget() + [handle._original for handle in handles]
    _owned.clear()
    for handle in handles:
        handle._original = _ELSEWHERE
        if handle._finalizer is not None:
            handle._finalizer.detach()
            handle._finalizer = None
    if values:
        import ctypes

        for value in values:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

for _public in (Shared, share):
    _public.__module__ = "adapters"
