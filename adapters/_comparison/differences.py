"""A deep comparison of two objects: where they differ, and how.

| parts | compare by |
|---|---|
| scalars | type and `==`; NaN equals NaN, and -0.0 equals 0.0 |
| buffers | their bytes; in a state the kind of buffer does not matter |
| modules, classes | name, which a class that went by value keeps |
| arrays (`dtype`, `shape`, `tolist`, or a buffer) | dtype, shape and elements |
| lists, tuples, deques, dicts, sets, subclasses | contents; dicts and sets have no order |
| native objects | the states that their adapter makes |
| all other objects | attributes (`__dict__` and slots), then what their reducers return |

Before the last three, two objects are equal if an `==` of their type's own returns True; no other
result of it counts. Keys and members that the other container does not find by hash are compared
with those left over there; if that takes too long, only their number is. Objects with nothing to
compare differ, except below an attribute, where no reducer can have sent them (a lock, an open
file). An exception that an object raises is a difference. Identity is not compared: one part met
twice equals two equal parts. Nothing recurses, so cycles end and any depth will do.
"""

from __future__ import annotations

import re
from collections import ChainMap, deque
from contextlib import suppress
from itertools import zip_longest
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._expressions import attribute_way, attributes, literal, reduce, reduction_way
from adapters._naming import brief, in_words, qualified_name
from adapters._wire.buffers import SCALARS, is_buffer
from adapters._wire.served import adapter_for, type_name
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters._expressions import Way

    # What is found in a part: a difference (verb, one, other, attribute), or parts to compare next.
    Steps = Iterator["_Pair | tuple[str, ...]"]

_SEQUENCES = (list, tuple, deque)
_BASES = (*_SEQUENCES, dict, set, frozenset)
_INHERITED: set[Any] = {base.__eq__ for base in (object, *_BASES)}
_LEAVES = SCALARS - {complex}  # by its reduction a complex NaN is compared part by part
_PLAIN = _LEAVES | {bytes}
_ENDLESS = 1000  # reductions inside each other: each makes the object that is reduced next
_TRIES = 20_000  # comparisons of keys not found by hash: each counts two, one inside of it four


class Difference(NamedTuple):
    """One place where two objects differ."""

    path: str  # Python for the part that differs, beginning with the name of the first object
    exact: bool  # whether the path evaluates to that part; what a reducer makes anew has no such
    part: Any  # the part of the first object
    verb: str  # "is" or "has"
    one: str  # what the part is or has, in words
    other: str  # the same for the other object
    attribute: str = ""  # the attribute that differs, if it is a scalar or missing in one

    def __str__(self) -> str:
        before, behind = attribute_way(self.attribute) if self.attribute else ("", "")
        path = f"{before}{self.path}{behind}"
        return f"{path} {self.verb} {self.one} in one and {self.other} in the other"


class _Pair(NamedTuple):
    """Two parts to compare, and how the first is written from the part that it is in."""

    one: Any
    other: Any
    way: Way = ("", "")
    in_state: bool = False  # of a native object
    in_attribute: bool = False
    made: int = 0  # states and reductions that it is in, each made by a call

    def inner(self, one: Any, other: Any, way: Way, **changes: Any) -> _Pair:
        return self._replace(one=one, other=other, way=way, **changes)


def differences(
    one: Any, other: Any, name: str = "", *, in_state: bool = False, reducer: Any = reduce
) -> Iterator[Difference]:
    """Where two objects differ, in the order of their parts; nothing if they are deeply equal.

    Paths begin with `name`, what `one` is called; without it they are suffixes, apart from those
    that take a function (`adapters.to_spec`, `list`, `vars`). `in_state` tells that the two are
    states of native objects, or parts of states. `reducer` is called with an object without
    adapter, and returns what its reducer does.
    """
    return _Comparison(reducer).run(_Pair(one, other, ("", name), in_state))


class _Comparison:
    def __init__(self, reducer: Callable[[Any], Any]) -> None:
        self._reducer = reducer
        self._tries = self._found = 0
        # The pairs met, kept alive so that no id is used again; a comparison inside adds a map.
        self._met: ChainMap[tuple[int, int], Any] = ChainMap()

    def run(self, pair: _Pair) -> Iterator[Difference]:
        """Compare two parts, and all in them."""
        # A part that is entered waits here as a generator: a call would need the C stack.
        entered = [(pair, self._compare(pair))]
        while entered and pair.made <= _ENDLESS:
            pair, steps = entered[-1]
            try:
                step = next(steps, None)
            except failures() as error:
                said = f"{brief(pair.one)}, which cannot be compared ({in_words(error)}),"
                step = "is", said, brief(pair.other)
            if step is None:
                entered.pop()
            elif isinstance(step, _Pair):
                entered.append((step, self._compare(step)))
            else:
                self._found += 1
                ways = [each.way for each, _ in entered]
                path = [before for before, _ in reversed(ways)] + [behind for _, behind in ways]
                yield Difference("".join(path), not pair.made, pair.one, *step)

    def _first(self, one: Any, other: Any) -> Difference | None:
        """The first difference of two parts, from a comparison inside of this one."""
        found, self._met = self._found, self._met.new_child()
        difference = next(self.run(_Pair(one, other)), None)
        self._found, self._met = found, self._met.parents
        return difference

    def _compare(self, pair: _Pair) -> Steps:
        if pair.made > _ENDLESS:
            raise RecursionError("reducers make new parts without end")
        one, other, kind = pair.one, pair.other, type(pair.one)
        ids = id(one), id(other)
        if one is other or (kind not in _LEAVES and ids in self._met):
            return
        self._met[ids] = one, other
        names = type_name(one), type_name(other)
        alike = pair.in_state or names[0] == names[1]
        if alike and is_buffer(one) and is_buffer(other):
            mine, theirs = bytes(memoryview(one)), bytes(memoryview(other))
            if len(mine) != len(theirs):
                yield "has", f"{len(mine)} bytes", f"{len(theirs)} bytes"
            elif mine != theirs:
                at = next(at for at, (x, y) in enumerate(zip(mine, theirs, strict=True)) if x != y)
                yield "has", f"{mine[at]} at byte {at}", f"{theirs[at]} at byte {at}"
        elif names[0] != names[1]:
            yield "is", f"{brief(one)} ({names[0]})", f"{brief(other)} ({names[1]})"
        elif kind in _LEAVES or issubclass(kind, (type, ModuleType)):
            named = kind not in _LEAVES and qualified_name(one) == qualified_name(other)
            if not named and not _same(one, other):
                yield "is", brief(one), brief(other)
        else:
            yield from self._inside(pair, one, other)

    def _inside(self, pair: _Pair, one: Any, other: Any) -> Steps:
        base: Any = next((base for base in _BASES if issubclass(type(one), base)), None)
        adapter = None if type(one) is base else adapter_for(one)
        array = None if base or adapter else _array(one)
        with suppress_failures():  # an `==` of the type's own
            if array is None and type(one).__eq__ not in _INHERITED and (one == other) is True:
                return
        if adapter is not None:
            one, other = adapter.state_of(one), adapter.state_of(other)
            way = "adapters.to_spec(", ").state"
            yield pair.inner(one, other, way, made=pair.made + 1, in_state=True)
            return
        before = self._found
        if base in _SEQUENCES:
            yield from _items(pair, list(base.__iter__(one)), list(base.__iter__(other)))
        elif base is not None:
            yield from self._unordered(pair, base, one, other)
        elif array is not None:
            yield from self._arrays(array, _array(other))
        if type(one) is base and base is not deque:
            return
        held = attributes(one)
        yield from _attributes(pair, held, attributes(other))
        if self._found == before and array is None:
            opaque = not (base or held)
            try:
                reductions = self._reducer(one), self._reducer(other)
            except failures():
                if opaque and not pair.in_attribute:
                    raise
            else:
                yield from _reductions(pair, *reductions, base, opaque)

    def _unordered(self, pair: _Pair, base: Any, one: Any, other: Any) -> Steps:
        """Compare two dicts or sets."""
        alone = [key for key in base.__iter__(one) if not base.__contains__(other, key)]
        left = [key for key in base.__iter__(other) if not base.__contains__(one, key)]
        single = len(alone) == len(left) == 1  # is compared below, where a difference has a path
        matches: dict[int, Any] = {}  # by the id of a key: the key of `other` that equals it
        for key in alone if len(alone) == len(left) else ():
            for at, candidate in enumerate(() if literal(key) else left):
                self._tries += 1 << len(self._met.maps)
                if single or self._tries > _TRIES or self._first(key, candidate) is None:
                    matches[id(key)] = left.pop(at)
                    break
        if left or len(matches) < len(alone):
            alone = [key for key in alone if id(key) not in matches]
            yield "has", f"the {'keys' if base is dict else 'members'} {brief(alone)}", brief(left)
            return
        for at, key in enumerate(base.__iter__(one)):
            match = matches.get(id(key), key)
            if single and match is not key:
                yield pair.inner(key, match, ("list(", f")[{at}]"))
            if base is dict:
                mine, theirs = dict.__getitem__(one, key), dict.__getitem__(other, match)
                if not _same(mine, theirs):
                    text = literal(key)
                    way = ("", f"[{text}]") if text else ("list(", f".values())[{at}]")
                    yield pair.inner(mine, theirs, way)

    def _arrays(self, *arrays: Any) -> Steps:
        layouts, data, lists = zip(*arrays, strict=True)
        if layouts[0] != layouts[1]:
            yield "has", *layouts
        elif data[0] is None or data[0] != data[1]:
            found = self._first(*(tolist() for tolist in lists))
            if found is not None:
                at = f" at {found.path}" if found.path else ""
                yield "has" if at else "is", found.one + at, found.other + at


def _items(pair: _Pair, mine: list[Any], theirs: list[Any]) -> Steps:
    if len(mine) != len(theirs):
        yield "has", f"length {len(mine)}", f"length {len(theirs)}"
        return
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if not _same(one, other):
            yield pair.inner(one, other, ("", f"[{at}]"))


def _attributes(pair: _Pair, mine: dict[str, Any], theirs: dict[str, Any]) -> Steps:
    for name in {**mine, **theirs}:
        values = [each[name] for each in (mine, theirs) if name in each]
        if len(values) == 2 and _LEAVES.isdisjoint(map(type, values)):
            way = attribute_way(name)
            yield pair.inner(values[0], values[1], way, in_attribute=True)
        elif len(values) == 1 or not _same(*values):
            texts = [brief(each[name]) if name in each else "missing" for each in (mine, theirs)]
            yield "is", *texts, name


def _reductions(pair: _Pair, mine: Any, theirs: Any, base: Any, opaque: bool) -> Steps:
    """Compare two reductions: function, arguments, state, items, pairs, state setter."""
    if type(mine) is not tuple or type(theirs) is not tuple:  # the name of a global
        if mine is not theirs and not _same(mine, theirs):
            yield "is", brief(pair.one), brief(pair.other)
        return
    arguments = zip(mine[1], theirs[1], strict=False)
    if opaque and any(type(x) in _PLAIN and not _same(x, y) for x, y in arguments):
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


def _same(one: Any, other: Any) -> bool:
    """Whether two parts are scalars or bytes that are equal, or both NaN."""
    known = type(one) in _PLAIN and type(one) is type(other)
    return known and (one == other or (one != one and other != other))


def _array(obj: Any) -> tuple[str, bytes | None, Callable[[], Any]] | None:
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
