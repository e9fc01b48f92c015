"""Follows a payload with symbols: nothing is imported, made or called.

Functions that only make plain data, with which adapters and older protocols write tuples, bytes and
sets, are followed; the result of any other call is an object that nothing is known about.
"""

from __future__ import annotations

from typing import Any, NoReturn

from adapters._payload.builder import Builder
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import PLAIN, VALUE, Bytes, Global, Made, Many

# Memory that one value takes, with the slot that refers to it and what the machine keeps to follow
# it; rounded up to the sizes of 64-bit CPython.
CONTAINER, SLOT = 80, 8
_BASE: dict[Any, int] = {list: CONTAINER, dict: 80, set: 240}
_ITEM: dict[Any, int] = {list: SLOT + 2, dict: 80, set: 60}
_ADD: dict[Any, str] = {list: "APPENDS", dict: "SETITEMS", set: "ADDITEMS"}


class Symbolic(Builder):
    """Makes symbols, and hands what they would do to methods of a subclass.

    Args:
        limit: The memory in bytes that the values may take.
        deepest: How deep they may be nested.
        buffers: The sizes of those that travelled out of band, None if they are not known.
    """

    def __init__(self, limit: int, deepest: int, buffers: list[int] | None) -> None:
        self.values = self.spent = self.taken = 0
        self._limit, self._deepest, self._buffers = limit, deepest, buffers

    # What a subclass decides

    def found(self, found: Global) -> None:
        """The payload would import this."""

    def unknown(self, what: str) -> Any:
        """Something that nobody can tell from the payload alone."""
        raise NotImplementedError

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        """A call that is more than plain data; returns the symbol of its result."""
        raise NotImplementedError

    def too_much(self, what: str) -> NoReturn:
        """Something is over a limit."""
        raise UnreadableError(what, self.at)

    def as_data(self, found: Global) -> None:
        """A global that is an item of something."""

    def keys(self, items: list[Any]) -> None:
        """Values that will be hashed."""

    # Plain data

    def charge(self, cost: int) -> None:
        """Count so many bytes of memory.

        Raises:
            UnreadableError: they are more than the limit, where `too_much` says no other.
        """
        self.spent += cost
        if self.spent > self._limit:
            self.too_much(f"its values take more than {self._limit} bytes of memory")

    def charge_copy(self, cost: int) -> None:
        """Count so many bytes of memory that are copied: a few opcodes can do that to many."""
        self.charge(cost)

    def _new(self, cost: int) -> None:
        self.values += 1
        self.charge(cost)

    def scalar(self, value: object) -> Any:
        size = value.__sizeof__() if type(value) is str or type(value) is int else 0
        self._new(VALUE + size)
        return value

    def data(self, data: bytes, kind: type) -> Bytes:
        self._new(2 * VALUE + len(data))
        return Bytes(kind, data, len(data))

    def buffer(self) -> Bytes:
        self._new(VALUE)
        size = 0
        if self._buffers is not None:
            if self.taken == len(self._buffers):
                raise UnreadableError(
                    f"it takes more buffers than the {self.taken} that are there", self.at
                )
            size = self._buffers[self.taken]
        self.taken += 1
        return Bytes(memoryview, None, size)

    def read_only(self, value: Any) -> Any:
        if type(value) is Bytes:
            self._new(6 * VALUE)
            return Bytes(memoryview, value.data, value.size)
        return self.run("READONLY_BUFFER", value, None)

    def container(self, kind: type) -> Many:
        self._new(_BASE[kind])
        return Many(kind, [])

    def tuple(self, items: list[Any], last: int) -> Many:
        self._new(CONTAINER + SLOT * len(items))
        made = Many(tuple, items, last)
        self.close(made)
        return made

    def frozenset(self, items: list[Any]) -> Many:
        self._new(_BASE[set] + _ITEM[set] * len(items))
        self.keys(items)
        made = Many(frozenset, items)
        self.close(made)
        return made

    def close(self, made: Many) -> None:
        """Find out about a container that cannot change any more."""
        made.hashable = True
        for item in made.items:
            kind = type(item)
            if kind is Many:
                # No more than that is ever asked: doubled at each level, it would itself be big.
                made.tree = min(made.tree + item.tree, 1 << 62)
                made.hashable = made.hashable and item.hashable
            else:
                made.tree += 1
                if kind is Bytes and item.kind is bytearray:
                    made.hashable = False
        self._contain(made, made.items)

    def extend(self, target: Any, items: list[Any], kind: type) -> None:
        if type(target) is not Many or target.kind is not kind:
            self.run(_ADD[kind], target, None)
            return
        self.charge(_ITEM[kind] * len(items))
        if kind is not list:
            if not target.items:
                self.charge(2 * VALUE)
            self.keys(items if kind is set else items[::2])
        target.items += items
        self._contain(target, items)

    def _contain(self, target: Many, items: list[Any]) -> None:
        depth = target.depth
        for item in items:
            kind = type(item)
            if kind is Many or kind is Made:
                if item.depth >= depth:
                    depth = item.depth + 1
            elif kind is Global:
                self.as_data(item)
        if depth > self._deepest:
            self.too_much(f"it is nested deeper than {self._deepest} levels")
        target.depth = depth

    # What is more than data

    def named(self, module: str, name: str) -> Global:
        self.charge(VALUE)
        found = Global(module, name)
        self.found(found)
        return found

    def computed(self) -> Any:
        return self.unknown("names a global with strings that it computes")

    def extension(self, code: int) -> Any:
        return self.unknown(f"names a global by extension code {code}")

    def persistent(self, key: Any) -> Any:
        return self.unknown("asks for an object by a persistent id")

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        if how == "REDUCE" and type(function) is Global and function.path in PLAIN:
            made = self._plain(function.path, arguments)
            if made is not None:
                return made
        self._new(VALUE)
        return self.run(how, function, arguments)

    def build(self, target: Any, state: Any) -> None:
        self.run("BUILD", target, None)

    def _plain(self, path: str, arguments: Any) -> Any:
        """The result where it is plain data for certain, else None."""
        if type(arguments) is not Many or arguments.kind is not tuple:
            return None
        items, kind = arguments.items, path.partition(".")[2]
        first: Any = items[0] if items else None
        kinds = [type(item) for item in items]
        if kinds == [float, float] and kind == "complex":
            return self.scalar(complex(*items))
        if not items and kind in _EMPTY:
            return self.container(_EMPTY[kind])
        if kind in _BUFFERS and (not items or kinds == [Bytes]):
            size = first.size if first else 0
            self._new(6 * VALUE + (0 if kind == "memoryview" else size))
            return Bytes(_BUFFERS[kind], first.data if first else b"", size)
        if kinds == [str, str] and kind in ("encode", "bytearray"):
            return self._encoded(items, bytes if kind == "encode" else bytearray)
        if kinds == [Many] and first.kind in (list, tuple):
            if kind == "tuple":
                return self.tuple([*self._copied(first)], 0)
            if kind == "frozenset":
                return self.frozenset([*self._copied(first)])
            if kind == "set":
                made = self.container(set)
                self.extend(made, self._copied(first), set)
                return made
        return None

    def _copied(self, source: Many) -> list[Any]:
        self.charge_copy(SLOT * len(source.items))
        return [*source.items]

    def _encoded(self, items: list[str], kind: type) -> Any:
        text, encoding = items
        if encoding not in ("latin1", "latin-1"):
            return None
        self._new(2 * VALUE)
        self.charge_copy(len(text))
        try:
            data = text.encode("latin-1")
        except UnicodeEncodeError:
            return None
        return Bytes(kind, data, len(data))


_EMPTY: dict[str, type] = {"list": list, "dict": dict, "set": set}
_BUFFERS: dict[str, type] = {"bytes": bytes, "bytearray": bytearray, "memoryview": memoryview}
