"""The objects of shared handles in this process: each rebuilt at most once, while it is kept."""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock, get_ident
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from adapters.errors import RebuildError

_UNUSED = sys.getrefcount(object()) + 1  # references to an object that only its entry refers to


class CacheInfo(NamedTuple):
    """How often `get()` found an object or rebuilt it, how many may be kept, and how many are."""

    hits: int
    misses: int
    maxsize: int
    currsize: int


class _Entry(NamedTuple):
    """An object that is kept."""

    value: Any
    is_closed: Callable[[], bool]  # whether the state was deleted since


class Cache:
    """Objects by key; over `maxsize`, drops the least recently used ones that are not in use."""

    def __init__(self, maxsize: int) -> None:
        self.maxsize = maxsize
        self._lock = RLock()
        self._entries: OrderedDict[Any, _Entry] = OrderedDict()
        # One for each object that is being built, for as long as a thread holds it or waits for it.
        # Reentrant, as a destructor that calls `get` may run at any time.
        self._locks: WeakValueDictionary[Any, Any] = WeakValueDictionary()
        self._builders: dict[Any, int] = {}  # the threads that build
        self._hits = self._misses = 0

    def get(self, key: Any, build: Callable[[], tuple[Any, Callable[[], bool]]]) -> Any:
        """The object under a hashable key; without one, `build` returns the fields of its entry.

        One thread at a time calls `build`; if it raises, the next thread that waits calls it again.
        A `build` that calls `get` for the same key gets a RebuildError.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                if not entry.is_closed():
                    self._entries.move_to_end(key)
                    self._hits += 1
                    return entry.value
                del self._entries[key]
            if self._builders.get(key) == get_ident():
                message = "cannot rebuild a shared object: its factory asks for the object itself"
                raise RebuildError(message, "shared object")
            lock = self._locks.setdefault(key, RLock())
        del entry  # without the lock, as a destructor may wait for another thread
        with lock:
            with self._lock:
                if key in self._entries:  # another thread was first
                    self._hits += 1
                    return self._entries[key].value
            try:
                self._builders[key] = get_ident()
                value, is_closed = build()
            finally:
                self._builders.pop(key, None)
                del lock  # to which the traceback of an error would refer
            with self._lock:
                self._entries[key] = _Entry(value, is_closed)
                self._misses += 1
                dropped = self._trim()
            del dropped  # without the lock, as above
            return value

    def _trim(self) -> list[_Entry]:
        """Take out the closed entries and, where there are too many, those that are not in use."""
        dropped = []
        for key, entry in list(self._entries.items()):
            unused = sys.getrefcount(entry.value) <= _UNUSED and key not in self._locks
            if entry.is_closed() or (unused and len(self._entries) > self.maxsize):
                dropped.append(self._entries.pop(key))
        return dropped

    def drop(self, key: Any) -> None:
        """Drop one object."""
        with self._lock:
            entry = self._entries.pop(key, None)
        del entry

    def clear(self) -> None:
        """Drop all objects, and count from zero again."""
        with self._lock:
            entries, self._entries = self._entries, OrderedDict()
            self._hits = self._misses = 0
        del entries

    def info(self) -> CacheInfo:
        """The numbers that `adapters.cache_info` returns."""
        with self._lock:
            return CacheInfo(self._hits, self._misses, self.maxsize, len(self._entries))

    def reset_after_fork(self) -> list[Any]:
        """Empty the cache of a forked child, locks included; returns the parent's objects."""
        values = [entry.value for entry in self._entries.values()]
        Cache.__init__(self, self.maxsize)
        return values


def _maxsize() -> int:
    text = os.environ.get("ADAPTERS_CACHE_SIZE", "32")
    try:
        return max(0, int(text))
    except ValueError:
        raise ValueError(f"ADAPTERS_CACHE_SIZE must be a number of objects, not {text!r}") from None


cache = Cache(_maxsize())


def cache_info() -> CacheInfo:
    """The numbers of this process's cache of shared objects, as in functools' `cache_info`.

    The environment variable ADAPTERS_CACHE_SIZE is how many are kept at most; 32 if it is not set.
    """
    return cache.info()


def cache_clear() -> None:
    """Drop the shared objects that this process keeps; the next `get()` rebuilds its object."""
    cache.clear()


for _public in (CacheInfo, cache_info, cache_clear):
    _public.__module__ = "adapters"
