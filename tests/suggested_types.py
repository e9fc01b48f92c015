"""Stand-ins for the types of extensions: they do not pickle, and no attribute holds their state.

Spawned children import this: it registers nothing.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

_native: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


class Native:
    """What they have in common."""

    __slots__ = ("__weakref__",)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def _keep(obj: Native, **state: Any) -> None:
    _native[obj] = SimpleNamespace(**state)


def _of(name: str, *, settable: bool = False) -> Any:
    """A property that reads the hidden state."""

    def read(obj: Any) -> Any:
        return getattr(_native[obj], name)

    def write(obj: Any, value: Any) -> None:
        setattr(_native[obj], name, value)

    return property(read, write if settable else None)


class Timer(Native):
    """Its constructor's parameters can be read."""

    def __init__(self, seconds: float, label: str = "") -> None:
        _keep(self, seconds=float(seconds), label=label)

    seconds, label = _of("seconds"), _of("label")


class Options(Native):
    """Made without arguments, and set."""

    def __init__(self) -> None:
        _keep(self, width=80, title="")

    width, title = _of("width", settable=True), _of("title", settable=True)


class Player(Native):
    """Has methods that set and get, as C++ has them."""

    def __init__(self) -> None:
        _keep(self, volume=5)

    def getVolume(self) -> int:  # noqa: N802  as bindings call it
        return int(_native[self].volume)

    def setVolume(self, value: int) -> None:  # noqa: N802
        _native[self].volume = int(value)


class Route(Native):
    """Goes to bytes, and comes from bytes."""

    def __init__(self) -> None:
        _keep(self, steps=[])

    def go(self, x: int, y: int) -> Route:
        _native[self].steps.append([int(x), int(y)])
        return self

    length = property(lambda self: sum(abs(x) + abs(y) for x, y in _native[self].steps))

    def to_bytes(self) -> bytes:
        return json.dumps(_native[self].steps).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Route:
        made = cls()
        for x, y in json.loads(data):
            made.go(x, y)
        return made


class Index(Native):
    """Is saved into a file, and loaded from one."""

    def __init__(self) -> None:
        _keep(self, words=[])

    def add(self, word: str) -> Index:
        _native[self].words.append(str(word))
        return self

    count = property(lambda self: len(_native[self].words))

    def save(self, path: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(_native[self].words, file)

    @classmethod
    def load(cls, path: str) -> Index:
        made = cls()
        with open(path, encoding="utf-8") as file:
            _native[made].words = json.load(file)
        return made


class Tree(Native):
    """Its method makes text, of which a function of the module makes it."""

    def __init__(self) -> None:
        _keep(self, nodes=None)

    def dumps(self) -> str:
        return json.dumps(_native[self].nodes)


def loads_tree(text: str) -> Tree:
    """A tree from the text that `dumps` makes."""
    made = Tree()
    _native[made].nodes = json.loads(text)
    return made


class Log(Native):
    """An open file, at a position."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            _keep(self, path=os.fspath(path), content=file.read(), position=0)

    path = _of("path")

    def read(self, size: int) -> bytes:
        state = _native[self]
        state.position += size
        return bytes(state.content[state.position - size : state.position])

    def tell(self) -> int:
        return int(_native[self].position)

    def seek(self, position: int) -> None:
        _native[self].position = position


class Bag(Native):
    """A container, made of its items."""

    def __init__(self, items: Any = ()) -> None:
        _keep(self, items=[int(each) for each in items])

    def __len__(self) -> int:
        return len(_native[self].items)

    def __iter__(self) -> Iterator[int]:
        return iter(list(_native[self].items))


class Book(Native):
    """A file, which has parts."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            _keep(self, path=path, sheets=json.load(file))

    path = _of("path")

    def __getitem__(self, name: str) -> Sheet:
        sheet = object.__new__(Sheet)
        _keep(sheet, book=self, name=name, rows=_native[self].sheets[name])
        return sheet


class Sheet(Native):
    """A part of a book, which nothing else makes."""

    def __init__(self) -> None:
        raise TypeError("no constructor defined")

    book, name, rows = _of("book"), _of("name"), _of("rows")


class Session(Native):
    """Has a parameter that nothing reads."""

    def __init__(self, name: str, connect_timeout: float = 5.0) -> None:
        _keep(self, name=name, connect_timeout=connect_timeout)

    name = _of("name")


class Radio(Native):
    """Is told something that nothing reads."""

    def __init__(self, station: str) -> None:
        _keep(self, station=station, mode=None)

    station = _of("station")

    def set_mode(self, mode: str) -> None:
        _native[self].mode = mode


class Fatal(Timer):
    """A getter ends the process."""

    checksum = property(lambda self: os._exit(3))


class Endless(Timer):
    """A getter does not end."""

    progress = property(lambda self: time.sleep(100))


class Drain(Native):
    """What makes a list of it empties it."""

    def __init__(self, items: list[int]) -> None:
        _keep(self, items=list(items))

    def __len__(self) -> int:
        return len(_native[self].items)

    def dump(self) -> list[int]:
        items, _native[self].items = _native[self].items, []
        return list(items)


class Getter(Drain):
    """As its name says that it is read, what empties it is read when it is looked at."""

    def to_list(self) -> list[int]:
        return self.dump()


class Ring(Native):
    """Its count is that of its constructor up to 10."""

    def __init__(self, size: int) -> None:
        _keep(self, room=2 * size, count=min(size, 10))

    room, count = _of("room"), _of("count")


class Anchor(Native):
    """Its data holds an address, the same for all anchors of one process."""

    def __init__(self, depth: int = 0) -> None:
        _keep(self, level=depth)

    level = _of("level")

    def to_bytes(self) -> bytes:
        return b"%d %d" % (_native[self].level, id(_native))

    @classmethod
    def from_bytes(cls, data: bytes) -> Anchor:
        return cls(int(data.split()[0]))


class Sealed(Native):
    """Nothing tells what it was made of."""

    def __init__(self, seed: int) -> None:
        _keep(self, product=seed * 7919)

    product = _of("product")


class Gauge(Native):
    """What it has seen cannot be given to another one."""

    def __init__(self, level: int) -> None:
        _keep(self, level=level, peak=level)

    @property
    def level(self) -> int:
        return int(_native[self].level)

    @level.setter
    def level(self, level: int) -> None:
        _native[self].level = level
        _native[self].peak = max(level, _native[self].peak)

    peak = _of("peak")
