"""Differences, and the places of parts: expressions that begin with the name of an object."""

from __future__ import annotations

import copyreg
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    Way = tuple[str, str]  # what to write before and behind the expression of the part above

PROTOCOL = 5  # of the reductions that are compared
_LITERALS = frozenset((str, bytes, int, bool, type(None)))


def reduction_way(obj: object, protocol: int = PROTOCOL) -> Way:
    """How the reduction of an object is written."""
    if type(obj) in copyreg.dispatch_table:
        return "(lambda it: copyreg.dispatch_table[type(it)](it))(", ")"
    return "", f".__reduce_ex__({protocol})"


def attribute_way(name: str) -> Way:
    """How an attribute of an object is written."""
    return ("", f".{name}") if str(name).isidentifier() else ("vars(", f")[{name!r}]")


def literal(key: object) -> str | None:
    """`key` as Python source, None if no literal equals it."""
    if type(key) in _LITERALS or (type(key) is float and key - key == 0):
        return repr(key)
    if type(key) is tuple:
        parts = [literal(part) for part in key]
        if None not in parts:
            return f"({', '.join(map(str, parts))}{',' if len(parts) == 1 else ''})"
    return None


class Difference(NamedTuple):
    """One place where two objects differ.

    Attributes:
        path: Python for the part that differs, beginning with the name of the first object.
        exact: Whether the path evaluates to that very part. What a serializer or a reducer makes
            anew at each call has no such path.
        part: That part of the first object.
        verb: "is" or "has".
        one: What the part is or has, in words.
        other: The same for the other object.
        attribute: Which attribute of the part differs, if that is a scalar or "missing"; else "".
    """

    path: str
    exact: bool
    part: Any
    verb: str
    one: str
    other: str
    attribute: str = ""

    def __str__(self) -> str:
        before, behind = attribute_way(self.attribute) if self.attribute else ("", "")
        path = f"{before}{self.path}{behind}"
        return f"{path} {self.verb} {self.one} in one and {self.other} in the other"


class Place(NamedTuple):
    """Where a part is: the place above it, and how the part is written from there.

    Attributes:
        above: The place above, None for the object itself.
        before: What is written before the expression of the place above.
        behind: What is written behind it; for the object itself its name.
        in_state: Whether it is in the state of a native object.
        in_attribute: Whether it is in an attribute.
        made: How many states and reductions it is in, each made by a call.
    """

    above: Place | None = None
    before: str = ""
    behind: str = ""
    in_state: bool = False
    in_attribute: bool = False
    made: int = 0

    def inner(self, way: Way, **changes: Any) -> Place:
        """The place of a part of this one."""
        return self._replace(above=self, before=way[0], behind=way[1], **changes)

    def difference(self, part: Any, verb: str, one: str, other: str, name: str = "") -> Difference:
        """A difference of the part that is here, or of its attribute `name`."""
        before, behind, place = [self.before], [self.behind], self
        while place.above is not None:
            place = place.above
            before.append(place.before)
            behind.append(place.behind)
        path = "".join(before + behind[::-1])
        return Difference(path, not self.made, part, verb, one, other, name)
