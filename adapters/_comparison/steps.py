"""Steps of a comparison: what is compared in two parts of one kind, beside sets and dicts."""

from __future__ import annotations

import math
import re
from collections import deque
from contextlib import suppress
from itertools import zip_longest
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._comparison.arrays import elements
from adapters._comparison.arrays import in_words as layouts
from adapters._comparison.seen import Array, Unknown
from adapters._expressions import attribute_way, reduction_way
from adapters._naming import brief
from adapters._wire.buffers import SCALARS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters._expressions import Way

    # What is found in a part: a difference (verb, one, other, attribute), or parts to compare next.
    Steps = Iterator["Pair | tuple[str, ...]"]

SEQUENCES = (list, tuple, deque)
BASES = (*SEQUENCES, dict, set, frozenset)
LEAVES = SCALARS - {complex}  # by its reduction a complex NaN is compared part by part
PLAIN = LEAVES | {bytes}
_CLOSE = 1e-9  # of a number: what a text of it may lose


class Pair(NamedTuple):
    """Two parts to compare, and how the first is written from the part that it is in."""

    one: Any
    other: Any
    way: Way = ("", "")
    in_state: bool = False  # of a native object
    in_attribute: bool = False
    made: int = 0  # states and reductions that it is in, each made by a call

    def inner(self, one: Any, other: Any, way: Way, **changes: Any) -> Pair:
        return self._replace(one=one, other=other, way=way, **changes)


def compare_items(pair: Pair, mine: list[Any], theirs: list[Any]) -> Steps:
    if len(mine) != len(theirs):
        yield "has", f"length {len(mine)}", f"length {len(theirs)}"
        return
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if not same(one, other):
            yield pair.inner(one, other, ("", f"[{at}]"))


def compare_attributes(pair: Pair, mine: dict[str, Any], theirs: dict[str, Any]) -> Steps:
    for name in {**mine, **theirs}:
        values = [each[name] for each in (mine, theirs) if name in each]
        if len(values) == 2 and LEAVES.isdisjoint(map(type, values)):
            way = attribute_way(name)
            yield pair.inner(values[0], values[1], way, in_attribute=True)
        elif Unknown not in map(type, values) and (len(values) == 1 or not same(*values)):
            texts = [brief(each[name]) if name in each else "missing" for each in (mine, theirs)]
            yield "is", *texts, name


def compare_reductions(pair: Pair, mine: Any, theirs: Any, base: Any, opaque: bool) -> Steps:
    """Compare two reductions: function, arguments, state, items, pairs, state setter."""
    if type(mine) is not tuple or type(theirs) is not tuple:  # the name of a global
        if mine is not theirs and not same(mine, theirs):
            yield "is", brief(pair.one), brief(pair.other)
        return
    arguments = zip(mine[1], theirs[1], strict=False)
    if opaque and any(type(x) in PLAIN and not same(x, y) for x, y in arguments):
        texts = brief(pair.one), brief(pair.other)
        if len({re.sub("0x[0-9a-fA-F]+", "", text) for text in texts}) == 2:
            yield "is", *texts  # plainer than a place in the reduction
            return
    before, behind = reduction_way(pair.one)
    for at, (one, other) in enumerate(zip_longest(mine, theirs)):
        if (at in (3, 4) and base) or (at == 1 and base in (set, frozenset)):
            continue  # the contents, which were compared
        way = before, f"{behind}[{at}]"
        if at in (3, 4) and one is not None and other is not None:
            way, one, other = (f"list({before}", f"{behind}[{at}])"), list(one), list(other)
        yield pair.inner(one, other, way, made=pair.made + 1)


def compare_ways(pair: Pair, mine: dict[Way, Any], theirs: dict[Way, Any]) -> Steps:
    """Compare what was read of both of two objects, by how it is written.

    What was read of one alone is beyond a limit for the other.
    """
    for way in mine:
        if way in theirs and not same(mine[way], theirs[way]):
            yield pair.inner(mine[way], theirs[way], way, made=pair.made + any(way))


def compare_arrays(pair: Pair, mine: Array, theirs: Array) -> Steps:
    if differs := layouts(mine, theirs):
        yield "has", *differs
    elif mine.data is None or mine.data != theirs.data:
        lists = elements(mine), elements(theirs)
        if None not in lists:
            yield pair.inner(*lists, ("", ""))
        elif mine.data != theirs.data:
            data = mine.data or b"", theirs.data or b""
            told = len(data[0]) >= prod(mine.shape)  # else it is a digest
            yield "has", *(first_byte(*data) if told else ("one set of elements", "another one"))


def same(one: Any, other: Any) -> bool:
    """Whether two parts are scalars or bytes that are equal, close to it, or both NaN."""
    kind = type(one)
    if kind is not type(other):
        return Unknown in (kind, type(other))
    if kind is float:
        return math.isclose(one, other, rel_tol=_CLOSE) or (one != one and other != other)
    return kind in PLAIN and one == other


def first_byte(mine: bytes, theirs: bytes) -> tuple[str, str]:
    """The first byte in which two byte strings differ, in words, or their lengths."""
    if len(mine) != len(theirs):
        return f"{len(mine)} bytes", f"{len(theirs)} bytes"
    at = next(at for at, (x, y) in enumerate(zip(mine, theirs, strict=True)) if x != y)
    return f"{mine[at]} at byte {at}", f"{theirs[at]} at byte {at}"


def in_another_order(buffer: Any, data: bytes) -> bool:
    """Whether `data` are the bytes of a buffer with its axes in the order of columns."""
    view = memoryview(buffer)
    return view.ndim > 1 and view.tobytes("F") == data


def as_array(obj: Any) -> tuple[str, bytes | None, Callable[[], Any]] | None:
    """Dtype (or format) and shape of an array, its bytes if it gives them, and its `tolist`."""
    if all(hasattr(type(obj), name) for name in ("dtype", "shape", "tolist")):
        data = obj.tobytes() if hasattr(obj, "tobytes") else None
        return f"dtype {obj.dtype} and shape {tuple(obj.shape)}", data, obj.tolist
    with suppress(TypeError):
        view = memoryview(obj)
        data = view.tobytes()
        items = view if len(view.format) == 1 else memoryview(data)  # others have no tolist()
        return f"format {view.format!r} and shape {view.shape}", data, items.tolist
    return None
