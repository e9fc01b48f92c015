"""Savers: the methods and functions that make data of an example, called in a child process."""

from __future__ import annotations

import io
import os
import re
import tempfile
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._child import progress
from adapters._comparison.reading import READING
from adapters._naming import qualified_name
from adapters._pickling import dumps
from adapters._suggest.makers import savers_for
from adapters._suggest.names import (
    aliases_of,
    classes_around,
    members_of,
    name_of,
    resolved,
    written,
)
from adapters._suggest.signatures import signatures
from adapters._suggest.words import plain, saves
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from adapters._suggest.signatures import Parameter

DATA, FILE, STREAM = "data", "file", "stream"  # what a saver returns, or where it writes
_MOST = 40  # savers of one type
_PARAMETERS = 3  # that choose a format
_CHOICES = 24  # combinations of those
_FORMATS = 4  # in which one saver gives data
_LARGEST = 1 << 26  # bytes
_LEAST = 3  # bytes of data that tell something


class Saver(NamedTuple):
    """What makes data of an object.

    Attributes:
        name: Of the method or function.
        expression: What to write to have the data of `obj`.
        way: `DATA`, `FILE` or `STREAM`.
        kind: The name of the type of the data.
        is_method: Whether it is a method of the object.
    """

    name: str
    expression: str
    way: str
    kind: str
    is_method: bool


def savers_of(obj: Any, skip: Collection[str]) -> list[Saver]:
    """What makes data of an object, each tried once, in an order by names."""
    found: list[Saver] = []
    cls = type(obj)
    aliases = aliases_of(cls, obj)
    for name in _methods(cls):
        label = f"{qualified_name(cls)}.{name}"
        if label in skip:
            continue
        progress(f"{READING}{label}")
        try:
            method = getattr(obj, name)
        except failures():
            continue
        if callable(method):
            known = [method, *(getattr(each, name, None) for each in aliases)]
            found += _tried(name, f"obj.{name}", method, (), cls, known)
    for name, expression in savers_for(cls):
        if expression in skip:
            continue
        progress(f"{READING}{expression}")
        function = resolved(expression)
        if function is not None:
            found += _tried(name, expression, function, (obj,), cls, [function])
    return found


def _methods(cls: type) -> list[str]:
    names = [name for name in dir(cls) if saves(name) and not name.startswith("_")]
    state = getattr(cls, "__getstate__", None)
    if state is not None and state is not getattr(object, "__getstate__", None):
        names.append("__getstate__")
    return names[:_MOST]


def _tried(
    name: str,
    expression: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    cls: type,
    documented: list[Any],
) -> Iterator[Saver]:
    """The forms of one saver that give data."""
    called = "(obj" if args else "("
    is_method = not args
    required = _required(documented, len(args))
    if not required:
        kind = _data(lambda: function(*args))
        if kind:
            yield Saver(name, f"{expression}{called})", DATA, kind, is_method)
            return
    formats = 0
    for texts, values in _choices(required, cls):
        kind = _data(lambda values=values: function(*args, *values))  # type: ignore[misc]
        if kind:
            text = ", ".join(["obj"] * bool(args) + texts)
            chosen = "_".join([name, *(re.findall(r"\w+", each)[-1] for each in texts)])
            yield Saver(chosen, f"{expression}({text})", DATA, kind, is_method)
            formats += 1
            if formats >= _FORMATS:
                return
    if not formats and (required is None or len(required) == 1):
        before = f"lambda path: {expression}(obj, path)" if args else expression
        if _writes(lambda path: function(*args, path)):
            yield Saver(name, f"saved({before})", FILE, "bytes", is_method)
            return
        before = before.replace("path", "file") if args else expression
        if _streams(lambda file: function(*args, file)):
            yield Saver(name, f"written({before})", STREAM, "bytes", is_method)


def _required(functions: list[Any], given: int) -> list[Parameter] | None:
    """The parameters that are required beside the first ones; None if nothing is known.

    Args:
        functions: A function, and others that document it: those with types are taken.
        given: How many parameters are given.
    """
    lists = []
    for function in functions:
        try:
            found = signatures(function)
        except failures():
            continue
        for each in found:
            own = [p for p in each if p.name != "self"]
            if not own or any(p.kind[0] != "*" for p in own):
                lists.append([p for p in own if p.required and p.kind[0] != "*"][given:])
    typed = [each for each in lists if any(p.type for p in each)]
    return min(typed or lists, key=len, default=None)


def _choices(required: list[Parameter] | None, cls: type) -> Iterator[tuple[list[str], list[Any]]]:
    """Arguments for parameters that choose a format: members of enumerations, and defaults.

    Each as (the expressions, the values).
    """
    if not required or len(required) > _PARAMETERS:
        return
    around = classes_around(cls)
    columns = [list(_choice(parameter, around)) for parameter in required]
    for row in islice(product(*columns), _CHOICES):
        texts, values = zip(*row, strict=True)
        yield list(texts), list(values)


def _choice(parameter: Parameter, around: list[type]) -> Iterator[tuple[str, Any]]:
    wanted, kind = plain(parameter.name), parameter.type.rpartition(".")[2]
    for each in around:
        fits = each.__name__ == kind or (not kind and plain(each.__name__).endswith(wanted))
        members = members_of(each) if fits else {}
        derived = bool(kind) and kind in {base.__name__ for base in each.__mro__[1:-1]}
        named = name_of(each) if members or derived else None
        if named is None:
            continue
        for name, member in members.items():
            yield written(named.module, f"{named.path}.{name}"), member
        if not members:
            with suppress_failures():
                yield f"{named.expression}()", each()


def _data(call: Callable[[], Any]) -> str:
    """The name of the type of what a call returns, if that is data which tells something."""
    try:
        value = call()
        if value is None or callable(value) or type(value) in (bool, int, float):
            return ""
        size = len(value) if hasattr(type(value), "__len__") else 1
        body = dumps(value)
    except failures():
        return ""
    return type(value).__name__ if size and _LEAST < len(body) <= _LARGEST else ""


def _writes(call: Callable[[str], Any]) -> bool:
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "state")
    try:
        call(path)
        return os.path.isfile(path) and 0 < os.path.getsize(path) <= _LARGEST
    except failures():
        return False


def _streams(call: Callable[[Any], Any]) -> bool:
    file = io.BytesIO()
    try:
        call(file)
        return 0 < len(file.getvalue()) <= _LARGEST
    except failures():
        return False
