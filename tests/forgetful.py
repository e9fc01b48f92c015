"""Types whose adapters forget a part of them, types with parts that differ by nature, and both.

Children import this module to make examples and to rebuild what they get.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import Any

import adapters


class Native:
    """Stands for a type of an extension: what it holds is behind properties and getters."""

    __slots__ = ("_handle",)
    _contents: dict[int, list[Any]] = {}  # noqa: RUF012
    _numbers = itertools.count(1)
    made_by: set[int] = set()  # noqa: RUF012  process ids

    def __init__(self, name: str, scale: float = 1.0, items: Any = (), strict: bool = False):
        Native.made_by.add(os.getpid())
        self._handle = next(Native._numbers)
        Native._contents[self._handle] = [name, scale, list(items), strict]

    @property
    def _held(self) -> list[Any]:
        return Native._contents[self._handle]

    @property
    def name(self) -> str:
        return str(self._held[0])

    def getScale(self) -> float:  # noqa: N802
        return float(self._held[1])

    def __len__(self) -> int:
        return len(self._held[2])

    def __iter__(self) -> Any:
        return iter(self._held[2])

    @property
    def settings(self) -> dict[str, bool]:
        return {"strict": self._held[3]}

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle a native object")


class Whole(Native):
    __slots__ = ()


class NoScale(Native):
    __slots__ = ()


class NoItems(Native):
    __slots__ = ()


class NotStrict(Native):
    __slots__ = ()


class Numbered(Native):
    """Its adapter forgets what is behind a getter; an attribute differs by nature."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.number = next(Native._numbers)


class Wider(Native):
    """Its adapter forgets what its attribute says."""

    def __init__(self, *args: Any, note: str = "") -> None:
        super().__init__(*args)
        self.note = note


class Lost(Native):
    """Its adapter loses the class of an object."""


class Session:
    """Is right, with parts that differ by nature."""

    def __init__(self, url: str) -> None:
        if not isinstance(url, str):
            raise TypeError("a URL is a str")
        self.url = url
        self.created = time.time_ns()
        self.handle = id(self)
        self.lock = threading.Lock()
        self._cache = {url: id(url)}
        self.number = next(Native._numbers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Session) and other.url == self.url

    __hash__ = None  # type: ignore[assignment]

    def get_age(self) -> int:
        return time.time_ns() - self.created

    def close(self) -> None:
        raise AssertionError("a getter is one that acts")


class Deadly:
    """Is right; some of its getters end or hold up the process."""

    def __init__(self, size: int) -> None:
        if type(size) is not int:
            raise TypeError("a size is an int")
        self.size = size
        self.lock = threading.Lock()

    @property
    def crashing(self) -> Any:
        os._exit(7)

    @property
    def hanging(self) -> Any:
        time.sleep(100)

    @property
    def failing(self) -> Any:
        raise RuntimeError("not loaded")


class Opaque:
    """Nothing of it can be read."""

    __slots__ = ()
    _values: dict[int, Any] = {}  # noqa: RUF012

    def __init__(self, value: Any) -> None:
        Opaque._values[id(self)] = value

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle an opaque object")


def state_of(native: Native) -> Any:
    name, scale, items, strict = native._held
    return name, scale, tuple(items), strict


def rebuild(kind: Any, state: Any) -> Any:
    name, scale, items, strict = state
    kinds = (str, float, tuple, bool)
    if not all(map(isinstance, state, kinds)) or not all(type(each) is int for each in items):
        raise ValueError("a native object has a name, a scale, items and whether it is strict")
    return kind(name, scale, items, strict)


def whole(state: Any) -> Whole:
    return rebuild(Whole, state)  # type: ignore[no-any-return]


def state_without_scale(native: Native) -> Any:
    name, _, items, strict = state_of(native)
    return name, items, strict


def without_scale(state: Any) -> NoScale:
    name, items, strict = state
    return rebuild(NoScale, (name, 1.0, items, strict))  # type: ignore[no-any-return]


def state_without_items(native: Native) -> Any:
    name, scale, _, strict = state_of(native)
    return name, scale, strict


def without_items(state: Any) -> NoItems:
    name, scale, strict = state
    return rebuild(NoItems, (name, scale, (), strict))  # type: ignore[no-any-return]


def state_without_strict(native: Native) -> Any:
    return state_of(native)[:3]


def not_strict(state: Any) -> NotStrict:
    name, scale, items = state
    return rebuild(NotStrict, (name, scale, items, False))  # type: ignore[no-any-return]


def numbered(state: Any) -> Numbered:
    name, items, strict = state
    return rebuild(Numbered, (name, 1.0, items, strict))  # type: ignore[no-any-return]


def wider(state: Any) -> Wider:
    return rebuild(Wider, state)  # type: ignore[no-any-return]


def lost(state: Any) -> Lost:
    return rebuild(Lost, state)  # type: ignore[no-any-return]


def url_of(session: Session) -> str:
    return session.url


def size_of(deadly: Deadly) -> int:
    return deadly.size


def value_of(opaque: Opaque) -> Any:
    return Opaque._values[id(opaque)]


for _cls, _serialize, _factory in (
    (Whole, state_of, whole),
    (NoScale, state_without_scale, without_scale),
    (NoItems, state_without_items, without_items),
    (NotStrict, state_without_strict, not_strict),
    (Numbered, state_without_scale, numbered),
    (Wider, state_of, wider),
    (Session, url_of, Session),
    (Deadly, size_of, Deadly),
    (Opaque, value_of, Opaque),
):
    adapters.register(_cls, _serialize, _factory, name=f"forgetful.{_cls.__name__}")
adapters.register(Lost, state_of, lost, name="forgetful.Lost", subclasses=True)


class Later(Lost):
    """Exists only since the registration."""
