"""Objects that are all in their attributes, or in what getters say and setters take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]  # serialize and factory

_SIMPLE = (bool, int, float, str, bytes)


def attributes(kind: Any) -> list[str]:
    """The public attributes that an extension type describes and that can be set."""
    described = [name for name, found in vars(kind).items() if hasattr(found, "__set__")]
    return [name for name in described if not name.startswith("_")]


def getters(kind: Any) -> list[str]:
    """X of each method getX beside which there is a setX."""
    return [name[3:] for name in dir(kind) if name[:3] == "get" and hasattr(kind, f"set{name[3:]}")]


def own(value: Any) -> Any:
    """A copy, if it is an array."""
    return np.array(value) if isinstance(value, np.ndarray) else value


def get(obj: Any, name: str) -> Any:
    """What getX says."""
    return getattr(obj, f"get{name}")()


def read(obj: Any, names: Iterable[str]) -> dict[str, Any]:
    """What the getters of these names say, arrays copied."""
    return {name: own(get(obj, name)) for name in names}


def put(obj: Any, name: str, value: Any) -> None:
    """Give setX a value."""
    getattr(obj, f"set{name}")(value)


def fill(
    made: Any, values: Any, names: Iterable[str], get: Any = getattr, put: Any = setattr
) -> Any:
    """Set what differs in a new object, and check that it is taken.

    Raises:
        ValueError: there is no such name, or value.
    """
    parts((values,), dict)
    for name, value in values.items():
        held = get(made, name) if name in names else None
        simple = isinstance(value, _SIMPLE)
        if name not in names or (isinstance(held, _SIMPLE) and type(held) is not type(value)):
            raise ValueError(f"{type(made).__qualname__} has no {name!r} with the value {value!r}")
        if not _same(held, value):
            put(made, name, own(value))
            if simple and not _same(get(made, name), value):
                raise ValueError(f"{type(made).__qualname__} takes no {value!r} as its {name}")
    return made


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


def of_attributes(kind: Any, make: Any = None) -> Pair:
    """The adapter of a type that is all in its attributes; `make()` is a new object."""
    names = attributes(kind)

    def serialize(obj: Any) -> Any:
        return {name: own(getattr(obj, name)) for name in names}

    return serialize, lambda state: fill((make or kind)(), state, names)


def of_getters(kind: Any, make: Any) -> Pair:
    """The adapter of a type that is all in what its getters say; `make()` is a new object."""
    names = getters(kind)

    return lambda obj: read(obj, names), lambda state: fill(make(), state, names, get, put)
