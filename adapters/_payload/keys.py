"""Keys of dicts and items of sets: whether they have a hash, and how long it takes to add them.

What is hashed is hashed again for each container that it is put into: only strings, bytes,
frozensets and frozendicts keep their hashes. The hashes of keys that are not random are computed,
so that looks into the table of the container are counted before there is one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import BytesLike, Closed, Container, Global, Made, Opaque
from adapters._payload.tables import DictTable, SetTable, memory_to_grow
from adapters._wire.buffers import MAPPINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters._payload.meter import Meter

# Types whose hashes are random, so that no keys can be chosen by them.
_RANDOM = frozenset([str] if sys.flags.hash_randomization else [])
_LONG = (int, Closed)  # types that take a while to compare
_UNKNOWN = (Made, Opaque, Global)


def hash_time(symbol: Any) -> int:
    """The steps that hashing a value takes."""
    time = 1
    kind = type(symbol)
    if kind is Closed:
        time = symbol.time
    elif kind is int:
        time += symbol.bit_length() >> 7
    elif kind is BytesLike and symbol.kind is memoryview:
        time += symbol.size >> 3
    return time


def is_hashable(symbol: Any) -> bool:
    """Whether a value has a hash, if it is no object of an adapter."""
    kind = type(symbol)
    if kind is Closed:
        return bool(symbol.hashable)
    if kind is BytesLike:  # a buffer that travelled out of band may be of any type
        return symbol.kind is bytes or (symbol.kind is memoryview and symbol.data is not None)
    return kind is not Container


def is_known(symbol: Any) -> bool:
    """Whether the hash of a value follows from the payload."""
    kind = type(symbol)
    if kind is Closed:
        return bool(symbol.known)
    return symbol.data is not None if kind is BytesLike else kind not in _UNKNOWN


def add_keys(meter: Meter, target: Container, keys: list[Any]) -> bool:
    """Check keys before they are put into a container, and count what that takes.

    Returns:
        Whether all hashes follow from the payload.

    Raises:
        UnreadableError: one of them has no hash.
    """
    is_dict = target.kind in MAPPINGS
    before = len(target.items) // 2 if is_dict else len(target.items)
    count = before + len(keys)
    meter.charge(memory_to_grow(DictTable if is_dict else SetTable, before, count))
    random = _RANDOM.issuperset(map(type, keys))
    known = random or _check(meter, keys)
    if target.table is None:
        if random or count <= budget.FEW_KEYS:
            return known
        target.table = (DictTable if is_dict else SetTable)(meter.take)
        keys = (target.items[::2] if is_dict else target.items) + keys
    table = target.table
    for key in keys:
        found = _hash(meter, key)
        if found is not None:
            table.add(found)
            if table.looks and type(key) in _LONG:
                meter.take(table.looks * _compare_time(key))
    return known


def _compare_time(key: Any) -> int:
    """The steps that it may take to compare a key with another one of the same hash."""
    return hash_time(key) >> (2 if type(key) is int else 0)


def _check(meter: Meter, keys: list[Any]) -> bool:
    time, known = 0, True
    for key in keys:
        if not is_hashable(key):
            what = "a key is or holds a list, dict, set, bytearray or buffer, which has no hash"
            raise UnreadableError(what, meter.at)
        if type(key) is Closed and key.depth > budget.KEY_DEPTH:
            what = f"a key is nested deeper than {budget.KEY_DEPTH} levels"
            meter.refuse(what, budget.FLATTEN)
        time += hash_time(key)
        known = known and is_known(key)
    meter.take(time)
    return known


def _hash(meter: Meter, key: Any) -> int | None:
    """The hash that a key has in this process, None if it does not follow from the payload."""
    if not is_known(key):
        return None
    if type(key) is not Closed:
        return hash(key.data if type(key) is BytesLike else key)
    if key.hash is None:
        meter.take(budget.LOOK * key.time)
        meter.charge(budget.COPIED_KEY * key.time)
        key.hash = hash(_value(key))
        meter.release(budget.COPIED_KEY * key.time - budget.VALUE)
    return key.hash


def _value(key: Closed) -> Any:
    """The tuple, frozenset or frozendict that a symbol stands for."""
    path: list[tuple[type, Iterator[Any], list[Any]]] = [(key.kind, iter(key.items), [])]
    while True:
        kind, items, made = path[-1]
        for item in items:
            if type(item) is Closed:
                path.append((item.kind, iter(item.items), []))
                break
            made.append(item.data if type(item) is BytesLike else item)
        else:
            path.pop()
            if kind in MAPPINGS:
                made = [*zip(made[::2], made[1::2], strict=True)]
            value = kind(made)
            if not path:
                return value
            path[-1][2].append(value)
