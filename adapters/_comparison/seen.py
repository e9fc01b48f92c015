"""What a portrait is made of, beside scalars, lists and dicts."""

from __future__ import annotations

from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from adapters._expressions import Way

# Seen by their names: what is in them is not compared.
NAMED = (
    type,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    MethodType,
    MethodDescriptorType,
    WrapperDescriptorType,
    MethodWrapperType,
)


class Seen:
    """What was seen of one object.

    Attributes:
        kind: The module-qualified type, or the C type.
        text: How a value of the standard library writes itself, "" for all else.
        items: What is in a container: a list, a dict, or a set; None for all else.
        array: The elements and the layout of an array or a buffer.
        attributes: {name: what it shows} of what it holds itself.
        defaults: {name: what it shows} of plain data in its class, which it need not hold itself.
        getters: {what is written behind the object: what that shows}, as `.name` and `.name()`.
        parts: The same for its length, items, state, reduction; written before and behind it.
    """

    __slots__ = ("array", "attributes", "defaults", "getters", "items", "kind", "parts", "text")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.text = ""
        self.items: Any = None
        self.array: Array | None = None
        self.attributes: dict[str, Any] = {}
        self.defaults: dict[str, Any] = {}
        self.getters: dict[Way, Any] = {}
        self.parts: dict[Way, Any] = {}

    @property
    def readings(self) -> int:
        """How many things were read of it."""
        contents = (self.items is not None) + (self.array is not None)
        return len(self.attributes) + len(self.getters) + len(self.parts) + contents

    def held(self, other: Seen) -> dict[str, Any]:
        """The attributes that it holds, or its class does where `other` holds some itself."""
        from_class = self.defaults.keys() & other.attributes.keys() - self.attributes.keys()
        return self.attributes | {name: self.defaults[name] for name in from_class}

    def __repr__(self) -> str:
        return self.text or f"<{self.kind}>"


class Array(NamedTuple):
    """The elements of an array or a buffer.

    Attributes:
        layout: The data type and the shape, in words.
        order: "C" or "F" for the order of the axes, "" where there is one, or where it is another.
        writable: Whether it can be written to; None where that is not known.
        shares: The number of an array met before that has some of its memory, else None.
        data: Its bytes in C order, or a digest of very many; None if it gives none.
        format: That of an element for struct, "" where `data` does not tell the elements.
        shape: The number of elements along each axis.
        elements: What `tolist` shows, where `data` does not tell.
    """

    layout: str
    order: str
    writable: bool | None
    shares: int | None
    data: bytes | None
    format: str
    shape: tuple[int, ...]
    elements: Any


class Unknown:
    """A part that was not read, or differs by nature: it equals all."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "what cannot be read"


class Raised(NamedTuple):
    """What a getter raised: the type of the exception."""

    kind: str

    def __repr__(self) -> str:
        return f"raising {self.kind}"


class Natural(NamedTuple):
    """What differs by nature: the kind of it, which is compared."""

    kind: str

    def __repr__(self) -> str:
        return self.kind
