"""Drafts for parts of other objects: what they are part of, and where they are in it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from adapters._child import progress
from adapters._comparison.getters import takes_nothing
from adapters._comparison.reading import READING, Reader
from adapters._naming import qualified_name
from adapters._suggest.constructing import by_path, positioned
from adapters._suggest.draft import Draft
from adapters._suggest.makers import constructor_of, functions_for
from adapters._suggest.matching import Table
from adapters._suggest.readings import Reading, readings_of
from adapters._suggest.words import is_verb, opens, words
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


RANK = 6
_PARENTS = 8  # readings that may be what an object is part of
_KEYS = 8
_METHODS = 40  # of a parent
_DRAFTS = 24
# Methods of these names tell what an object is part of.
_OWNERS = frozenset(
    ["group", "parent", "owner", "owning", "document", "file", "graph", "dataset", "database"]
)
_IS_KEY = frozenset(["index", "idx", "key", "name", "path", "number", "id", "position", "offset"])
_DATA = frozenset(("builtins", "numpy", "datetime"))
_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, dict, set, type(None), type)


def by_parent(obj: Any, readings: Sequence[Reading], skip: Collection[str]) -> list[Draft]:
    """A part is found again in what it is part of, if that travels or is opened from a path."""
    return list(islice(_drafts(obj, readings, skip), _DRAFTS))


def _drafts(obj: Any, readings: Sequence[Reading], skip: Collection[str]) -> Iterator[Draft]:
    keys = [each for each in readings if each.kind in ("str", "int", "bytes") and each.expression]
    keys = [each for each in keys if each.name not in ("str", "repr", "int", "bytes")]
    keys = sorted(keys, key=lambda each: _IS_KEY.isdisjoint(words(each.name)))[:_KEYS]
    for reading, parent in islice(_parents(obj, readings, skip), _PARENTS):
        accesses = list(_accesses(obj, parent, keys, skip))
        if not accesses:
            continue
        for source in _sources(parent, reading, skip):
            for key, access in accesses:
                yield source._replace(
                    strategy="parent and key",
                    values=(*source.values, ("key", key.expression)),
                    make=f"{source.make}{access}",
                    then=(),
                    names=(*source.names, key.plain, reading.plain),
                    rank=RANK,
                    extra=2,
                )


def _parents(
    obj: Any, readings: Sequence[Reading], skip: Collection[str]
) -> Iterator[tuple[Reading, Any]]:
    """What an object may be part of, and how it is read."""
    cls = type(obj)
    known = {each.name for each in readings}
    methods = [
        Reading(name, "", raw=f"obj.{name}()")
        for name in dir(cls)
        if name not in known
        and not _OWNERS.isdisjoint(words(name))
        and f"{qualified_name(cls)}.{name}" not in skip
        and not name.startswith("_")
        and takes_nothing(name, getattr(cls, name, None))
    ]
    for reading in (*readings, *methods):
        label = f"{qualified_name(cls)}.{reading.name}"
        if not reading.raw or reading.kind in ("Raised", "Unknown") or label in skip:
            continue
        progress(f"{READING}{qualified_name(cls)}.{reading.name}")
        try:
            parent = eval(reading.raw, {"obj": obj})
        except failures():
            continue
        kind = type(parent)
        if not isinstance(parent, _PLAIN) and kind is not cls and kind.__module__ not in _DATA:
            yield reading, parent


def _sources(parent: Any, reading: Reading, skip: Collection[str]) -> Iterator[Draft]:
    """How a parent is had again: it travels, or it is opened from its path."""
    if reading.expression:
        yield Draft("", (("parent", reading.expression),), "{parent}")
        return
    cls = type(parent)
    reader = Reader(dict.fromkeys(skip, ""), ())
    theirs = [
        each._replace(expression=each.expression.replace("obj", reading.raw, 1))
        for each in readings_of(parent, reader, skip)
        if each.expression.startswith("obj")
    ]
    paths = [each for each in theirs if each.text]
    if not paths:
        return
    constructor = constructor_of(cls)
    makers = [constructor] if constructor else []
    makers += [each for each in functions_for(cls) if opens(each.name)][:4]
    for maker in makers:
        for draft in by_path(maker, Table(theirs), paths):
            yield positioned(draft, frozenset())


def _accesses(
    obj: Any, parent: Any, keys: Sequence[Reading], skip: Collection[str]
) -> Iterator[tuple[Reading, str]]:
    """What gives an object of the type of `obj`, from its parent and a key."""
    cls, owner = type(obj), type(parent)
    kind = set(words(cls.__name__))

    def likely(name: str) -> bool:
        found = set(words(name))
        return bool(found & kind) or not found.isdisjoint(("get", "by", "load", "at", "select"))

    methods = [
        name
        for name in dir(owner)
        if not name.startswith("_") and likely(name) and not is_verb(name)
    ][:_METHODS]
    said = qualified_name(owner)
    if said in skip:
        return
    methods = [name for name in methods if f"{said}.{name}" not in skip]
    for key in keys:
        progress(f"{READING}{said}.__getitem__")
        value = eval(key.expression, {"obj": obj})
        if hasattr(owner, "__getitem__") and f"{said}.__getitem__" not in skip:
            with suppress_failures():
                if type(parent[value]) is cls:
                    yield key, "[{key}]"
        for name in methods:
            progress(f"{READING}{said}.{name}")
            with suppress_failures():
                found = getattr(parent, name)
                if callable(found):
                    if type(found(value)) is cls:
                        yield key, f".{name}({{key}})"
                elif type(found[value]) is cls:
                    yield key, f".{name}[{{key}}]"
        for name in dir(owner):
            with suppress_failures():
                if name.startswith("_") or name in methods or callable(getattr(owner, name)):
                    continue
                if f"{said}.{name}" in skip:
                    continue
                progress(f"{READING}{said}.{name}")
                held = getattr(parent, name)
                has_items = hasattr(type(held), "__getitem__") and not isinstance(held, _PLAIN)
                if has_items and type(held[value]) is cls:
                    yield key, f".{name}[{{key}}]"
