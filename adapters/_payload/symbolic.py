"""First pass over a payload, on symbols: nothing is imported, made or called.

Calls of functions that only make plain data are evaluated, as pickle writes tuples, sets and bytes
like that in old protocols. Nothing is known about the result of any other call.
"""

from __future__ import annotations

from typing import Any, NoReturn

from adapters._payload import budget
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import (
    PLAIN,
    REBUILD,
    SPEC,
    BytesLike,
    Container,
    Global,
    Opaque,
    adapter_parts,
)

_ADD: dict[type, str] = {list: "APPENDS", dict: "SETITEMS", set: "ADDITEMS"}


class SymbolicBuilder:
    """A builder of symbols, whose subclasses decide about all that is not plain data.

    Args:
        memory: The bytes that the values may take.
        depth: The levels to which they may be nested.
        buffers: The sizes of those that travelled out of band, None if they are not known.
    """

    at = 0

    def __init__(self, memory: int, depth: int, buffers: list[int] | None) -> None:
        self.values = self.buffers_taken = 0
        self._memory, self._depth, self._buffers = memory, depth, buffers
        self._spent = 0

    # What a subclass decides

    def found_global(self, path: str) -> None:
        """The payload names this global."""

    def global_as_item(self, path: str) -> None:
        """The payload puts this global into a container."""

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        """The symbol for the result of any other call.

        `arguments` is None where the opcode runs a method of `function`, as BUILD may.
        """
        raise NotImplementedError

    def adapter(self, path: str, parts: tuple[str, int, Any], arguments: Container) -> Any:
        """The symbol for an object or a spec of an adapter; `parts` are from `adapter_parts`."""
        raise NotImplementedError

    def keys(self, items: list[Any]) -> None:
        """The payload hashes these: keys of a dict, or items of a set."""

    def over_limit(self, what: str) -> NoReturn:
        """The values are over a limit."""
        raise UnreadableError(what, self.at)

    # Memory

    def charge(self, cost: int) -> None:
        """Count bytes of memory, and end at the limit."""
        self._spent += cost
        if self._spent > self._memory:
            self.over_limit(f"its values take more than {self._memory} bytes of memory")

    def charge_copy(self, cost: int) -> None:
        """Count bytes that are copied: a few opcodes can do that to many."""
        self.charge(cost)

    def _new(self, cost: int) -> None:
        self.values += 1
        self.charge(cost)

    # Plain data

    def scalar(self, value: object) -> Any:
        size = value.__sizeof__() if type(value) is str or type(value) is int else 0
        self._new(budget.VALUE + size)
        return value

    def data(self, data: bytes, kind: type) -> BytesLike:
        self._new(budget.BYTES + len(data))
        return BytesLike(kind, data, len(data))

    def buffer(self) -> BytesLike:
        self._new(budget.VALUE)
        size, taken = 0, self.buffers_taken
        if self._buffers is not None:
            if taken == len(self._buffers):
                raise UnreadableError(
                    f"it takes more buffers than the {taken} that are there", self.at
                )
            size = self._buffers[taken]
        self.buffers_taken += 1
        return BytesLike(memoryview, None, size)

    def read_only(self, value: Any) -> Any:
        if type(value) is not BytesLike:
            return self.run("READONLY_BUFFER", value, None)
        self._new(budget.VIEW)
        return BytesLike(memoryview, value.data, value.size)

    def container(self, kind: type) -> Container:
        self._new(budget.EMPTY[kind])
        return Container(kind, [])

    def closed(self, kind: type, items: list[Any], last: int = 0) -> Container:
        self._new(budget.EMPTY[kind] + budget.ITEM[kind] * len(items))
        if kind is frozenset:
            self.keys(items)
        made = Container(kind, items, last)
        self.close(made)
        return made

    def close(self, made: Container) -> None:
        """Compute `total`, `hashable` and `depth` of a container that cannot change any more."""
        made.hashable = True
        for item in made.items:
            kind = type(item)
            if kind is Container:
                # Without the limit it has as many bits as the payload has TUPLE2 of one value.
                made.total = min(made.total + item.total, budget.UNLIMITED)
                made.hashable = made.hashable and item.hashable
            else:
                made.total += 1
                if kind is BytesLike and item.kind is bytearray:
                    made.hashable = False
        self._contain(made, made.items)

    def extend(self, target: Any, items: list[Any], kind: type) -> None:
        if type(target) is not Container or target.kind is not kind:
            self.run(_ADD[kind], target, None)
            return
        self.charge(budget.ITEM[kind] * len(items))
        if kind is not list:
            if not target.items:
                self.charge(budget.FIRST_ITEM)
            self.keys(items if kind is set else items[::2])
        target.items += items
        self._contain(target, items)

    def _contain(self, target: Container, items: list[Any]) -> None:
        depth = target.depth
        for item in items:
            kind = type(item)
            if kind is Container or kind is Opaque:
                if item.depth >= depth:
                    depth = item.depth + 1
            elif kind is Global:
                self.global_as_item(item.path)
        if depth > self._depth:
            self.over_limit(f"it is nested deeper than {self._depth} levels")
        target.depth = depth

    # Globals and calls

    def find_global(self, module: str, name: str) -> Global:
        self.charge(budget.VALUE)
        found = Global(f"{module}.{name}")
        self.found_global(found.path)
        return found

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        path = function.path if how == "REDUCE" and type(function) is Global else ""
        if path in PLAIN:
            made = self._plain(path, arguments)
            if made is not None:
                return made
        self._new(budget.VALUE)
        parts = adapter_parts(arguments) if path in (REBUILD, SPEC) else None
        if parts is None:
            return self.run(how, function, arguments)
        return self.adapter(path, parts, arguments)

    def build(self, target: Any, state: Any) -> None:
        self.run("BUILD", target, None)

    def _plain(self, path: str, arguments: Any) -> Any:
        """The result where it is plain data for certain, else None."""
        if type(arguments) is not Container or arguments.kind is not tuple:
            return None
        items, kinds = arguments.items, [type(item) for item in arguments.items]
        name = path.partition(".")[2]
        if name == "complex" and kinds == [float, float]:
            return self.scalar(complex(*items))
        if name in _EMPTY and not items:
            return self.container(_EMPTY[name])
        if (kinds == [BytesLike] and name in _BUFFERS) or (not items and name in _EMPTY_BYTES):
            source = items[0] if items else BytesLike(bytes, b"", 0)
            self._new(budget.VIEW + (0 if name == "memoryview" else source.size))
            return BytesLike(_BUFFERS[name], source.data, source.size)
        if name in ("encode", "bytearray") and kinds == [str, str]:
            text, encoding = items
            return self._encoded(text, encoding, bytes if name == "encode" else bytearray)
        if name in _COPIES and kinds == [Container] and items[0].kind in (list, tuple):
            return self._copied(items[0].items, _COPIES[name])
        return None

    def _copied(self, source: list[Any], kind: type) -> Container:
        self.charge_copy(budget.SLOT * len(source))
        if kind is not set:
            return self.closed(kind, [*source])
        made = self.container(set)
        self.extend(made, [*source], set)
        return made

    def _encoded(self, text: str, encoding: str, kind: type) -> BytesLike | None:
        if encoding not in ("latin1", "latin-1"):
            return None
        self._new(budget.BYTES)
        self.charge_copy(len(text))
        try:
            data = text.encode("latin-1")
        except UnicodeEncodeError:
            return None
        return BytesLike(kind, data, len(data))


_EMPTY: dict[str, type] = {"list": list, "dict": dict}
_EMPTY_BYTES = ("bytes", "bytearray")
_BUFFERS: dict[str, type] = {"bytes": bytes, "bytearray": bytearray, "memoryview": memoryview}
_COPIES: dict[str, type] = {"tuple": tuple, "frozenset": frozenset, "set": set}
