"""First pass over a payload, on symbols: nothing is imported, made or called.

Calls of functions that only make plain data are evaluated, as pickle writes tuples, sets and bytes
like that in old protocols. Nothing is known about the result of any other call.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from adapters._payload import budget
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import PLAIN, REBUILD, SPEC, BytesLike, Container, Global, Opaque

_ADD: dict[type, str] = {list: "APPENDS", dict: "SETITEMS", set: "ADDITEMS"}


class SymbolicBuilder:
    """A builder of symbols, whose subclasses decide about all that is not plain data.

    The values may take `memory` bytes and be nested to `depth` levels. `buffers` are the sizes of
    those that travelled out of band, None if they are not known.
    """

    at = 0  # the offset of the opcode that is running; the machine sets it

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
        """The symbol for any other call's result; `arguments` is None where a method is called."""
        raise NotImplementedError

    def adapter(self, path: str, parts: tuple[str, int, Any], arguments: Container) -> Any:
        """The symbol for an object or a spec of an adapter; `parts`: name, version, provider."""
        raise NotImplementedError

    def unresolved(self, what: str) -> Any:
        """The symbol for an object that the payload alone does not determine; `what` says why."""
        raise NotImplementedError

    def keys(self, items: list[Any]) -> None:
        """The payload hashes these: keys of a dict, or items of a set."""

    def over_limit(self, what: str) -> Exception:
        """The error to raise where the values are over a limit."""
        return UnreadableError(what, self.at)

    def charge(self, cost: int) -> None:
        """Count bytes of memory, and end at the limit."""
        self._spent += cost
        if self._spent > self._memory:
            raise self.over_limit(f"its values take more than {self._memory} bytes of memory")

    charge_copy = charge  # the same for bytes that are copied: a few opcodes can do that to many

    def _new(self, cost: int) -> None:
        self.values += 1
        self.charge(cost)

    # What a machine calls; `ValueBuilder` has the same methods

    def scalar(self, value: object) -> Any:
        """None, a bool, an int, a float or a str."""
        size = value.__sizeof__() if type(value) is str or type(value) is int else 0
        self._new(budget.VALUE + size)
        return value

    def data(self, data: bytes, kind: type) -> BytesLike:
        """Bytes or a bytearray."""
        self._new(budget.BYTES + len(data))
        return BytesLike(kind, data, len(data))

    def buffer(self) -> BytesLike:
        """The next buffer that travelled out of band."""
        self._new(budget.VALUE)
        taken = self.buffers_taken
        if self._buffers is not None and taken == len(self._buffers):
            raise UnreadableError(f"it takes more buffers than the {taken} that are there", self.at)
        self.buffers_taken += 1
        return BytesLike(memoryview, None, self._buffers[taken] if self._buffers else 0)

    def read_only(self, value: Any) -> Any:
        """The same buffer, read-only."""
        if type(value) is not BytesLike:
            return self.run("READONLY_BUFFER", value, None)
        self._new(budget.VIEW)
        return BytesLike(memoryview, value.data, value.size)

    def container(self, kind: type) -> Container:
        """An empty list, dict or set."""
        self._new(budget.EMPTY[kind])
        return Container(kind, [])

    def closed(self, kind: type, items: list[Any], last: int = 0) -> Container:
        """A tuple or frozenset; `last` bytes of the payload make its last item."""
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
            if (kind is Container or kind is BytesLike) and not item.hashable:
                made.hashable = False
            made.total += item.total if kind is Container else 1
        # Without the limit it has as many bits as the payload has TUPLE2 of one value.
        made.total = min(made.total, budget.UNLIMITED)
        self._contain(made, made.items)

    def extend(self, target: Any, items: list[Any], kind: type) -> None:
        """Add items to a list or a set; or keys and values by turns, where `kind` is dict."""
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
            raise self.over_limit(f"it is nested deeper than {self._depth} levels")
        target.depth = depth

    def find_global(self, module: str, name: str) -> Global:
        """What stands for a global."""
        self.charge(budget.VALUE)
        found = Global(f"{module}.{name}")
        self.found_global(found.path)
        return found

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        """The result of a call; `how` is the opcode's name. NEWOBJ_EX has keywords."""
        path = function.path if how == "REDUCE" and type(function) is Global else ""
        if path in PLAIN and type(arguments) is Container and arguments.kind is tuple:
            made = self._plain(path.partition(".")[2], PLAIN[path], arguments.items)
            if made is not None:
                return made
        self._new(budget.VALUE)
        parts = _adapter_parts(arguments) if path in (REBUILD, SPEC) else None
        if parts is None:
            return self.run(how, function, arguments)
        return self.adapter(path, parts, arguments)

    def _plain(self, name: str, kind: type, items: list[Any]) -> Any:
        """The result of a function of `PLAIN` where it is plain data for certain, else None."""
        match name, items:
            case "complex", [float(), float()]:
                return self.scalar(complex(*items))
            case "list" | "dict", []:
                return self.container(kind)
            case "bytes" | "bytearray", []:
                return self._plain(name, kind, [BytesLike(bytes, b"", 0)])
            case "bytes" | "bytearray" | "memoryview", [BytesLike(data=data, size=size)]:
                self._new(budget.VIEW + (0 if kind is memoryview else size))
                return BytesLike(kind, data, size)
            case "encode" | "bytearray", [str(text), "latin1" | "latin-1"]:
                self._new(budget.BYTES)
                self.charge_copy(len(text))
                with suppress(UnicodeEncodeError):
                    return BytesLike(kind, text.encode("latin-1"), len(text))
            case "tuple" | "frozenset" | "set", [Container(kind=of)] if of in (list, tuple):
                source = [*items[0].items]
                self.charge_copy(budget.SLOT * len(source))
                if kind is not set:
                    return self.closed(kind, source)
                made = self.container(set)
                self.extend(made, source, set)
                return made
        return None


def _adapter_parts(arguments: Any) -> tuple[str, int, Any] | None:
    """Name, version and provider from the arguments of `adapters.rebuild`.

    None if they are not what picklers write: four constants, the last one (the state) apart, where
    the provider may be a pair of strings, or of a string and bytes.
    """
    if type(arguments) is not Container or arguments.kind is not tuple or len(arguments.items) != 4:
        return None
    name, version, provider, _state = arguments.items
    if type(provider) is Container and provider.kind is tuple and len(provider.items) == 2:
        fingerprint, body = provider.items
        in_payload = type(body) is BytesLike and body.kind is bytes and body.data is not None
        valid = type(fingerprint) is str and (in_payload or type(body) is str)
    else:
        valid = type(provider) is str
    valid = valid and type(name) is str and type(version) is int
    return (name, version, provider) if valid else None
