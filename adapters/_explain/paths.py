"""Paths: expressions that evaluate to a part, from the steps that lead to it.

There are several ways to write a step, the plainest first. The first that evaluates to the very
part is taken; a part that a reducer makes anew at each call has a path to one of the same type.
"""

from __future__ import annotations

import copyreg
import sys
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._comparison.contents import attributes
from adapters._comparison.places import literal, reduction_way
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters._comparison.places import Way
    from adapters._explain.parts import Step
    from adapters._explain.walk import Walk

_MISSING = object()
_AHEAD = 6  # steps that one attribute may stand for: it may be deep in a reduction


class Path(NamedTuple):
    """The expression for a part, and whether it evaluates to that very part."""

    text: str
    exact: bool


class Paths:
    """Writes the paths of the parts of a walk; each step is tried once.

    Args:
        walk: The walk that found the parts.
        name: What the root is called.
    """

    def __init__(self, walk: Walk, name: str) -> None:
        self._walk = walk
        self._name = name
        # For each part with an exact path: the part above, and the way from there.
        self._known: dict[int, tuple[int, Way]] = {}
        self._line: list[int] = []

    def of(self, number: int) -> Path:
        """The path of a part."""
        self._line = self._walk.line_to(number)
        with_attributes, value = self._follow(True)
        if with_attributes.exact:
            return with_attributes
        without, _ = self._follow(False)
        return without if without.exact or value is _MISSING else with_attributes

    def _follow(self, by_attribute: bool) -> tuple[Path, Any]:
        walk, line = self._walk, self._line
        at = next(at for at in range(len(line) - 1, -1, -1) if line[at] in self._known or not at)
        start, value = line[at], walk.parts[line[at]]
        ways: list[Way] = []  # from the last part with an exact path
        while at + 1 < len(line):
            taken, way, value = self._step(value, at, by_attribute)
            at += taken
            ways.append(way)
            if value is walk.parts[line[at]] and len(ways) == 1:
                self._known[line[at]] = start, way
                start, ways = line[at], []
        exact = value is walk.parts[line[-1]]
        ways.reverse()
        while start:
            start, way = self._known[start]
            ways.append(way)
        text = "".join([*[way[0] for way in ways], self._name, *[way[1] for way in reversed(ways)]])
        return Path(text, exact), value

    def _step(self, value: Any, at: int, by_attribute: bool) -> tuple[int, Way, Any]:
        """How many steps of the line are taken at once, how they are written, and their value."""
        walk, line = self._walk, self._line
        part, step = walk.parts[line[at + 1]], walk.steps[line[at + 1]]
        plain = step[0] in ("item", "value")  # of a built-in container
        if by_attribute and not plain and step[0] not in ("key", "member"):
            ahead = [walk.parts[number] for number in line[at + 1 : at + 1 + _AHEAD]]
            found = _attribute(value, ahead)
            if found is not None:
                return found[0] + 1, ("", f".{found[1]}"), ahead[found[0]]
        alike: tuple[int, Way, Any] | None = None
        last: Way = ("", "")
        for way in _ways(value, step, walk.dry_run.protocol):
            last = way
            if plain and way[0] == "" and value is walk.parts[line[at]]:
                return 1, way, part  # need not be tried
            result = _evaluate(way, value)
            if result is part:
                return 1, way, part
            if alike is None and type(result) is type(part):
                alike = 1, way, result
        return alike or (1, last, _MISSING)


def _evaluate(way: Way, value: Any) -> Any:
    names = {"copyreg": copyreg, "adapters": sys.modules["adapters"], "value": value}
    try:
        return eval(f"{way[0]}value{way[1]}", names)
    except FAILURES:
        return _MISSING


def _ways(value: Any, step: Step, protocol: int) -> Iterator[Way]:
    kind, *where = step
    reduction = reduction_way(value, protocol)
    if kind == "item":
        yield "", f"[{where[0]}]"
    elif kind in ("key", "member"):
        yield "list(", f")[{where[0]}]"
    elif kind == "value":
        if (key := literal(where[1])) is not None:
            yield "", f"[{key}]"
        yield "list(", f".values())[{where[0]}]"
    elif kind == "state":
        yield "adapters.to_spec(", ").state"
    elif kind == "attribute":
        yield from _attribute_ways(step, reduction)
    elif kind == "attribute name":
        yield "list(vars(", f"))[{where[0]}]"
        yield _inside(reduction, where[1], "list(", f")[{where[0]}]")
    elif kind == "appended":
        if _is_library(value, "__getitem__"):
            yield "", f"[{where[0]}]"
        if _is_library(value, "__iter__"):
            yield "list(", f")[{where[0]}]"
        yield _inside(reduction, (3,), "list(", f")[{where[0]}]")
    elif kind == "set key":
        if _is_library(value, "__iter__"):
            yield "list(", f")[{where[0]}]"
        yield _inside(reduction, (4,), "list(", f")[{where[0]}][0]")
    elif kind == "set value":
        if (key := literal(where[1])) is not None and _is_library(value, "__getitem__"):
            yield "", f"[{key}]"
        if _is_library(value, "values"):
            yield "list(", f".values())[{where[0]}]"
        yield _inside(reduction, (4,), "list(", f")[{where[0]}][1]")
    else:
        if issubclass(type(value), type):
            yield "type(", ")"
            if where == [1, 2]:
                yield "", ".__bases__"
        if where == [1, 0]:
            yield "type(", ")"
            if _is_library(value, "__iter__"):
                yield "dict(", ")"
                yield "list(", ")"
        yield _inside(reduction, tuple(where), "", "")


def _attribute_ways(step: Step, reduction: Way) -> Iterator[Way]:
    _, name, where, place = step
    if type(name) is str and name.isidentifier():
        yield "", f".{name}"
    key = literal(name)
    if key is not None:
        yield "vars(", f")[{key}]"
        yield _inside(reduction, where, "", f"[{key}]")
    yield "list(vars(", f").values())[{place}]"
    yield _inside(reduction, where, "list(", f".values())[{place}]")


def _inside(reduction: Way, where: tuple[int, ...], before: str, behind: str) -> Way:
    places = "".join(f"[{place}]" for place in where)
    return before + reduction[0], reduction[1] + places + behind


def _is_library(value: Any, method: str) -> bool:
    """Whether a method of a container is the standard library's, and changes nothing.

    Others may (a cache that notes what was read), and to read an iterator uses it up.
    """
    bases = type.__getattribute__(type(value), "__mro__")
    found = next((base for base in bases if method in vars(base)), None)
    sized = any("__len__" in vars(base) for base in bases)
    return sized and found is not None and found.__module__ in sys.stdlib_module_names


def _attribute(value: Any, ahead: list[Any]) -> tuple[int, str] | None:
    """The farthest of the parts `ahead` that is an attribute of `value`: its place and its name."""
    for place in range(len(ahead) - 1, -1, -1):
        for name, found in _readable(value):
            named = found is ahead[place] and str(name).isidentifier()
            if named and _evaluate(("", f".{name}"), value) is found:
                return place, name
    return None


def _readable(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of `value` that can be read without running code from outside the library."""
    yield from attributes(value).items()
    kind = type(value)
    readable: Any = MemberDescriptorType
    if kind.__module__ in sys.stdlib_module_names:
        readable = (MemberDescriptorType, GetSetDescriptorType)
    for base in type.__getattribute__(kind, "__mro__"):
        for name, descriptor in list(vars(base).items()):
            if isinstance(descriptor, readable):
                try:
                    yield name, descriptor.__get__(value, kind)
                except FAILURES:
                    continue
