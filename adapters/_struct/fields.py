"""Read the fields of a C struct into plain data, and write plain data into a new struct.

A field is a number, memory inside the struct, memory that a pointer field points at, or a flexible
array member at the end of a struct (C99). Memory holds `Items`: structs with fields of their own,
or plain bytes.
"""

from __future__ import annotations

import sys
from functools import cached_property
from math import prod
from typing import Any, TypeAlias

import _cffi_backend

from adapters._naming import shown
from adapters._wire.buffers import LARGE

CType: TypeAlias = Any
CData: TypeAlias = Any

NUL = "\0"  # in `lengths`: the pointer is to a string that ends with NUL
ffi = _cffi_backend.FFI()  # without declarations; works with the C types of every library


def pointer_to(ctype: CType) -> CType:
    """The C type of a pointer to `ctype`."""
    return _cffi_backend.new_pointer_type(ctype)


def array_of(ctype: CType) -> CType:
    """The C type of an array of `ctype` of any length."""
    return _cffi_backend.new_array_type(pointer_to(ctype), None)


class Items:
    """Items side by side in memory: structs, or bytes that are copied as they are."""

    def __init__(self, ctype: CType, parts: list[Field] | None, bytes_per_item: int) -> None:
        self.ctype = ctype  # of one item
        self.parts = parts  # the fields of one item if it is a struct, None for bytes
        self.bytes_per_item = bytes_per_item

    @cached_property
    def code(self) -> str:
        """The type string of one item, as in numpy's array interface."""
        order = "|" if self.bytes_per_item == 1 else "<" if sys.byteorder == "little" else ">"
        return f"{order}{kind_of(self.ctype)}{self.bytes_per_item}"

    def read(self, address: CData, count: int, owner: CData) -> Any:
        """The values of `count` items; large memory is not copied, and keeps `owner` alive."""
        if self.parts is not None:
            return [read_struct(self.parts, at, owner) for at in self._each(address, count)]
        size = count * self.bytes_per_item
        if size < LARGE:
            return self.code, bytes(ffi.buffer(address, size))
        kept = ffi.gc(address, lambda _: owner)
        return self.code, memoryview(ffi.buffer(kept, size)).toreadonly()

    def write(self, address: CData, value: Any, owned: list[CData]) -> None:
        """Write a value that `read` returned, after `count` has checked it."""
        if self.parts is None:
            ffi.buffer(address, len(value[1]))[:] = value[1]
            return
        for at, fields in zip(self._each(address, len(value)), value, strict=True):
            write_struct(self.parts, at, fields, owned)

    def count(self, path: str, value: Any) -> int:
        """How many items a received value holds.

        Raises:
            ValueError: it is not the value of such items.
        """
        if self.parts is not None:
            if not isinstance(value, list):
                raise ValueError(f"field {path!r} holds structs, and its state is no list")
            return len(value)
        try:
            code, data = value
            size = memoryview(data).nbytes
        except (TypeError, ValueError):
            raise ValueError(f"field {path!r} has no (type string, bytes) for its state") from None
        if code != self.code or size % self.bytes_per_item:
            raise ValueError(
                f"field {path!r} holds items {self.code!r} here, and {size} bytes of {shown(code)}"
                " came: the sender's struct is another; raise the adapter's version and add an"
                " upgrade"
            )
        return size // self.bytes_per_item

    def _each(self, address: CData, count: int) -> list[CData]:
        first = ffi.cast(pointer_to(self.ctype), address)
        return [first + index for index in range(count)]


class Field:
    """A number, a character, an enum or a bitfield: cffi converts and checks it."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name  # as an attribute of the struct
        self.path = path  # from the outermost struct, dotted

    def read(self, struct: CData, owner: CData) -> Any:
        """The field's value as plain data."""
        return getattr(struct, self.name)

    def write(self, struct: CData, state: dict[str, Any], owned: list[CData]) -> None:
        """Set the field from `state`; memory made for it goes into `owned`."""
        setattr(struct, self.name, state[self.name])


class EmbeddedField(Field):
    """Memory inside the struct: a struct, an array, a union. A single struct is read as a dict."""

    def __init__(self, name: str, path: str, offset: int, items: Items, shape: list[int]) -> None:
        super().__init__(name, path)
        self.offset = offset
        self.items = items
        self.shape = shape  # of an array, empty for anything else
        self.length = prod(shape)
        self.is_single = not shape and items.parts is not None

    def read(self, struct: CData, owner: CData) -> Any:
        value = self.items.read(self._address(struct), self.length, owner)
        return value[0] if self.is_single else value

    def write(self, struct: CData, state: dict[str, Any], owned: list[CData]) -> None:
        value = [state[self.name]] if self.is_single else state[self.name]
        count = self.items.count(self.path, value)
        if count != self.length:
            raise ValueError(f"field {self.path!r} has {self.length} items here, and {count} came")
        self.items.write(self._address(struct), value, owned)

    def _address(self, struct: CData) -> CData:
        """The address of the field in a struct, or in what a pointer points at."""
        is_struct = ffi.typeof(struct).kind == "struct"
        return ffi.cast("char *", ffi.addressof(struct) if is_struct else struct) + self.offset


class CountedField(Field):
    """Memory whose number of items is in another field, or fixed by the registration."""

    def __init__(self, name: str, path: str, items: Items, length: str | int) -> None:
        super().__init__(name, path)
        self.items = items
        self.length = length

    def count_in(self, struct: CData) -> int:
        """The number of items according to the struct; a ValueError if it is negative."""
        count = getattr(struct, self.length) if isinstance(self.length, str) else self.length
        if count < 0:
            raise ValueError(f"field {self.path!r} has {count} items according to {self.length!r}")
        return int(count)

    def count_of(self, state: dict[str, Any]) -> int:
        """The number of items in a state; a ValueError if the state gives another length."""
        count = self.items.count(self.path, state[self.name])
        told = state[self.length] if isinstance(self.length, str) else self.length
        if count != told:
            raise ValueError(
                f"field {self.path!r} holds {count} items, and {shown(told)} were told"
            )
        return count


class FlexibleArray(CountedField):
    """The array of unknown length at the end of a struct, for which `new` has made room."""

    def read(self, struct: CData, owner: CData) -> Any:
        address = ffi.cast("char *", getattr(struct, self.name))
        return self.items.read(address, self.count_in(struct), owner)

    def write(self, struct: CData, state: dict[str, Any], owned: list[CData]) -> None:
        address = ffi.cast("char *", getattr(struct, self.name))
        self.items.write(address, state[self.name], owned)


class PointerField(CountedField):
    """What a pointer field points at; None for NULL."""

    @property
    def text(self) -> type:
        """The type of the state of a string."""
        return bytes if kind_of(self.items.ctype) == "S" else str

    def read(self, struct: CData, owner: CData) -> Any:
        pointer = getattr(struct, self.name)
        if not pointer:
            return None
        if self.length == NUL:
            return ffi.string(pointer)
        return self.items.read(ffi.cast("char *", pointer), self.count_in(struct), owner)

    def write(self, struct: CData, state: dict[str, Any], owned: list[CData]) -> None:
        value = state[self.name]
        if value is None:
            return
        array = array_of(self.items.ctype)
        if self.length == NUL:
            if type(value) is not self.text:  # which cffi would not end with NUL
                raise ValueError(f"field {self.path!r} is a string, and {shown(value)} came")
            memory = ffi.new(array, value)
        else:
            count = self.count_of(state)
            memory = ffi.new(array, max(count, 1))  # C tells an empty array from NULL
            self.items.write(ffi.cast("char *", memory), value, owned)
        owned.append(memory)
        setattr(struct, self.name, memory)


def numbers_in(parts: list[Field]) -> tuple[Any, ...] | None:
    """Pairs of the name of each field, and those in it if it is a struct; None otherwise.

    None if a field is neither a number nor a struct of such fields.
    """
    found: list[Any] = []
    for part in parts:
        inside = None
        if type(part) is not Field:
            known = isinstance(part, EmbeddedField) and part.is_single
            inside = numbers_in(part.items.parts) if known else None  # type: ignore[attr-defined]
            if inside is None:
                return None
        found.append((part.name, inside))
    return tuple(found)


def overlapping(fields: Any) -> list[list[tuple[str, Any]]]:
    """(name, field) in groups that share memory; a group of several is an anonymous union."""
    groups: list[list[tuple[str, Any]]] = []
    end = 0
    for start, stop, name, field in bits_of(fields):
        if start >= end:
            groups.append([])
        groups[-1].append((name, field))
        end = max(end, stop)
    return groups


def bits_of(fields: Any) -> list[tuple[int, int, str, Any]]:
    """(first bit, one past the last, name, field) of each field of a struct, sorted by bits."""
    found = []
    for name, field in fields:
        start = field.offset * 8 + max(field.bitshift, 0)
        last = field.type.kind == "array" and field.type.length is None
        size = 0 if last else 8 * ffi.sizeof(field.type)
        found.append((start, start + (field.bitsize if field.bitsize > 0 else size), name, field))
    return sorted(found, key=lambda item: item[:2])


def read_struct(parts: list[Field], struct: CData, owner: CData) -> dict[str, Any]:
    """The state of the struct at a pointer; `owner` keeps its memory alive."""
    return {part.name: part.read(struct, owner) for part in parts}


def write_struct(parts: list[Field], struct: CData, state: Any, owned: list[CData]) -> None:
    """Write a state into the struct at a pointer.

    Raises:
        ValueError: the state is not one of such a struct.
        OverflowError: a number does not fit its field.
    """
    names = [part.name for part in parts]
    if not isinstance(state, dict) or sorted(state) != sorted(names):
        came = sorted(state) if isinstance(state, dict) else type(state).__name__
        raise ValueError(
            f"the struct has the fields {names} here, and {came} came: raise the adapter's version"
            " and add an upgrade"
        )
    for part in parts:
        part.write(struct, state, owned)


_KINDS = {"char": "S", "wchar_t": "U", "char16_t": "U", "char32_t": "U", "_Bool": "b"}
_KINDS |= dict.fromkeys(("float", "double", "long double"), "f")


def kind_of(ctype: CType) -> str:
    """The letter for an item in numpy's array interface: i, u, f, c, b, S, U, or V for bytes."""
    if ctype.kind not in ("primitive", "enum"):
        return "V"
    if "complex" in ctype.cname.lower():
        return "c"
    return _KINDS.get(ctype.cname) or ("i" if int(ffi.cast(ctype, -1)) < 0 else "u")
