"""The objects of shared handles in this process: each rebuilt at most once, while it is kept."""

from __future__ import annotations

import math
import os
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable
from itertools import islice
from threading import RLock, get_ident
from types import BuiltinFunctionType, FunctionType
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from adapters._importable.importable import is_importable
from adapters.errors import RebuildError

_LOOKS = 32  # at entries that stay, each time that one is added
# Types of which the interpreter keeps some values: small integers, one-letter and interned strings.
_KEPT = {type(value) for value in (None, ..., NotImplemented, True, 0, 0.0, 0j, "", b"")}


class CacheInfo(NamedTuple):
    """How often `get()` found an object or rebuilt it, how many may be kept, and how many are."""

    hits: int
    misses: int
    maxsize: int
    currsize: int


class _Entry:
    """An object that is kept."""

    __slots__ = ("is_closed", "unused", "value")

    def __init__(self, value: Any, is_closed: Callable[[], bool]) -> None:
        self.value = value
        self.is_closed = is_closed  # whether the state was deleted since
        self.unused = 0.0  # references to the object while nothing uses it, those of entries aside

    def references(self) -> int:
        return sys.getrefcount(self.value)


_ALONE = _Entry(object(), bool).references() - 1  # for an object that only its entry refers to


def _is_always_there(value: Any) -> bool:
    """Whether a rebuild gives this very object, which others refer to: such as True, or a class."""
    if isinstance(value, (type, FunctionType, BuiltinFunctionType)):
        return is_importable(value)
    return type(value) in _KEPT or (type(value) is tuple and not value)


class Cache:
    """Objects by key; over `maxsize`, drops the least recently used ones that are not in use.

    An object is in use while there are more references to it than when it was built: a part of it
    may refer to it, and so may what keeps it for the whole process.
    """

    def __init__(self, maxsize: int) -> None:
        self.maxsize = maxsize
        self._lock = RLock()
        self._entries: OrderedDict[Any, _Entry] = OrderedDict()
        self._counts: Counter[int] = Counter()  # of the entries of an object, by its id
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
                self._remove(key)
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
                entry = _Entry(*build())
            finally:
                self._builders.pop(key, None)
                del lock  # to which the traceback of an error would refer
            with self._lock:
                self._add(key, entry)
                self._misses += 1
                dropped = self._trim()
            del dropped  # without the lock, as above
            return entry.value

    def _add(self, key: Any, entry: _Entry) -> None:
        self._entries[key] = entry
        self._counts[id(entry.value)] += 1
        entry.unused = self._others(entry)
        if entry.unused > _ALONE and _is_always_there(entry.value):
            entry.unused = math.inf

    def _remove(self, key: Any) -> _Entry | None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._counts[id(entry.value)] -= 1
            if not self._counts[id(entry.value)]:
                del self._counts[id(entry.value)]
        return entry

    def _others(self, entry: _Entry) -> int:
        """The references to an object, those of entries aside: one may be under several keys."""
        return entry.references() - self._counts[id(entry.value)]

    def _is_used(self, key: Any, entry: _Entry) -> bool:
        return self._others(entry) > entry.unused or key in self._locks

    def _trim(self) -> list[_Entry]:
        """Take out closed entries and, where there are too many, those that are not in use.

        It begins with what was used least recently, and looks at few that stay. Those that are in
        use then count as used just now.
        """
        dropped: list[_Entry] = []
        while True:
            looks = list(islice(self._entries.items(), _LOOKS))
            before = len(dropped)
            for key, entry in looks:
                is_closed = entry.is_closed()
                if not is_closed and len(self._entries) <= self.maxsize:
                    continue
                if is_closed or not self._is_used(key, entry):
                    self._remove(key)
                    dropped.append(entry)
                else:
                    self._entries.move_to_end(key)
            if not looks or len(dropped) - before < len(looks):
                return dropped

    def drop(self, key: Any) -> None:
        """Drop one object."""
        with self._lock:
            entry = self._remove(key)
        del entry

    def clear(self) -> None:
        """Drop all objects, and count from zero again."""
        with self._lock:
            entries, self._entries = self._entries, OrderedDict()
            self._counts.clear()
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
