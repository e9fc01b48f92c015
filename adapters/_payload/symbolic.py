"""First pass over a payload, on symbols: nothing is imported, made or called.

Calls of functions that only make plain data are evaluated, as pickle writes tuples, sets and bytes
like that in old protocols. Nothing is known about the result of any other call.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from adapters._payload import budget
from adapters._payload.forms import AdapterCall, adapter_call
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import (
    COMPLETE,
    PLAIN,
    REBUILD,
    SPEC,
    BytesLike,
    Container,
    Global,
    Made,
    Opaque,
    shown,
)

SUBCLASS = "register an adapter for the subclass itself, in the process that pickles it and here"
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

    def adapter(self, call: AdapterCall) -> Any:
        """The symbol for what `adapters.rebuild` or `adapters.Spec` makes."""
        raise NotImplementedError

    def refuse(self, what: str, advice: str = "") -> None:
        """The payload does what picklers never do with objects of adapters."""
        raise NotImplementedError

    def completed(self, call: AdapterCall) -> None:
        """The payload gives an object its attributes and links."""

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

    def closed(self, kind: type, items: list[Any], starts: Sequence[int] = ()) -> Container:
        """A tuple or frozenset; `starts` are the places of a short tuple's items, and its end."""
        self._new(budget.EMPTY[kind] + budget.ITEM[kind] * len(items))
        if kind is frozenset:
            self.keys(items)
        made = Container(kind, items, starts)
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
        if target.given:
            self.refuse(f"it adds to a {kind.__name__} that an adapter has been given before")
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
            if kind is Container or kind is Made or kind is Opaque:
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
        made = adapter_call(path, arguments) if path in (REBUILD, COMPLETE, SPEC) else None
        if made is None:
            return self.run(how, function, arguments)
        if made.cls is not None:
            self.refuse(
                f"it has an object of {shown(made.cls.path)}, a subclass of what adapter"
                f" {shown(made.key[0])!r} makes, and no class is taken from a payload",
                SUBCLASS,
            )
        if made.attributes is not None:
            self._check_attributes(made.attributes)
        return self._complete(made) if path == COMPLETE else self.adapter(made)

    def _complete(self, call: AdapterCall) -> None:
        """Give an object its attributes and links, where it is one that waits for them."""
        obj = call.obj
        if type(obj) is not Made or obj.key != call.key:
            self.refuse("it completes something that the same adapter has not made")
        elif obj.complete:
            self.refuse("it completes an object a second time")
        elif obj.given:
            self.refuse("it completes an object that a factory has been given before")
        else:
            obj.complete, obj.attributes = True, call.attributes
            self.give(call.links, objects=False)
            if call.links is not None:  # `link` is given the object, and with it its attributes
                self.give(call.attributes, objects=False)
            obj.depth = max(obj.depth, call.arguments.depth)
            self.completed(call)

    def give(self, given: Any, objects: bool = True) -> None:
        """Count what code of an adapter is given once more, as it may copy it; it cannot grow then.

        `objects` says whether the objects in it count as given, too: those in a state do, those in
        links do not, as they may still wait for links of their own.
        """
        todo: list[Any] = [given]
        seen: set[int] = set()
        for value in todo:
            kind = type(value)
            if kind is Container or kind is BytesLike or kind is Made:
                if id(value) in seen:
                    continue
                seen.add(id(value))
            if kind is Container:
                value.given = True
                self.charge(budget.VALUE + budget.VALUE * len(value.items))
                todo += value.items
            elif kind is Made and objects:
                value.given = True
                todo.append(value.attributes)
            elif kind is BytesLike:
                self.charge(value.size)
            elif kind is str or kind is int:
                self.charge(value.__sizeof__())

    def _check_attributes(self, attributes: Any) -> None:
        """Refuse attributes that are no dict of names, or a pair of one (or None) and slots."""
        pair = type(attributes) is Container and attributes.kind is tuple
        parts = attributes.items if pair else [attributes]
        if len(parts) != 1 + pair:
            parts = [()]
        for part in parts[1:] if pair and parts[0] is None else parts:
            is_dict = type(part) is Container and part.kind is dict
            if not is_dict or not all(type(name) is str for name in part.items[::2]):
                self.refuse("the attributes of an object are not a dict with names for its keys")
                return
            part.given = True

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
