"""First pass over a payload, on symbols: nothing is imported, made or called.

Calls of functions that only make plain data are evaluated, as pickle writes tuples, sets and bytes
like that in old protocols. Nothing is known about the result of any other call.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from adapters._payload import budget
from adapters._payload.forms import AdapterCall, CallReader
from adapters._payload.keys import add_keys, hash_time, is_hashable, is_known
from adapters._payload.levels import deeper_than
from adapters._payload.meter import Meter
from adapters._payload.objects import check_attributes, check_class, complete, new_object
from adapters._payload.reader import UnreadableError
from adapters._payload.symbols import (
    COMPLETE,
    CONTAINERS,
    PLAIN,
    REBUILD,
    SPEC,
    BytesLike,
    Closed,
    Container,
    Global,
    is_usual,
)
from adapters._wire.buffers import MAPPINGS
from adapters._wire.spec import Spec

_EMPTY: list[Any] = []  # the items of all containers that are empty; they get another list
_ADD: dict[type, str] = {list: "APPENDS", dict: "SETITEMS", set: "ADDITEMS"}


class SymbolicBuilder(Meter):
    """A builder of symbols, whose subclasses decide about all that is not plain data.

    `size` is that of the payload; `buffers` are the sizes of those that travelled out of band, None
    if they are not known. The values may take `memory` bytes, None for the usual limit.
    """

    def __init__(self, size: int, buffers: list[int] | None, memory: int | None) -> None:
        beside = sum(buffers or ())
        usual = budget.memory_to_load(size, beside)
        super().__init__(usual if memory is None else memory, budget.steps_to_load(size, beside))
        self.values = self.buffers_taken = self._containers = 0
        self.keys_of_objects: set[int] = set()  # offsets of keys whose hashes only objects have
        self._buffers = buffers
        self._calls = CallReader()
        self._no_items = Closed(tuple, _EMPTY)
        self._late: list[Container] = []  # what has grown inside another container
        self._depth = budget.VALUE_DEPTH

    # What a subclass decides

    def found_global(self, path: str) -> None:
        """The payload names this global."""

    def global_as_item(self, path: str) -> None:
        """The payload puts this global into a container."""

    def run(self, how: str, function: Any, arguments: Any) -> Any:
        """The symbol for any other call's result; `arguments` is None where a method is called."""
        raise NotImplementedError

    def adapter_called(self, call: AdapterCall) -> None:
        """The payload calls a function of `adapters`."""

    def unresolved(self, what: str) -> Any:
        """The symbol for an object that the payload alone does not determine; `what` says why."""
        raise NotImplementedError

    # What a machine calls; `ValueBuilder` has the same methods

    def _new(self, cost: int) -> None:
        self.values += 1
        self.charge(budget.STACK + cost)

    def scalar(self, value: object) -> Any:
        """None, a bool, an int, a float or a str."""
        kind = type(value)
        self.values += 1
        self.charge(
            budget.STACK + (value.__sizeof__() if kind is str or kind is int else budget.VALUE)
        )
        return value

    def data(self, data: bytes, kind: type) -> BytesLike:
        """Bytes or a bytearray."""
        self._new(budget.BYTES + len(data))
        return BytesLike(kind, data, len(data))

    def buffer(self) -> BytesLike:
        """The next buffer that travelled out of band."""
        self._new(budget.BYTES)
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
        self._containers += 1
        return Container(kind, _EMPTY)

    def closed(self, kind: type, items: list[Any], starts: Sequence[int] = ()) -> Closed:
        """A tuple, frozenset or frozendict, whose items are keys and values by turns.

        `starts` are the places of a short tuple's items, and its end.
        """
        if kind is tuple and not items:
            self._new(0)
            return self._no_items
        self._new(budget.EMPTY[kind] + budget.ITEM[kind] * len(items))
        self._containers += 1
        made = Closed(kind, items, starts)
        if kind is not tuple:
            made.items = _EMPTY
            self._add_keys(made, items[::2] if kind in MAPPINGS else items)
            made.items = items
        self._close(made)
        return made

    def _close(self, made: Closed) -> None:
        """Compute what there is to know of something that cannot change any more."""
        time = 1
        for item in made.items:
            time += hash_time(item)
            made.hashable = made.hashable and is_hashable(item)
            made.known = made.known and is_known(item)
        made.time = min(time, budget.UNLIMITED)  # else a number of as many bits as levels
        self.contain(made, made.items)

    def _add_keys(self, target: Container, keys: list[Any]) -> None:
        if not add_keys(self, target, keys):
            self.keys_of_objects.add(self.at)

    def extend(self, target: Any, items: list[Any], kind: type) -> None:
        """Add items to a list or a set; or keys and values by turns, where `kind` is dict."""
        if type(target) is not Container or target.kind is not kind:
            self.run(_ADD[kind], target, None)
            return
        if target.given:
            self.refuse(f"it adds to a {kind.__name__} that an adapter has been given before")
        if not items:
            return
        self.charge(budget.ITEM[kind] * len(items) + (0 if target.items else budget.FIRST_ITEM))
        if kind is not list:
            self._add_keys(target, items if kind is set else items[::2])
        if target.items:
            target.items += items
        else:
            target.items = items
        self.contain(target, items)

    def contain(self, target: Container, items: list[Any]) -> None:
        depth = target.depth
        for item in items:
            kind = type(item)
            if kind in CONTAINERS:
                item.inside = 1
                if item.depth >= depth:
                    depth = item.depth + 1
            elif kind is Global:
                self.global_as_item(item.path)
        if depth > target.depth:
            self.deepen(target, depth)

    def deepen(self, target: Container, depth: int) -> None:
        """Something has been put into a container, which has so many levels now."""
        target.depth = depth
        if depth > 256:  # a number that is an object of its own
            self.charge(budget.VALUE)
        if target.inside:
            self._late.append(target)
        elif depth > self._depth and not self._late:
            self._too_deep()

    def _too_deep(self) -> None:
        self.refuse(f"it is nested deeper than {self._depth} levels", budget.FLATTEN)
        self._depth = budget.UNLIMITED  # it is said once

    def find_global(self, module: str, name: str) -> Any:
        """What stands for a global."""
        if max(len(module), len(name)) > budget.NAMED:
            return self.unresolved(f"names a global with more than {budget.NAMED} characters")
        found = Global(f"{module}.{name}")
        self.charge(budget.STACK + budget.GLOBAL + 4 * len(found.path))
        self.found_global(found.path)
        return found

    def call(self, how: str, function: Any, arguments: Any, keywords: Any = None) -> Any:
        """The result of a call; `how` is the opcode's name. NEWOBJ_EX has keywords."""
        path = function.path if type(function) is Global else ""
        if not is_usual(path, how):
            path = ""
        if path in PLAIN and type(arguments) is Closed and arguments.kind is tuple:
            made = self._plain(path.partition(".")[2], PLAIN[path], arguments.items)
            if made is not None:
                return made
        self._new(budget.OBJECT)
        self._containers += 1
        known = self._calls.keys
        call = self._calls.read(path, arguments) if path in (REBUILD, COMPLETE, SPEC) else None
        self.charge(budget.KEY * (self._calls.keys - known))
        if call is None:
            return self.run(how, function, arguments)
        check_class(self, call)
        check_attributes(self, call)
        self.adapter_called(call)
        if path == COMPLETE:
            complete(self, call)
            return None
        if path == REBUILD:
            return new_object(self, call)
        spec = Closed(Spec, call.arguments.items)
        spec.known = False  # its hash follows from the provider of the adapter here, too
        self._close(spec)
        return spec

    def _plain(self, name: str, kind: type, items: list[Any]) -> Any:
        """The result of a function of `PLAIN` where it is plain data for certain, else None."""
        match name, items:
            case "complex", [float(), float()]:
                return self.scalar(complex(*items))
            case "complex", []:
                return self.scalar(0j)
            case "list" | "dict" | "set", []:
                return self.container(kind)
            case "tuple" | "frozenset" | "frozendict", []:
                return self.closed(kind, [])
            case "bytes" | "bytearray", []:
                return self.data(b"", kind)
            case "bytes" | "bytearray" | "memoryview", [BytesLike(data=data, size=size)]:
                self._new(budget.VIEW + (0 if kind is memoryview else size))
                self.take(size >> 4)
                return BytesLike(kind, data, size)
            case "encode" | "bytearray", [str(text), "latin1" | "latin-1"]:
                self.take(4 * len(text))
                self.expect(len(text))
                with suppress(UnicodeEncodeError):
                    return self.data(text.encode("latin-1"), kind)
            case "tuple" | "frozenset" | "set", [Container(kind=of)] if of in (list, tuple):
                self.take(budget.LOOK * len(items[0].items))
                self.expect(budget.ITEM[kind] * len(items[0].items))
                source = [*items[0].items]
                if kind is not set:
                    return self.closed(kind, source)
                made = self.container(set)
                self.extend(made, source, set)
                return made
            case "frozendict", [Container(kind=of)] if of is dict:
                self.take(budget.LOOK * len(items[0].items))
                self.expect(budget.ITEM[kind] * len(items[0].items))
                return self.closed(kind, [*items[0].items])
        return None

    def finish(self, result: Any, memo: list[Any]) -> None:
        """The payload has ended, with this result and memo."""
        if type(result) is Global:
            self.global_as_item(result.path)
        if self._late:
            levels = min(self._containers, budget.VALUE_DEPTH)
            self.charge(budget.SEARCHED * self._containers + budget.LEVEL * levels)
            if deeper_than(self._depth, chain([result], memo)):
                self._too_deep()
        for container in self._late:  # all cycles lead through one of these
            container.items = _EMPTY
