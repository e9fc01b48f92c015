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
# How a step is written, the plainest way first: `@` stands for the expression so far, `#` for its
# reduction. What is behind the name of a method needs one of the standard library.
_WAYS = {
    "item": ("@[{at}]",),
    "key": ("list(@)[{at}]",),
    "member": ("list(@)[{at}]",),
    "value": ("@[{key}]", "list(@.values())[{at}]"),
    "state": ("adapters.to_spec(@).state",),
    "attribute": (
        "@.{name}",
        "vars(@)[{key}]",
        "#{where}[{key}]",
        "list(vars(@).values())[{at}]",
        "list(#{where}.values())[{at}]",
    ),
    "attribute name": ("list(vars(@))[{at}]", "list(#{where})[{at}]"),
    "appended": ("__getitem__: @[{at}]", "__iter__: list(@)[{at}]", "list(#[3])[{at}]"),
    "set key": ("__iter__: list(@)[{at}]", "list(#[4])[{at}][0]"),
    "set value": (
        "__getitem__: @[{key}]",
        "values: list(@.values())[{at}]",
        "list(#[4])[{at}][1]",
    ),
}
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
    before, behind = reduction_way(value, protocol)
    if step[0] == "reduced":
        if issubclass(type(value), type):
            yield "type(", ")"
            if step[1:] == (1, 2):
                yield "", ".__bases__"
        if step[1:] == (1, 0):
            yield "type(", ")"
            if _is_library(value, "__iter__"):
                yield "dict(", ")"
                yield "list(", ")"
        yield before, behind + _indices(step[1:])
        return
    kind, at, name, where = (*step, None, None)[:4]
    key = literal(name)
    for template in _WAYS[kind]:
        method, _, template = template.rpartition(": ")
        if (
            (method and not _is_library(value, method))
            or ("{key}" in template and key is None)
            or ("{name}" in template and not (type(name) is str and name.isidentifier()))
        ):
            continue
        ahead, mark, after = template.partition("#" if "#" in template else "@")
        after = after.format(at=at, key=key, name=name, where=_indices(where or ()))
        yield (ahead + before, behind + after) if mark == "#" else (ahead, after)


def _indices(places: tuple[int, ...]) -> str:
    return "".join(f"[{place}]" for place in places)


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
