"""The objects of shared handles in this process: each rebuilt at most once, while it is kept."""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock, get_ident
from typing import Any, NamedTuple

from adapters.errors import RebuildError

_SIZE = "ADAPTERS_CACHE_SIZE"
_IN_USE = sys.getrefcount(object()) + 1  # of what an entry alone refers to, as `_trim` sees it


class CacheInfo(NamedTuple):
    """How often `get()` found an object, or had to rebuild it; how many are and may be kept."""

    hits: int
    misses: int
    maxsize: int
    currsize: int


class _Entry:
    """One object, or the place where it will be."""

    __slots__ = ("askers", "builder", "built", "is_closed", "lock", "value")

    def __init__(self) -> None:
        self.lock = RLock()
        self.askers = 0  # threads that build it, or wait for the one that does
        self.builder: int | None = None
        self.built = False
        self.is_closed: Callable[[], bool] = bool
        self.value: Any = None


class Cache:
    """Objects by key, least recently used first; what somebody else still refers to stays.

    Args:
        maxsize: How many to keep; more only as long as they are in use.
    """

    def __init__(self, maxsize: int) -> None:
        self.maxsize = maxsize
        self._reset()

    def _reset(self) -> None:
        self._lock = RLock()
        self._entries: OrderedDict[Any, _Entry] = OrderedDict()
        self._hits = self._misses = 0

    def get(self, key: Any, build: Callable[[], tuple[Any, Callable[[], bool]]]) -> Any:
        """The object under `key`.

        Args:
            key: Any hashable object.
            build: Makes the object, and a function that tells whether it may not be used any more.
                It is called by one thread at a time; if it raises, by the next that asks.
        """
        stale: _Entry | None = None
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.built:
                if not entry.is_closed():
                    self._entries.move_to_end(key)
                    self._hits += 1
                    return entry.value
                stale, entry = self._entries.pop(key), None
            if entry is None:
                entry = self._entries[key] = _Entry()
            if entry.builder == get_ident():
                raise RebuildError(
                    "cannot rebuild a shared object: its factory asks for the object itself",
                    "shared object",
                )
            entry.askers += 1
        del stale  # its object goes while the lock is free
        try:
            with entry.lock:
                return self._build(key, entry, build)
        finally:
            with self._lock:
                entry.askers -= 1
                if not entry.askers and not entry.built and self._entries.get(key) is entry:
                    del self._entries[key]

    def _build(
        self, key: Any, entry: _Entry, build: Callable[[], tuple[Any, Callable[[], bool]]]
    ) -> Any:
        if entry.built:  # by the thread that was first
            self._hits += 1
            return entry.value
        entry.builder = get_ident()
        try:
            value, entry.is_closed = build()
        finally:
            entry.builder = None
        entry.value = value
        with self._lock:
            entry.built = True
            self._misses += 1
            dropped = self._trim()
        del dropped  # here, as destructors may take their time
        return value

    def _trim(self) -> list[_Entry]:
        """Let go of what is closed and, where there are too many, of what nobody uses."""
        dropped = []
        for key, entry in list(self._entries.items()):
            unused = sys.getrefcount(entry.value) <= _IN_USE and not entry.askers
            excess = len(self._entries) > self.maxsize
            if entry.built and (entry.is_closed() or (unused and excess)):
                dropped.append(self._entries.pop(key))
        return dropped

    def drop(self, key: Any) -> None:
        """Let go of one object."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.built:
                del self._entries[key]

    def clear(self) -> None:
        """Let go of all objects, and count from zero again."""
        with self._lock:
            entries = self._entries
            self._entries = OrderedDict(
                (key, entry) for key, entry in entries.items() if not entry.built
            )
            self._hits = self._misses = 0

    def info(self) -> CacheInfo:
        """What `adapters.cache_info` says."""
        with self._lock:
            built = sum(entry.built for entry in self._entries.values())
            return CacheInfo(self._hits, self._misses, self.maxsize, built)

    def forget(self) -> list[Any]:
        """Begin anew in a forked child; the objects that were built before the fork."""
        values = [entry.value for entry in self._entries.values() if entry.built]
        self._reset()
        return values


def _maxsize() -> int:
    text = os.environ.get(_SIZE, "32")
    try:
        return max(0, int(text))
    except ValueError:
        raise ValueError(f"{_SIZE} must be a number of objects, not {text!r}") from None


cache = Cache(_maxsize())


def cache_info() -> CacheInfo:
    """How the objects of shared handles fared in this process, as functools' `cache_info` says it.

    ADAPTERS_CACHE_SIZE in the environment says how many are kept at most: 32, if it does not.
    """
    return cache.info()


def cache_clear() -> None:
    """Let go of the objects of shared handles in this process; the next `get()` rebuilds one."""
    cache.clear()


for _public in (CacheInfo, cache_info, cache_clear):
    _public.__module__ = "adapters"
