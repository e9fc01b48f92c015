"""Readings: what can be read of an example, each with the expression that reads it.

Read in a child process, as it runs code of the type.
"""

from __future__ import annotations

import os
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._child import progress
from adapters._comparison.getters import takes_nothing
from adapters._comparison.reading import READING
from adapters._comparison.seen import Raised, Unknown
from adapters._expressions import attributes
from adapters._naming import qualified_name
from adapters._pickling import dumps
from adapters._suggest.names import members_of, name_of
from adapters._suggest.words import is_handle, is_path, plain
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from adapters._comparison.reading import Reader

_LARGEST = 1 << 26  # bytes of one value
_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_CONTENT_MOST = 200_000  # items


class Reading(NamedTuple):
    """One thing that can be read of an object.

    Attributes:
        name: Of the attribute, getter or conversion.
        expression: What to write to read it of `obj`, as data that pickles; "" if it does not.
        back: What to write to give it to another, with "{}" for that data: mostly "{}".
        kind: The name of the type of that data.
        text: The value itself, if it is a path that exists, else "".
        held: Whether the object holds it in its `__dict__` or slots.
        raw: What to write to read it as it is.
    """

    name: str
    expression: str
    back: str = "{}"
    kind: str = ""
    text: str = ""
    held: bool = False
    raw: str = ""

    @property
    def plain(self) -> str:
        """The name, without what differs by style."""
        return plain(self.name)


def readings_of(obj: Any, reader: Reader, skip: Collection[str]) -> list[Reading]:
    """All that the attributes and getters of an object tell."""
    found: list[Reading] = []
    for name, value in attributes(obj).items():
        if type(name) is str and name.isidentifier():
            found.append(_reading(name, f"obj.{name}", value, skip, held=True))
    known = {each.name for each in found}
    for getter, value in reader.getters(obj, of_stdlib=True):
        if getter.name not in known:
            found.append(_reading(getter.name, f"obj{getter}", value, skip))
    known = {each.name for each in found}
    for name in dir(type(obj)):
        if is_path(name) and not name.startswith("_") and name not in known:
            label = f"{qualified_name(type(obj))}.{name}"
            if label not in skip and takes_nothing(name, getattr(type(obj), name, None)):
                progress(f"{READING}{label}")
                with suppress_failures():
                    reading = _reading(name, f"obj.{name}()", getattr(obj, name)(), skip)
                    if reading.text:
                        found.append(reading)
    return found


def contents_of(obj: Any, skip: Collection[str]) -> list[Reading]:
    """What an object is as a list, a dict, bytes, a text or a number."""
    kind: Any = type(obj)
    found: list[Reading] = []

    def add(name: str, expression: str, read: Callable[[], Any]) -> None:
        progress(f"{READING}{qualified_name(kind)}.{name}")
        with suppress_failures():
            reading = _reading(name, expression, read(), skip)
            if reading.expression and reading.expression not in {each.expression for each in found}:
                found.append(reading)

    def skipped(name: str) -> bool:
        return f"{qualified_name(kind)}.{name}" in skip

    def has(name: str) -> bool:
        return getattr(kind, name, None) is not None and not skipped(name)

    is_text = issubclass(kind, str)
    size = 0
    if has("__len__"):
        with suppress_failures():
            progress(f"{READING}{qualified_name(kind)}.__len__")
            size = len(obj)
    if size <= _CONTENT_MOST and not is_text:
        if has("keys") and has("__getitem__"):
            add("items", "{key: obj[key] for key in obj.keys()}", lambda: dict(_pairs(obj)))
        elif has("__iter__") and has("__len__") and not has("__next__"):
            add("items", "list(obj)", lambda: list(obj))
            add("items", "[list(each) for each in obj]", lambda: [list(each) for each in obj])
            add("items", "[str(each) for each in obj]", lambda: [str(each) for each in obj])
        elif has("__getitem__") and has("__len__"):
            add(
                "items",
                "[obj[index] for index in range(len(obj))]",
                lambda: [obj[index] for index in range(len(obj))],
            )
    if has("__buffer__") or _is_buffer(obj):
        add("bytes", "memoryview(obj).tobytes()", lambda: memoryview(obj).tobytes())
    if has("__bytes__"):
        add("bytes", "bytes(obj)", lambda: bytes(obj))
    for name, convert in (("int", int), ("float", float), ("complex", complex)):
        if has(f"__{name}__"):
            add(name, f"{name}(obj)", lambda convert=convert: convert(obj))  # type: ignore[misc]
    if has("__index__") and not has("__int__"):
        add("int", "int(obj)", lambda: int(obj))
    if has("__fspath__"):
        add("path", "os.fspath(obj)", lambda: os.fspath(obj))
    for name, function in (("__str__", str), ("__repr__", repr)):
        own = getattr(kind, name, None)
        if name == "__str__" and own is object.__str__:
            own = kind.__repr__  # which str() takes then
            own = object.__str__ if own is object.__repr__ else own
        if own is not getattr(object, name) and not skipped(name):
            add(name.strip("_"), f"{name.strip('_')}(obj)", partial(_text_of, function, obj))
    return found


def _pairs(obj: Any) -> Iterator[tuple[Any, Any]]:
    return ((key, obj[key]) for key in obj.keys())  # noqa: SIM118  it need not iterate over keys


def _text_of(function: Callable[[Any], str], obj: Any) -> str:
    """A text that tells something: not the repr that all objects have."""
    text = function(obj)
    if " at 0x" in text or "object at" in text:
        raise ValueError(text)
    return text


def _is_buffer(obj: Any) -> bool:
    try:
        memoryview(obj).release()
    except failures():
        return False
    return True


def _reading(
    name: str, raw: str, value: Any, skip: Collection[str], *, held: bool = False
) -> Reading:
    expression, back, data = raw, "{}", value
    if type(value) in (Raised, Unknown):
        expression = ""
    elif type(value) in _PLAIN:
        if type(value) is int and is_handle(name):
            expression = ""
    elif (label := f"{qualified_name(type(value))} as data") in skip:
        expression = ""
    else:
        progress(f"{READING}{label}")
        fits = (each for each in _forms(raw, value) if _travels(each[-1]))
        expression, back, data = next(fits, ("", "{}", value))
    if type(data) is str and data and not data.strip("*"):
        expression, data = "", Unknown()  # a password that is not shown
    path = ""
    if type(data) in (str, bytes) and expression:
        path = _existing(data)
    return Reading(name, expression, back, type(data).__name__, path, held, raw)


def _forms(raw: str, value: Any) -> Iterator[tuple[str, str, Any]]:
    """The ways in which a value may travel: (what reads it, what gives it back, data)."""
    kind: Any = type(value)
    if raw.startswith(("list(", "[", "{")):  # made for this
        yield raw, "{}", value
    elif kind is list:
        yield f"list({raw})", "{}", list(value)
    elif kind is dict:
        yield f"dict({raw})", "{}", dict(value)
    elif kind in (tuple, set, frozenset):
        yield raw, "{}", value
    else:
        if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
            yield f"{raw}.copy()", "{}", value.copy()  # not the memory of the object
        yield raw, "{}", value
        named = name_of(kind)
        if named is not None and hasattr(kind, "__int__") and members_of(kind):
            yield f"int({raw})", f"{named.expression}({{}})", int(value)
    if kind is memoryview:
        yield f"bytes({raw})", "{}", bytes(value)
    sized = hasattr(kind, "__len__") and not isinstance(value, type)
    with suppress_failures():
        if sized and hasattr(kind, "keys") and len(value) <= _CONTENT_MOST:
            yield f"dict({raw})", "{}", dict(value)
        elif sized and hasattr(kind, "__iter__") and len(value) <= _CONTENT_MOST:
            yield f"list({raw})", "{}", list(value)
            yield f"[list(each) for each in {raw}]", "{}", [list(each) for each in value]


def _travels(data: Any) -> bool:
    """Whether data pickles, and is no class or function that is only named."""
    try:
        body = dumps(data)
        if len(body) > _LARGEST:
            return False
        again = pickle.loads(body)
    except failures():
        return False
    if callable(data) and not isinstance(data, type):
        with suppress_failures():
            return bool(again == data)
        return False
    return type(again) is type(data)


def _existing(data: str | bytes) -> str:
    with suppress_failures():
        text = os.fsdecode(data)
        if 0 < len(text) < 4096 and os.path.isabs(text) and os.path.exists(text):
            return text
    return ""
