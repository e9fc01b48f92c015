"""The serializer of one struct, made from source: what the fields read, without a call for each."""

from __future__ import annotations

from typing import Any

from adapters._struct.fields import NUL, CountedField, EmbeddedField, Field, Items
from adapters._struct.source import Source, is_flat, is_near
from adapters._wire.buffers import LARGE


def make_serializer(parts: list[Field], is_pointer: bool) -> Any:
    """A function of (self, struct): the state of a struct, or of what a pointer points at.

    Args:
        parts: The fields of the struct.
        is_pointer: Whether the function takes a pointer; it returns None for NULL.
    """
    reading = _Reading("struct")
    if is_pointer:
        reading.add("if not struct: return None")
    reading.add(f"return {reading.state(parts, 'struct')}")
    return reading.function("self, struct")


class _Reading(Source):
    """The source of a function that reads structs.

    Args:
        owner: The variable for what owns the memory.
    """

    def __init__(self, owner: str) -> None:
        super().__init__()
        self._owner = owner

    def state(self, parts: list[Field], struct: str) -> str:
        """An expression for the state of a struct."""
        lengths = [part.length for part in parts if isinstance(part, CountedField)]
        counts = {  # read once, though the state has them, too
            name: self.variable(self.attribute(struct, name))
            for name in dict.fromkeys(lengths)
            if isinstance(name, str) and name != NUL
        }
        values = [(part.name, self._value(part, struct, counts)) for part in parts]
        return f"{{{', '.join(f'{self.key(name)}: {value}' for name, value in values)}}}"

    def _value(self, part: Field, struct: str, counts: dict[str, str]) -> str:
        own = "" if "|" in part.name else self.attribute(struct, part.name)
        if type(part) is Field:
            return counts.get(part.name) or own
        general = f"{self.constant(part)}.read({struct}, {self._owner})"
        if isinstance(part, CountedField):
            pointer = self.variable(own)
            if part.length == NUL:
                return f"string({pointer}) if {pointer} else None"
            count = counts.get(str(part.length)) or str(part.length)
            if part.items.parts is not None:
                structs = self._structs(part.items, f"{pointer}[0:{count}]")
                return f"{structs} if {pointer} and {count} >= 0 else {general}"
            most = (LARGE - 1) // part.items.bytes_per_item
            value = self._bytes(part.items, pointer, count)
            return f"{value} if {pointer} and 0 <= {count} <= {most} else {general}"
        assert isinstance(part, EmbeddedField)
        if part.items.parts is None:
            if not part.shape or part.length * part.items.bytes_per_item >= LARGE:
                return general
            return self._bytes(part.items, own, str(part.length))
        if not part.shape and is_near(part):
            return self.state(part.items.parts, self.variable(own))
        return self._structs(part.items, own) if len(part.shape) == 1 else general

    def _bytes(self, items: Items, array: str, count: str) -> str:
        is_text = items.ctype.cname == "char"  # of which `unpack` makes bytes
        size = f"{count} * {items.bytes_per_item}"
        data = f"unpack({array}, {count})" if is_text else f"buffer({array}, {size})[:]"
        return f"({self.constant(items.code)}, {data})"

    def _structs(self, items: Items, array: str) -> str:
        parts = items.parts or []
        if is_flat(items):
            return f"[{self.state(parts, 'each')} for each in {array}]"
        reading = _Reading("owner")
        reading.add(f"return {reading.state(parts, 'struct')}")
        read = self.constant(reading.function("struct, owner"))
        return f"[{read}(each, {self._owner}) for each in {array}]"
