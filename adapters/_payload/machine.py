"""Pickle's machine: runs the opcodes of a payload on a stack, with marks and a memo.

A builder makes what is on the stack: a `SymbolicBuilder` symbols, a `ValueBuilder` the values
themselves. The machine makes no object, looks up no name and calls nothing of the payload. It is
stricter than pickle: what no pickler writes (a memo index that is set twice, an opcode across the
end of a frame, bytes after the STOP) is an error, so that nothing depends on how one unpickler or
another takes it.

`pickletools` documents each opcode; names of opcodes here are those of `pickle`.
"""

from __future__ import annotations

import pickle
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from array import array
from itertools import repeat
from typing import TYPE_CHECKING, Any

from adapters._payload import budget
from adapters._payload.reader import CONSTANTS, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters._payload.construct import ValueBuilder
    from adapters._payload.symbolic import SymbolicBuilder

_NEWEST = 5  # protocol whose opcodes are known here, whatever the running Python knows
_STOP = pickle.STOP[0]
_UNSET = object()


class Machine(Reader):
    """Runs one payload, with a builder that makes its values."""

    def __init__(self, data: bytes, builder: SymbolicBuilder | ValueBuilder) -> None:
        super().__init__(data)
        self.protocol = 0
        self._builder = builder
        self._frame_end = 0
        self._stack: list[Any] = []
        self._marks = array("Q")
        self._memo: list[Any] = []  # with _UNSET at each index that is skipped
        self._memoized = 0

    def run(self) -> Any:
        """Run to the STOP; UnreadableError where the bytes are not one whole pickle."""
        data, builder, size = self._data, self._builder, len(self._data)
        builder.charge(budget.START + size)
        code = None
        while code != _STOP:
            builder.at = self.offset = offset = self.position
            if offset >= size:
                raise self.unreadable("the payload ends before its STOP")
            code = data[offset]
            self.position = offset + 1
            if code not in OPCODES:
                raise self.unreadable(f"there is no opcode {data[offset : offset + 1]!r}")
            method, argument = OPCODES[code]
            method(self, argument)
            if self._frame_end and self.position >= self._frame_end:
                if self.position > self._frame_end:
                    raise self.unreadable("an opcode reaches across the end of its frame")
                self._frame_end = 0
        if self.position != size:
            raise self.unreadable(f"{size - self.position} bytes follow the STOP")
        builder.finish(self._stack[0], self._memo)
        return self._stack[0]

    def expect(self, size: int) -> None:
        self._builder.expect(size)

    # The stack

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _push_again(self, value: Any) -> None:
        self._builder.charge(budget.STACK)
        self._push(value)

    def _need(self, count: int) -> None:
        floor = self._marks[-1] if self._marks else 0
        if len(self._stack) - count < floor:
            raise self.unreadable("the stack holds fewer values than an opcode takes")

    def _pop(self, count: int | None = None) -> list[Any]:
        """Take off the last `count` values; with None all since the last mark, and the mark."""
        if count is not None:
            self._need(count)
            where = len(self._stack) - count
        elif self._marks:
            where = self._marks.pop()
        else:
            raise self.unreadable("an opcode takes all values since a mark, and there is no mark")
        items = self._stack[where:]
        del self._stack[where:]
        return items

    def _places(self) -> Sequence[int]:
        """Where the values that were popped last begin, and where they end, if that is known."""
        return ()

    # One method for each kind of opcode; the argument tells the opcodes of a kind apart.

    def _protocol(self, _: Any) -> None:
        self.protocol = self.integer(1)
        if self.offset:
            raise self.unreadable("the protocol is not at the beginning")
        if self.protocol > _NEWEST:
            what = f"it has protocol {self.protocol}, and {_NEWEST} is the newest known here"
            raise self.unreadable(what)

    def _frame(self, _: Any) -> None:
        if self._frame_end:
            raise self.unreadable("a frame begins inside another one")
        size = self.integer(8)
        if size > len(self._data) - self.position:
            raise self.unreadable(f"a frame of {size} bytes is longer than what is left")
        self._frame_end = self.position + size

    def _stop(self, _: Any) -> None:
        self._need(1)
        if self._marks or len(self._stack) != 1:
            raise self.unreadable("the stack holds more than the result at the STOP")

    def _constant(self, how: tuple[Callable[[Reader, int], Any], int]) -> None:
        read, width = how
        self._push(self._builder.scalar(read(self, width)))

    def _bytes(self, how: tuple[type, int]) -> None:
        kind, width = how
        self._push(self._builder.data(self.sized(width), kind))

    def _next_buffer(self, _: Any) -> None:
        self._push(self._builder.buffer())

    def _readonly_buffer(self, _: Any) -> None:
        self._push(self._builder.read_only(*self._pop(1)))

    def _empty(self, kind: type) -> None:
        self._push(self._builder.container(kind))

    def _closed(self, how: tuple[type, int | None]) -> None:
        kind, count = how
        items = self._pop(count)
        self._push(self._builder.closed(kind, items, self._places()))

    def _extend(self, how: tuple[type, int | None, bool]) -> None:
        kind, count, new = how
        items = self._pop(count)
        if new:
            self._push(self._builder.container(kind))
        self._need(1)
        if kind is dict and len(items) % 2:
            raise self.unreadable("a dict has a key without a value")
        self._builder.extend(self._stack[-1], items, kind)

    def _mark(self, _: Any) -> None:
        if len(self._marks) == budget.MARKS:
            raise self.unreadable(f"more than {budget.MARKS} marks are open")
        self._builder.charge(budget.MARK)
        self._marks.append(len(self._stack))

    def _drop(self, _: Any) -> None:
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self._pop(1)

    def _dup(self, _: Any) -> None:
        self._need(1)
        self._push_again(self._stack[-1])

    def _put(self, width: int | None) -> None:
        index = self._memoized if width is None else self.integer(width)
        self._need(1)
        if not 0 <= index <= len(self._data):  # pickle would allocate a memo of this size
            raise self.unreadable(f"memo {index} is out of the range of the payload's size")
        more = index + 1 - len(self._memo)
        if more > 0:
            self._builder.charge(budget.MEMO * more)
            self._memo.extend(repeat(_UNSET, more))
        if self._memo[index] is not _UNSET:
            raise self.unreadable(f"memo {index} is set twice")
        self._memo[index] = self._stack[-1]
        self._memoized += 1

    def _get(self, width: int) -> None:
        index = self.integer(width)
        if not 0 <= index < len(self._memo) or self._memo[index] is _UNSET:
            raise self.unreadable(f"memo {index} is read, and was never set")
        self._push_again(self._memo[index])

    def _global(self, _: Any) -> None:
        self._push(self._find_global(self.line("utf-8"), self.line("utf-8")))

    def _stack_global(self, _: Any) -> None:
        module, name = self._pop(2)
        if type(module) is str and type(name) is str:
            self._push(self._find_global(module, name))
        else:
            self._push(self._builder.unresolved("names a global with strings that it computes"))

    def _find_global(self, module: str, name: str) -> Any:
        if self.protocol < 3:  # names of Python 2, which unpicklers translate
            moved = IMPORT_MAPPING.get(module, module), name
            module, name = NAME_MAPPING.get((module, name), moved)
        return self._builder.find_global(module, name)

    def _extension(self, width: int) -> None:
        what = f"names a global by extension code {self.integer(width)}"
        self._push(self._builder.unresolved(what))

    def _persistent_id(self, how: tuple[Callable[[Machine, Any], object], Any]) -> None:
        take, argument = how
        take(self, argument)
        self._push(self._builder.unresolved("asks for an object by a persistent id"))

    def _call(self, how: str) -> None:
        self._push(self._builder.call(how, *self._pop(3 if how == "NEWOBJ_EX" else 2)))

    def _instance(self, how: str) -> None:
        named = [self._find_global(self.line("ascii"), self.line("ascii"))] if how == "INST" else []
        items = named + self._pop()
        if not items:
            raise self.unreadable("OBJ has no class")
        self._push(self._builder.call(how, items[0], self._builder.closed(tuple, items[1:])))

    def _build(self, _: Any) -> None:
        self._pop(1)
        self._need(1)
        self._builder.run("BUILD", self._stack[-1], None)


def _pop(machine: Machine, count: int | None) -> None:
    machine._pop(count)


# Each method, with the names of its opcodes and their arguments.
_METHODS: list[tuple[Callable[[Machine, Any], object], dict[str, Any]]] = [
    (Machine._constant, CONSTANTS),
    (Machine._protocol, {"PROTO": None}),
    (Machine._frame, {"FRAME": None}),
    (Machine._stop, {"STOP": None}),
    (Machine._bytes, {"SHORT_BINBYTES": (bytes, 1), "BINBYTES": (bytes, 4)}),
    (Machine._bytes, {"BINBYTES8": (bytes, 8), "BYTEARRAY8": (bytearray, 8)}),
    (Machine._next_buffer, {"NEXT_BUFFER": None}),
    (Machine._readonly_buffer, {"READONLY_BUFFER": None}),
    (Machine._empty, {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": set}),
    (Machine._closed, {"EMPTY_TUPLE": (tuple, 0), "TUPLE1": (tuple, 1), "TUPLE2": (tuple, 2)}),
    (Machine._closed, {"TUPLE3": (tuple, 3), "TUPLE": (tuple, None)}),
    (Machine._closed, {"FROZENSET": (frozenset, None)}),
    (Machine._extend, {"LIST": (list, None, True), "DICT": (dict, None, True)}),
    (Machine._extend, {"APPEND": (list, 1, False), "APPENDS": (list, None, False)}),
    (Machine._extend, {"SETITEM": (dict, 2, False), "SETITEMS": (dict, None, False)}),
    (Machine._extend, {"ADDITEMS": (set, None, False)}),
    (Machine._mark, {"MARK": None}),
    (Machine._drop, {"POP": None}),
    (_pop, {"POP_MARK": None}),
    (Machine._dup, {"DUP": None}),
    (Machine._put, {"MEMOIZE": None, "PUT": 0, "BINPUT": 1, "LONG_BINPUT": 4}),
    (Machine._get, {"GET": 0, "BINGET": 1, "LONG_BINGET": 4}),
    (Machine._global, {"GLOBAL": None}),
    (Machine._stack_global, {"STACK_GLOBAL": None}),
    (Machine._extension, {"EXT1": 1, "EXT2": 2, "EXT4": 4}),
    (Machine._persistent_id, {"PERSID": (Machine.line, "ascii"), "BINPERSID": (_pop, 1)}),
    (Machine._call, {"REDUCE": "REDUCE", "NEWOBJ": "NEWOBJ", "NEWOBJ_EX": "NEWOBJ_EX"}),
    (Machine._instance, {"INST": "INST", "OBJ": "OBJ"}),
    (Machine._build, {"BUILD": None}),
]
OPCODES = {
    getattr(pickle, name)[0]: (method, argument)
    for method, opcodes in _METHODS
    for name, argument in opcodes.items()
}
