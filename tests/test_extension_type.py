"""Which classes have a C part, so that they cannot be copied."""

from __future__ import annotations

import abc
import collections
import dataclasses
import decimal
import enum
import re
import sys
import typing
from typing import Any

import pytest

from adapters._importable.extension_type import is_extension_type


class Plain:
    pass


class Empty:
    __slots__ = ()


class Slots:
    __slots__ = ("__weakref__", "one", "two")


class WithoutDoc:
    """None."""

    __module__ = None  # type: ignore[assignment]


class Abstract(abc.ABC):
    @abc.abstractmethod
    def method(self) -> None: ...


class Meta(type):
    pass


class OfMeta(metaclass=Meta):
    pass


class Colour(enum.Enum):
    RED = 1


class Flag(enum.IntFlag):
    ON = 1


class Named(typing.NamedTuple):
    one: int


@dataclasses.dataclass(frozen=True, slots=True)
class Data:
    one: int


class Dict(dict):  # type: ignore[type-arg]
    """Derives from a type in C, and has no slots of its own."""


class SmallInt(int):
    __slots__ = ()


class Random(decimal.Context):
    borrowed = str.join
    made_of_c = len


class Generic(typing.Generic[typing.TypeVar("T")]):  # type: ignore[misc]
    pass


PYTHON = [
    *(Plain, Empty, Slots, WithoutDoc, Abstract, Meta, OfMeta, Colour, Flag, Named, Data, Dict),
    *(SmallInt, Random, Generic, typing.Protocol, collections.namedtuple("Pair", "a b")),
    *(collections.ChainMap, collections.UserDict, enum.Enum, abc.ABC, type("Made", (), {})),
]
NATIVE = [
    *(int, type, object, Exception, dict, decimal.Decimal, decimal.Context, re.Pattern),
    *(type(sys.flags), type(len), type(iter([])), collections.OrderedDict, collections.deque),
]


@pytest.mark.parametrize("cls", PYTHON, ids=lambda cls: cls.__name__)
def test_classes_of_python(cls: Any) -> None:
    assert not is_extension_type(cls)


@pytest.mark.parametrize("cls", NATIVE, ids=lambda cls: cls.__name__)
def test_types_of_c(cls: Any) -> None:
    assert is_extension_type(cls)


@pytest.mark.parametrize(
    "where",
    [
        "rpds:HashTrieMap",
        "contourpy._contourpy:FillType",
        "contourpy._contourpy:SerialContourGenerator",
        "numpy:ndarray",
        "numpy:random.Generator",
        "lxml.etree:_Element",
    ],
)
def test_types_of_the_binding_tools(where: str) -> None:
    """PyO3, pybind11, plain C and Cython."""
    module, _, path = where.partition(":")
    found: Any = pytest.importorskip(module)
    for name in path.split("."):
        found = getattr(found, name)
    assert is_extension_type(found)
    if module != "rpds":  # whose types have no subclasses
        assert not is_extension_type(type(found)("Derived", (found,), {}))
