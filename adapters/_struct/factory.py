"""The factory of one struct, made from source: an initializer for cffi from the usual states.

All other states it leaves to the methods of the fields, which raise the errors. What it takes they
take, too, and make the same of it.
"""

from __future__ import annotations

from typing import Any

from adapters._struct.fields import (
    NUL,
    CountedField,
    CType,
    EmbeddedField,
    Field,
    FlexibleArray,
    Items,
    PointerField,
    array_of,
    pointer_to,
)
from adapters._struct.source import Source, is_flat, is_near


def make_factory(parts: list[Field], struct: CType, is_pointer: bool, general: Any) -> Any:
    """A function of (self, state): a new struct, or a pointer to one, which owns all its parts.

    Args:
        parts: The fields of the struct.
        struct: Its C type.
        is_pointer: Whether the function returns a pointer.
        general: A function of the same arguments for the states that are not usual.
    """
    writing = _Writing(owned="owned" if any(map(_owns, parts)) else "None")
    writing.add("try:")
    writing.margin += "    "
    initializer = writing.initializer(parts, "state", "pointer")
    new = "new"
    if writing.owned == "owned":
        # cffi keeps this method, and with it the list, for as long as the struct's memory, which
        # the pointer, p[0] and all other views of it share.
        writing.add(f"owned = [{', '.join(writing.memories)}]")
        new = "new_allocator(new_chars, owned.append, False)"
    new = f"{new}({writing.constant(pointer_to(struct))}, {initializer})"
    if writing.after:
        writing.add(f"pointer = {new}", *writing.after)
        new = "pointer"
    writing.add(f"return {new}" if is_pointer else f"return {new}[0]")
    writing.margin = writing.margin[4:]
    writing.add("except failures(): pass", f"return {writing.constant(general)}(self, state)")
    return writing.function("self, state")


class _Writing(Source):
    """The source of a function that makes a struct.

    Args:
        owned: The list of the memory that the struct owns, "None" if it owns none.
    """

    def __init__(self, owned: str) -> None:
        super().__init__()
        self.owned = owned
        self.memories: list[str] = []  # variables, which go into the list
        self.after: list[str] = []  # statements for the fields that cffi cannot initialize

    def initializer(self, parts: list[Field], state: str, struct: str) -> str:
        """An expression for what cffi initializes a struct from.

        cffi refuses names that it does not know, and takes zero for those that are missing.

        Args:
            parts: The fields of the struct.
            state: An expression for its state.
            struct: An expression for the struct, once it exists.
        """
        complete = f"len({state}) == {len(parts)}"
        if any("|" in part.name for part in parts):  # cffi knows the members of a union, too
            names = frozenset(part.name for part in parts)
            complete = f"{state}.keys() == {self.constant(names)}"
        self._require(f"type({state}) is dict and {complete}")
        values = [(part.name, self._value(part, state, struct)) for part in parts]
        changed = [(self.key(name), value) for name, value in values if value is not None]
        if not changed:
            return state
        given = self.variable(f"{state}.copy()")
        self.add(*(f"{given}[{key}] = {value}" for key, value in changed if value))
        self.add(*(f"del {given}[{key}]" for key, value in changed if not value))
        return given

    def _value(self, part: Field, state: str, struct: str) -> str | None:
        """An expression for what cffi initializes a field from.

        None where it is the value in the state, "" where the field is written afterwards.
        """
        if type(part) is Field:
            return None
        own = "" if "|" in part.name else self.attribute(struct, part.name)
        value = f"{state}[{self.key(part.name)}]"
        if isinstance(part, EmbeddedField):
            items, count = part.items, str(part.length)
            if items.parts is not None and not part.shape and is_near(part):
                value = self.variable(value)
                given = self.initializer(items.parts, value, own)
                return None if given == value else given
            if is_flat(items) and len(part.shape) == 1:
                self._require_structs(items, value, count)
                return None
            if items.parts is None and part.shape:
                data = self._bytes(items, value, count)
                if items.ctype.cname == "char" and len(part.shape) == 1:
                    return data
                self.after.append(f"memmove({own}, {data}, {part.length * items.bytes_per_item})")
                return ""
        elif isinstance(part, CountedField) and (part.items.parts is None or is_flat(part.items)):
            if isinstance(part, PointerField):
                return self._pointer(part, value, state)
            count = self._count(part, state)
            if part.items.parts is not None:
                self._require_structs(part.items, value, count)
                return None
            data = self._bytes(part.items, value, count)
            self.after.append(f"memmove({own}, {data}, len({data}))")
            return count
        general = self.constant(part)
        self.after.append(f"{general}.write({struct}, {state}, {self.owned})")
        return f"{general}.count_of({state})" if isinstance(part, FlexibleArray) else ""

    def _pointer(self, part: PointerField, value: str, state: str) -> str:
        """A variable for the memory that a pointer field points at."""
        items, array = part.items, self.constant(array_of(part.items.ctype))
        value, memory = self.variable(value), self.variable("null")
        self.memories.append(memory)
        self.add(f"if {value} is not None:")
        self.margin += "    "
        if part.length == NUL:
            self._require(f"type({value}) is {part.text.__name__}")
            self.add(f"{memory} = new({array}, {value})")
        elif items.parts is not None:
            self._require_structs(items, value, self._count(part, state))
            self.add(f"{memory} = new({array}, {value} or 1)")  # C tells an empty one from NULL
        else:
            count = self._count(part, state)
            data = self._bytes(items, value, count)
            self.add(f"{memory} = new({array}, {count} or 1)")
            self.add(f"memmove({memory}, {data}, len({data}))")
        self.margin = self.margin[4:]
        return memory

    def _count(self, part: CountedField, state: str) -> str:
        """An expression for the number of items that a state tells."""
        if isinstance(part.length, int):
            return str(part.length)
        return self.variable(f"{state}[{self.key(part.length)}]")

    def _bytes(self, items: Items, value: str, count: str) -> str:
        """A variable for the bytes in a pair (type string, bytes), which has to hold `count`."""
        data = self.variable(value)
        self.add(f"code, {data} = {data}")
        size = f"len({data}) == {count} * {items.bytes_per_item}"
        self._require(f"code == {self.constant(items.code)} and type({data}) is bytes and {size}")
        return data

    def _require_structs(self, items: Items, value: str, count: str) -> None:
        """Require a list of `count` states of structs of numbers."""
        states = self.variable(value)
        self._require(f"type({states}) is list and len({states}) == {count}")
        self.add(f"for each in {states}:")
        self.margin += "    "
        self.initializer(items.parts or [], "each", "")
        self.margin = self.margin[4:]

    def _require(self, condition: str) -> None:
        self.add(f"if not ({condition}): raise TypeError")


def _owns(part: Field) -> bool:
    """Whether a field, or one inside, points at memory of its own."""
    if isinstance(part, (EmbeddedField, FlexibleArray)):
        return any(map(_owns, part.items.parts or ()))
    return isinstance(part, PointerField)
