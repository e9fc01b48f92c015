"""Paths: expressions that evaluate to a part, from the steps that lead to it.

There are several ways to write a step, the plainest first. The first that evaluates to the very
part is taken; a part that a reducer makes anew at each call has a path to one of the same type.
"""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Iterator
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from adapters._explain.parts import Step
from adapters._explain.walk import Walk
from adapters._expressions import attributes, is_of_stdlib, literal, reduction_way
from adapters.errors import suppress_failures

if TYPE_CHECKING:
    from adapters._expressions import Way

_MISSING = object()
# How a step is written, the plainest way first: `@` stands for the expression so far. A template
# "method: text" is used only where that method is the standard library's.
_WAYS = {
    "item": ("@[{at}]",),
    "member": ("list(@)[{at}]",),
    "value": ("@[{key}]", "list(@.values())[{at}]"),
    "state": ("adapters.to_spec(@).state",),
    "links": ("adapters.to_spec(@).links",),
    "attribute": (
        "@.{name}",
        "vars(@)[{key}]",
        "{reduced}{where}[{key}]",
        "list(vars(@).values())[{at}]",
        "list({reduced}{where}.values())[{at}]",
    ),
    "attribute name": ("list(vars(@))[{at}]", "list({reduced}{where})[{at}]"),
    "appended": ("__getitem__: @[{at}]", "__iter__: list(@)[{at}]", "list({reduced}[3])[{at}]"),
    "set key": ("__iter__: list(@)[{at}]", "list({reduced}[4])[{at}][0]"),
    "set value": (
        "__getitem__: @[{key}]",
        "values: list(@.values())[{at}]",
        "list({reduced}[4])[{at}][1]",
    ),
    "reduced": ("{reduced}{where}",),
    "reduced class": ("type(@)", "@.__bases__", "{reduced}{where}"),
    "first argument": ("type(@)", "__iter__: dict(@)", "__iter__: list(@)", "{reduced}{where}"),
}
_AHEAD = 6  # steps that one attribute may stand for: it may be deep in a reduction


class Paths:
    """Writes the paths of the parts of a walk, whose root has a name; tries each step once."""

    def __init__(self, walk: Walk, name: str) -> None:
        self._walk = walk
        self._name = name
        # For each part with an exact path the ways that lead to it: (ways to the part above, way).
        self._known: dict[int, Any] = {0: None}

    def of(self, number: int) -> tuple[str, bool]:
        """The path of a part, and whether it evaluates to that very part."""
        parts, line = self._walk.parts, self._walk.line_to(number)
        at = next(at for at in reversed(range(len(line))) if line[at] in self._known)
        value, ways, exact = parts[line[at]], self._known[line[at]], True
        while at + 1 < len(line):
            taken, way, value = self._step(value, line, at)
            at += taken
            ways = ways, way
            exact = exact and value is parts[line[at]]
            if exact:
                self._known[line[at]] = ways
        before, behind = [], []
        while ways is not None:
            ways, way = ways
            before.append(way[0])
            behind.append(way[1])
        return "".join([*before, self._name, *reversed(behind)]), value is parts[number]

    def _step(self, value: Any, line: list[int], at: int) -> tuple[int, Way, Any]:
        """How many steps of a line are taken at once, how they are written, and their value."""
        walk = self._walk
        ahead = [walk.parts[number] for number in line[at + 1 : at + 1 + _AHEAD]]
        step, part = walk.origins[line[at + 1]][1], ahead[0]
        contained = step[0] in ("item", "member", "value")  # in a built-in container
        if not contained:
            for taken, way in _attribute_ways(value, ahead):
                if _evaluate(way, value) is ahead[taken - 1]:
                    return taken, way, ahead[taken - 1]
        known = contained and value is walk.parts[line[at]]
        tried = []
        for way in _ways(value, step, walk.dry_run.protocol):
            result = part if known and not way[0] else _evaluate(way, value)  # need not be tried
            if result is part:
                return 1, way, part
            tried.append((1, way, result if type(result) is type(part) else _MISSING))
        return next((each for each in tried if each[2] is not _MISSING), tried[-1])


def _evaluate(way: Way, value: Any) -> Any:
    names = {"copyreg": copyreg, "adapters": sys.modules["adapters"], "value": value}
    with suppress_failures():
        return eval(f"{way[0]}value{way[1]}", names)
    return _MISSING


def _ways(value: Any, step: Step, protocol: int) -> Iterator[Way]:
    """The ways to write a step from `value`, the plainest first."""
    kind, at, name, where = (*step, None, None)[:4]
    if kind == "reduced":
        where = step[1:]
        if issubclass(type(value), type):
            kind = "reduced class"
        elif where == (1, 0):
            kind = "first argument"
    texts = {
        "reduced": "@".join(reduction_way(value, protocol)),
        "where": "".join(f"[{place}]" for place in where or ()),
        "at": at,
        "key": literal(name),
        "name": name if type(name) is str and name.isidentifier() else None,
    }
    for template in _WAYS[kind]:
        method, _, text = template.rpartition(": ")
        missing = any(f"{{{each}}}" in text for each in texts if texts[each] is None)
        if not missing and (not method or _is_library(value, method)):
            before, _, behind = text.format(**texts).partition("@")
            yield before, behind


def _is_library(value: Any, method: str) -> bool:
    """Whether a method of a container is the standard library's, and changes nothing.

    Others may (a cache that notes what was read), and to read an iterator uses it up.
    """
    bases = type.__getattribute__(type(value), "__mro__")
    found = next((base for base in bases if method in vars(base)), None)
    sized = any("__len__" in vars(base) for base in bases)
    return sized and found is not None and is_of_stdlib(found)


def _attribute_ways(value: Any, ahead: list[Any]) -> Iterator[tuple[int, Way]]:
    """The attributes of `value` that are parts `ahead`, the farthest first: (steps, way)."""
    for place in reversed(range(len(ahead))):
        for name, found in _readable(value):
            if found is ahead[place] and str(name).isidentifier():
                yield place + 1, ("", f".{name}")


def _readable(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of `value` that can be read without running code from outside the library."""
    yield from attributes(value).items()
    kind = type(value)
    readable: Any = MemberDescriptorType
    if is_of_stdlib(kind):
        readable = (MemberDescriptorType, GetSetDescriptorType)
    for base in type.__getattribute__(kind, "__mro__"):
        for name, descriptor in list(vars(base).items()):
            if isinstance(descriptor, readable):
                with suppress_failures():
                    yield name, descriptor.__get__(value, kind)
