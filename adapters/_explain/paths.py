"""The paths of `explain`: expressions that evaluate to a part, from the steps that lead to it.

For each step there are several ways to write it, the one that people would write first. One that
evaluates to the very part is taken; what a reducer makes anew each time has only its type.
"""

from __future__ import annotations

import copyreg
import sys
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters.errors import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters._explain.walk import Walk

    Way = tuple[str, str]  # what to write before the expression so far, and behind it

_MISSING = object()
_AHEAD = 6  # an attribute may be the part of a part of a reduction
_WRITTEN = frozenset((str, bytes, int, bool, type(None)))  # keys to write as they are


class Path(NamedTuple):
    """The expression for a part.

    Attributes:
        text: The expression.
        exact: Whether it evaluates to that very part, not to one like it that a reducer made anew.
    """

    text: str
    exact: bool


class Paths:
    """Writes the paths of the parts of a walk; what leads to one part is found once.

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
        self._namespace: dict[str, Any] | None = None

    def of(self, number: int) -> Path:
        """The path of a part."""
        self._line = self._walk.line_to(number)
        nice, value = self._follow(nice=True)
        if nice.exact:
            return nice
        exact, _ = self._follow(nice=False)
        return exact if exact.exact or value is _MISSING else nice

    def _follow(self, nice: bool) -> tuple[Path, Any]:
        walk, line = self._walk, self._line
        at = next(at for at in range(len(line) - 1, -1, -1) if line[at] in self._known or not at)
        start, value = line[at], walk.parts[line[at]]
        ways: list[Way] = []  # from the last part with an exact path
        while at + 1 < len(line):
            taken, way, value = self._step(value, at, nice)
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

    def _step(self, value: Any, at: int, nice: bool) -> tuple[int, Way, Any]:
        """How many steps of the line are taken at once, how they are written, and their value."""
        walk, line = self._walk, self._line
        part, step = walk.parts[line[at + 1]], walk.steps[line[at + 1]]
        if step[0] in ("item", "value") and value is walk.parts[line[at]]:
            direct = _direct(value, step)
            if direct is not None:
                return 1, direct, part
        if nice and step[0] not in ("item", "value", "key", "member"):
            ahead = [walk.parts[number] for number in line[at + 1 : at + 1 + _AHEAD]]
            found = _attribute(value, ahead)
            if found is not None:
                return found[0] + 1, ("", f".{found[1]}"), ahead[found[0]]
        alike: tuple[int, Way, Any] | None = None
        last: Way = ("", "")
        for way in _ways(value, step, walk.trials.protocol, walk.trials.by_value):
            last = way
            result = self._evaluate(way, value)
            if result is part:
                return 1, way, part
            if alike is None and type(result) is type(part):
                alike = 1, way, result
        return alike or (1, last, _MISSING)

    def _evaluate(self, way: Way, value: Any) -> Any:
        if self._namespace is None:
            self._namespace = {"copyreg": copyreg, "adapters": sys.modules["adapters"]}
        try:
            return eval(f"{way[0]}value{way[1]}", {**self._namespace, "value": value})
        except FAILURES:
            return _MISSING


def _direct(value: Any, step: tuple[Any, ...]) -> Way | None:
    """The way to an item of a built-in container, which need not be tried."""
    if step[0] == "item":
        return "", f"[{step[1]}]"
    key = _written(step[2])
    return None if key is None else ("", f"[{key}]")


def _written(key: Any) -> str | None:
    """`key` as Python source, None where that is no simple matter."""
    if type(key) in _WRITTEN:
        return repr(key)
    if type(key) is float and key - key == 0:
        return repr(key)
    if type(key) is tuple:
        parts = [_written(part) for part in key]
        if None not in parts:
            return f"({', '.join(map(str, parts))}{',' if len(parts) == 1 else ''})"
    return None


def _ways(value: Any, step: tuple[Any, ...], protocol: int, by_value: bool) -> Iterator[Way]:
    kind, *where = step
    reduction = _reduction(value, protocol)
    if kind == "item":
        yield "", f"[{where[0]}]"
    elif kind in ("key", "member"):
        yield "list(", f")[{where[0]}]"
    elif kind == "value":
        if (key := _written(where[1])) is not None:
            yield "", f"[{key}]"
        yield "list(", f".values())[{where[0]}]"
    elif kind == "state":
        yield "adapters.to_spec(", ").state"
    elif kind == "attribute":
        yield from _attribute_ways(value, step, reduction)
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
        if (key := _written(where[1])) is not None and _is_library(value, "__getitem__"):
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
        if where == [1, 0] and _is_library(value, "__iter__"):
            yield "dict(", ")"
            yield "list(", ")"
        yield _inside(reduction, tuple(where), "", "")


def _attribute_ways(value: Any, step: tuple[Any, ...], reduction: Way) -> Iterator[Way]:
    _, name, where, place = step
    if type(name) is str and name.isidentifier():
        yield "", f".{name}"
    key = _written(name)
    if key is not None:
        yield "vars(", f")[{key}]"
        yield _inside(reduction, where, "", f"[{key}]")
    yield "list(vars(", f").values())[{place}]"
    yield _inside(reduction, where, "list(", f".values())[{place}]")


def _is_library(value: Any, method: str) -> bool:
    """Whether a method of a container is the standard library's: it changes nothing.

    Those of others may (a cache that notes what was read), and to read an iterator uses it up.
    """
    bases = type.__getattribute__(type(value), "__mro__")
    found = next((base for base in bases if method in vars(base)), None)
    sized = any("__len__" in vars(base) for base in bases)
    return sized and found is not None and found.__module__ in sys.stdlib_module_names


def _reduction(value: Any, protocol: int) -> Way:
    if type(value) in copyreg.dispatch_table:
        return "(lambda it: copyreg.dispatch_table[type(it)](it))(", ")"
    return "", f".__reduce_ex__({protocol})"


def _inside(reduction: Way, where: tuple[int, ...], before: str, behind: str) -> Way:
    places = "".join(f"[{place}]" for place in where)
    return before + reduction[0], reduction[1] + places + behind


def _attribute(value: Any, ahead: list[Any]) -> tuple[int, str] | None:
    """The farthest of the parts `ahead` that is an attribute of `value`: its place and its name."""
    for place in range(len(ahead) - 1, -1, -1):
        for name, found in _attributes(value):
            if found is ahead[place] and _reads_as(value, name, found):
                return place, name
    return None


def _reads_as(value: Any, name: str, found: Any) -> bool:
    try:
        return getattr(value, name, _MISSING) is found
    except FAILURES:
        return False


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """What can be read of `value` without running code of other people."""
    kind = type(value)
    try:
        own = object.__getattribute__(value, "__dict__")
    except FAILURES:
        own = {}
    if type(own) is dict:
        for name, found in list(own.items()):
            if type(name) is str and name.isidentifier():
                yield name, found
    library = kind.__module__ in sys.stdlib_module_names
    descriptors: Any = (MemberDescriptorType, GetSetDescriptorType)
    if not library:
        descriptors = MemberDescriptorType
    for base in type.__getattribute__(kind, "__mro__"):
        for name, descriptor in list(vars(base).items()):
            if isinstance(descriptor, descriptors):
                try:
                    yield name, descriptor.__get__(value, kind)
                except FAILURES:
                    continue
