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
file). An exception that an object raises is a difference.

Identity is not compared: one part met twice equals two equal parts. Nothing recurses, so cycles end
and any depth will do.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import zip_longest
from types import ModuleType
from typing import TYPE_CHECKING, Any

from adapters._comparison.contents import (
    adapter_for,
    array_of,
    attributes,
    is_buffer,
    reduce,
    shown,
    type_name,
)
from adapters._comparison.places import Difference, Place, attribute_way, literal, reduction_way
from adapters._naming import in_words, qualified_name
from adapters._wire.buffers import SCALARS
from adapters._wire.ctype import ctype_of
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    # What was found, and which parts to compare next.
    Steps = Generator["Difference | tuple[Place, Any, Any]", None, None]

_SEQUENCES = (list, tuple, deque)
_BASES = (*_SEQUENCES, dict, set, frozenset)
_INHERITED: set[Any] = {base.__eq__ for base in (object, *_BASES)}
_LEAVES = SCALARS - {complex}  # by its reduction a complex NaN is compared part by part
_PLAIN = _LEAVES | {bytes}
_ENDLESS = 1000  # reductions inside each other: each makes the object that is reduced next
_TRIES = 10_000  # comparisons of keys and members not found by hash; one inside of another is two


def differences(
    one: object,
    other: object,
    name: str = "",
    *,
    in_state: bool = False,
    reducer: Callable[[Any], Any] = reduce,
) -> Iterator[Difference]:
    """Where two objects differ, in the order of their parts; nothing if they are deeply equal.

    Args:
        one: The first object.
        other: The second object.
        name: What the first is called: paths begin with it. Without it they are suffixes, apart
            from those that take a function (`adapters.to_spec`, `list`, `vars`).
        in_state: Whether the two are states of native objects, or parts of states.
        reducer: Called with an object without adapter, returns what its reducer does.
    """
    return _Comparison(reducer).run(Place(None, "", name, in_state), one, other)


class _Comparison:
    """A comparison, or one inside of another (`above`) that asks whether two parts are equal."""

    def __init__(self, reducer: Callable[[Any], Any], above: _Comparison | None = None) -> None:
        self._reducer = reducer
        self._above = above
        self._nested: int = above._nested + 1 if above else 0
        self._tries: list[int] = above._tries if above else [0]
        self._found = 0
        # The pairs that are being compared, or were; kept alive, so that no id is used again.
        self._met: dict[tuple[int, int], Any] = {}

    def run(self, place: Place, one: Any, other: Any) -> Iterator[Difference]:
        """Compare two parts, and all in them."""
        # A part that is entered waits here as a generator: a call would need the C stack.
        entered = [(self._compare(place, one, other), place, one, other)]
        while entered:
            steps, place, one, other = entered[-1]
            try:
                step = next(steps, None)
            except FAILURES as error:
                entered.pop()
                step = _refusal(place, one, other, error)
            if step is None:
                entered.pop()
            elif isinstance(step, Difference):
                self._found += 1
                yield step
            elif step[0].made > _ENDLESS:
                yield _refusal(*step, RecursionError("reducers make new parts without end"))
                return
            else:
                entered.append((self._compare(*step), *step))

    def _first(self, one: Any, other: Any) -> Difference | None:
        return next(_Comparison(self._reducer, self).run(Place(), one, other), None)

    def _compare(self, place: Place, one: Any, other: Any) -> Steps:
        kind = type(one)
        if one is other or (kind not in _LEAVES and self._is_met((id(one), id(other)))):
            return
        self._met[id(one), id(other)] = one, other
        known = kind is type(other) and ctype_of(one) is ctype_of(other)
        names = ("", "") if known else (type_name(one), type_name(other))
        if is_buffer(one) and is_buffer(other) and (place.in_state or names[0] == names[1]):
            yield from _bytes(place, one, bytes(memoryview(one)), bytes(memoryview(other)))
        elif names[0] != names[1]:
            texts = f"{shown(one)} ({names[0]})", f"{shown(other)} ({names[1]})"
            yield place.difference(one, "is", *texts)
        elif kind in _LEAVES or issubclass(kind, (type, ModuleType)):
            plain = kind in _LEAVES
            mine, theirs = (each if plain else qualified_name(each) for each in (one, other))
            if not _same(mine, theirs):
                yield place.difference(one, "is", shown(one), shown(other))
        else:
            yield from self._inside(place, one, other)

    def _is_met(self, pair: tuple[int, int]) -> bool:
        return pair in self._met or (self._above is not None and self._above._is_met(pair))

    def _inside(self, place: Place, one: Any, other: Any) -> Steps:
        base: Any = next((base for base in _BASES if issubclass(type(one), base)), None)
        adapter = None if type(one) is base else adapter_for(one)
        array = None if base or adapter else array_of(one)
        if array is None and _says_equal(one, other):
            return
        if adapter is not None:
            inner = place.inner(("adapters.to_spec(", ").state"), made=place.made + 1)
            yield inner._replace(in_state=True), adapter.state_of(one), adapter.state_of(other)
            return
        before = self._found
        if base in _SEQUENCES:
            yield from _items(place, one, list(base.__iter__(one)), list(base.__iter__(other)))
        elif base is not None:
            yield from self._unordered(place, base, one, other)
        elif array is not None:
            yield from self._arrays(place, one, array, array_of(other))
        if type(one) is base and base is not deque:
            return
        mine, theirs = attributes(one), attributes(other)
        yield from _attributes(place, one, mine, theirs)
        if self._found == before and array is None:
            opaque = not (base or mine)
            try:
                reductions = self._reducer(one), self._reducer(other)
            except FAILURES as error:
                if opaque and not place.in_attribute:
                    yield _refusal(place, one, other, error)
            else:
                yield from _reductions(place, one, other, *reductions, base, opaque)

    def _unordered(self, place: Place, base: Any, one: Any, other: Any) -> Steps:
        """Compare two dicts or sets."""
        alone = [key for key in base.__iter__(one) if not base.__contains__(other, key)]
        others = [key for key in base.__iter__(other) if not base.__contains__(one, key)]
        matches = self._matched(alone, others)
        if matches is None:
            what = f"the {'keys' if base is dict else 'members'} {shown(alone)}"
            yield place.difference(one, "has", what, shown(others))
            return
        for at, key in enumerate(base.__iter__(one)):
            match = matches.get(id(key), key)
            if len(alone) == 1 and match is not key:  # not compared yet
                yield place.inner(("list(", f")[{at}]")), key, match
            if base is dict:
                mine, theirs = dict.__getitem__(one, key), dict.__getitem__(other, match)
                if type(mine) not in _LEAVES or not _same(mine, theirs):
                    text = literal(key)
                    way = ("", f"[{text}]") if text else ("list(", f".values())[{at}]")
                    yield place.inner(way), mine, theirs

    def _matched(self, mine: list[Any], theirs: list[Any]) -> dict[int, Any] | None:
        """{id: an equal one of `theirs`} for each of `mine`; None if one has none.

        A single pair is not compared yet. After too many comparisons they are paired in order.
        """
        if len(mine) != len(theirs) or any(map(literal, mine)):  # these are found by hash
            return None
        left, matches = list(theirs), {}
        for key in mine:
            for at, candidate in enumerate(left):
                self._tries[0] += 1 << self._nested
                if self._tries[0] > _TRIES and len(mine) > 1:
                    return dict(zip(map(id, mine), theirs, strict=True))
                if len(mine) == 1 or self._first(key, candidate) is None:
                    matches[id(key)] = left.pop(at)
                    break
            else:
                return None
        return matches

    def _arrays(self, place: Place, part: Any, one: Any, other: Any) -> Steps:
        if one[0] != other[0]:
            yield place.difference(part, "has", one[0], other[0])
        elif one[1] is None or one[1] != other[1]:
            found = self._first(one[2](), other[2]())
            if found is not None:
                at = f" at {found.path}" if found.path else ""
                texts = f"{found.one}{at}", f"{found.other}{at}"
                yield place.difference(part, "has" if at else "is", *texts)


def _items(place: Place, part: Any, mine: list[Any], theirs: list[Any]) -> Steps:
    if len(mine) != len(theirs):
        yield place.difference(part, "has", f"length {len(mine)}", f"length {len(theirs)}")
        return
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if type(one) not in _LEAVES or not _same(one, other):
            yield place.inner(("", f"[{at}]")), one, other


def _attributes(place: Place, part: Any, mine: dict[str, Any], theirs: dict[str, Any]) -> Steps:
    for name in {**mine, **theirs}:
        missing = name not in mine or name not in theirs
        if not missing and not {type(mine[name]), type(theirs[name])} & _LEAVES:
            yield place.inner(attribute_way(name), in_attribute=True), mine[name], theirs[name]
        elif missing or not _same(mine[name], theirs[name]):
            text, its = (
                shown(each[name]) if name in each else "missing" for each in (mine, theirs)
            )
            yield place.difference(part, "is", text, its, name)


def _reductions(
    place: Place, one: Any, other: Any, mine: Any, theirs: Any, base: Any, opaque: bool
) -> Steps:
    """Compare two reductions: function, arguments, state, items, pairs, state setter."""
    if type(mine) is not tuple or type(theirs) is not tuple:  # the name of a global
        if mine is not theirs and (type(mine) is not str or mine != theirs):
            yield place.difference(one, "is", shown(one), shown(other))
        return
    scalars = [pair for pair in zip(mine[1], theirs[1], strict=False) if type(pair[0]) in _PLAIN]
    if opaque and not all(_same(*pair) for pair in scalars):
        texts = shown(one), shown(other)
        if len({re.sub("0x[0-9a-fA-F]+", "", text) for text in texts}) == 2:
            yield place.difference(one, "is", *texts)  # plainer than a place in the reduction
            return
    before, behind = reduction_way(one)
    for at, (x, y) in enumerate(zip_longest(mine, theirs)):
        if (at in (3, 4) and base) or (at == 1 and base in (set, frozenset)):
            continue  # the contents, which were compared
        way = before, f"{behind}[{at}]"
        if at in (3, 4) and x is not None and y is not None:
            way, x, y = (f"list({before}", f"{behind}[{at}])"), list(x), list(y)
        yield place.inner(way, made=place.made + 1), x, y


def _bytes(place: Place, part: Any, mine: bytes, theirs: bytes) -> Steps:
    if len(mine) != len(theirs):
        yield place.difference(part, "has", f"{len(mine)} bytes", f"{len(theirs)} bytes")
    elif mine != theirs:
        at = next(at for at, (x, y) in enumerate(zip(mine, theirs, strict=True)) if x != y)
        texts = f"{mine[at]} at byte {at}", f"{theirs[at]} at byte {at}"
        yield place.difference(part, "has", *texts)


def _same(one: Any, other: Any) -> bool:
    """Whether two scalars are equal, or both NaN."""
    return type(one) is type(other) and (one == other or (one != one and other != other))


def _says_equal(one: Any, other: Any) -> bool:
    """Whether an `==` of the type's own returns True."""
    try:
        return type(one).__eq__ not in _INHERITED and (one == other) is True
    except FAILURES:
        return False


def _refusal(place: Place, one: Any, other: Any, error: BaseException) -> Difference:
    text = f"{shown(one)}, which cannot be compared ({in_words(error)}),"
    return place.difference(one, "is", text, shown(other))
