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
| what portraits show | all that was seen; what was not, or differs by nature, equals all |

Before the last three, two objects are equal if an `==` of their type's own returns True; no other
result of it counts. Keys and members that the other container does not find by hash are compared
with those left over there; if that takes too long, only their number is. Objects with nothing to
compare differ, except below an attribute, where no reducer can have sent them (a lock, an open
file). An exception that an object raises is a difference. Identity is not compared: one part met
twice equals two equal parts. Nothing recurses, so cycles end and any depth will do.
"""

from __future__ import annotations

from collections import ChainMap, deque
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._comparison.seen import Natural, Raised, Seen, Unknown
from adapters._comparison.steps import (
    BASES,
    LEAVES,
    SEQUENCES,
    Pair,
    as_array,
    compare_arrays,
    compare_attributes,
    compare_items,
    compare_reductions,
    compare_ways,
    first_byte,
    in_another_order,
    same,
)
from adapters._expressions import attribute_way, attributes, literal, reduce
from adapters._naming import brief, in_words, qualified_name
from adapters._wire.buffers import is_buffer
from adapters._wire.served import adapter_for, type_name
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from adapters._comparison.steps import Steps

_INHERITED: set[Any] = {base.__eq__ for base in (object, *BASES)}
_MOST = 10_000  # places that are unstable
_INSIDE = "[...]"  # behind a place: all in it
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
        was = "was" if self.verb == "is" else "had"
        return f"{self.place} {self.verb} {self.other}, {was} {self.one}"

    @property
    def place(self) -> str:
        """Python for what differs: the part, or its attribute."""
        before, behind = attribute_way(self.attribute) if self.attribute else ("", "")
        return f"{before}{self.path}{behind}"


def differences(
    one: Any,
    other: Any,
    name: str = "",
    *,
    in_state: bool = False,
    known: Collection[str] = (),
) -> Iterator[Difference]:
    """Where two objects differ, in the order of their parts; nothing if they are deeply equal.

    Paths begin with `name`, what `one` is called; without it they are suffixes, apart from those
    that take a function (`adapters.to_spec`, `list`, `vars`). `in_state` tells that the two are
    states of native objects, or parts of states. Places that are `known` to differ do not count.
    """
    return _Comparison(known).run(Pair(one, other, ("", name), in_state))


def unstable(one: Any, other: Any, name: str) -> frozenset[str]:
    """The places in which two portraits differ that were made in one way; at most 10,000."""
    found = _Comparison((), thorough=True).run(Pair(one, other, ("", name)))
    places = [(each.place, each.verb) for each in islice(found, _MOST)]
    # Where the length differs, or the keys do, all in it does.
    inside = [f"{place}{_INSIDE}" for place, verb in places if verb == "has"]
    return frozenset([*(place for place, _ in places), *inside])


class _Comparison:
    def __init__(
        self,
        known: Collection[str],
        *,
        thorough: bool = False,  # whether getters are compared where attributes differ
    ) -> None:
        self._known, self._thorough = known, thorough
        self._tries = self._found = 0
        # The pairs met, kept alive so that no id is used again; a comparison inside adds a map.
        self._met: ChainMap[tuple[int, int], Any] = ChainMap()

    def run(self, pair: Pair) -> Iterator[Difference]:
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
            elif isinstance(step, Pair):
                entered.append((step, self._compare(step)))
            else:
                ways = [each.way for each, _ in entered]
                path = [before for before, _ in reversed(ways)] + [behind for _, behind in ways]
                found = Difference("".join(path), not pair.made, pair.one, *step)
                if not self._known or not self._is_known(found.place):
                    self._found += 1
                    yield found

    def _is_known(self, place: str) -> bool:
        ends = [at for at, character in enumerate(place) if character == "["]
        return place in self._known or any(f"{place[:end]}{_INSIDE}" in self._known for end in ends)

    def _first(self, one: Any, other: Any) -> Difference | None:
        """The first difference of two parts, from a comparison inside of this one."""
        found, self._met = self._found, self._met.new_child()
        difference = next(self.run(Pair(one, other)), None)
        self._found, self._met = found, self._met.parents
        return difference

    def _compare(self, pair: Pair) -> Steps:
        if pair.made > _ENDLESS:
            raise RecursionError("reducers make new parts without end")
        one, other, kind = pair.one, pair.other, type(pair.one)
        if kind is Unknown or type(other) is Unknown:
            return
        if kind is Raised and type(other) is not Raised:
            return  # nothing was read of the first, and so nothing is lost
        ids = id(one), id(other)
        if one is other or (kind not in LEAVES and ids in self._met):
            return
        self._met[ids] = one, other
        names = _kind_of(one), _kind_of(other)
        alike = pair.in_state or names[0] == names[1]
        if alike and is_buffer(one) and is_buffer(other):
            mine, theirs = bytes(memoryview(one)), bytes(memoryview(other))
            if mine != theirs and in_another_order(one, theirs):
                yield "has", "its elements in one order of the axes", "them in another"
            elif mine != theirs:
                yield "has", *first_byte(mine, theirs)
        elif names[0] != names[1] or (kind in (Natural, Raised) and one != other):
            yield "is", _with_kind(one), _with_kind(other)
        elif kind is Seen:
            yield from self._seen(pair, one, other)
        elif kind in LEAVES or issubclass(kind, (type, ModuleType)):
            named = kind not in LEAVES and qualified_name(one) == qualified_name(other)
            if not named and not same(one, other):
                yield "is", brief(one), brief(other)
        else:
            yield from self._inside(pair, one, other)

    def _inside(self, pair: Pair, one: Any, other: Any) -> Steps:
        base: Any = next((base for base in BASES if issubclass(type(one), base)), None)
        adapter = None if type(one) is base else adapter_for(one)
        array = None if base or adapter else as_array(one)
        with suppress_failures():  # an `==` of the type's own
            if array is None and type(one).__eq__ not in _INHERITED and (one == other) is True:
                return
        if adapter is not None:
            one, other = adapter.state_of(one), adapter.state_of(other)
            way = "adapters.to_spec(", ").state"
            yield pair.inner(one, other, way, made=pair.made + 1, in_state=True)
            return
        before = self._found
        if base in SEQUENCES:
            yield from compare_items(pair, list(base.__iter__(one)), list(base.__iter__(other)))
        elif base is not None:
            yield from self._unordered(pair, base, one, other)
        elif array is not None:
            yield from self._arrays(array, as_array(other))
        if type(one) is base and base is not deque:
            return
        held = attributes(one)
        yield from compare_attributes(pair, held, attributes(other))
        if self._found == before and array is None:
            opaque = not (base or held)
            try:
                reductions = reduce(one), reduce(other)
            except failures():
                if opaque and not pair.in_attribute:
                    raise
            else:
                yield from compare_reductions(pair, *reductions, base, opaque)

    def _seen(self, pair: Pair, one: Seen, other: Seen) -> Steps:
        """Compare what was seen of two objects of one type.

        What is read comes after what an object holds, and only where that does not differ.
        """
        before = self._found
        if type(one.items) is type(other.items) is list:
            yield from compare_items(pair, one.items, other.items)
        for base in (dict, set):
            if type(one.items) is type(other.items) is base:
                yield from self._unordered(pair, base, one.items, other.items)
        if one.array is not None and other.array is not None:
            yield from compare_arrays(pair, one.array, other.array)
        yield from compare_attributes(pair, one.held(other), other.held(one))
        if self._thorough or self._found == before:
            yield from compare_ways(pair, one.getters, other.getters)
        if self._found == before and one.text and other.text and one.text != other.text:
            yield "is", one.text, other.text
        if self._thorough or self._found == before:
            yield from compare_ways(pair, one.parts, other.parts)

    def _unordered(self, pair: Pair, base: Any, one: Any, other: Any) -> Steps:
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
            kind = "keys" if base is dict else "members"
            yield "has", f"the {kind} {brief(alone)}", f"the {kind} {brief(left)}"
            return
        for at, key in enumerate(base.__iter__(one)):
            match = matches.get(id(key), key)
            if single and match is not key:
                yield pair.inner(key, match, ("list(", f")[{at}]"))
            if base is dict:
                mine, theirs = dict.__getitem__(one, key), dict.__getitem__(other, match)
                if not same(mine, theirs):
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


def _kind_of(part: Any) -> str:
    return part.kind if type(part) is Seen else type_name(part)


def _with_kind(part: Any) -> str:
    if type(part) in (Natural, Raised, Seen):
        return repr(part)
    return f"{brief(part)} ({type_name(part)})"
