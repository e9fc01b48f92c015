"""Pickle's machine: runs the opcodes of a payload on a stack, marks and a memo.

What the values are is decided by a `Builder`: symbols, or the values themselves. The machine makes
no object, looks up no name and calls nothing of the payload. It is stricter than pickle: what no
pickler writes (a memo index that is set twice, an opcode across the end of a frame, something
behind the STOP) is unreadable, so that nothing depends on how a certain unpickler takes it.
"""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from typing import TYPE_CHECKING, Any

from adapters._payload.reader import CONSTANTS, Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters._payload.builder import Builder

_HIGHEST_PROTOCOL = 5
_STOP = ord(".")
_MARKS = 100_000  # open at the same time: levels of nesting, which no pickler drives that far


class Machine(Reader):
    """Runs one payload.

    Args:
        data: The payload. It must not change meanwhile, hence bytes.
        make: The builder.
    """

    def __init__(self, data: bytes, make: Builder) -> None:
        super().__init__(data)
        self.protocol = 0
        self._make = make
        self._frame_end = 0
        self._stack: list[Any] = []
        self._starts: list[int] = []  # where the opcodes begin that made each value of the stack
        self._marks: list[int] = []
        self._memo: list[Any] = []  # picklers number from 0 on; other indexes are in _sparse
        self._sparse: dict[int, Any] = {}

    def run(self) -> Any:
        """Run to the STOP.

        Returns:
            The value that the payload stands for.

        Raises:
            UnreadableError: this is not one whole pickle.
        """
        data, make, size = self._data, self._make, len(self._data)
        code = None
        while code != _STOP:
            make.at = self.offset = offset = self.position
            if offset >= size:
                raise self.unreadable("the payload ends before its STOP")
            code = data[offset]
            self.position = offset + 1
            if code not in _OPCODES:
                raise self.unreadable(f"there is no opcode {data[offset : offset + 1]!r}")
            run, argument = _OPCODES[code]
            run(self, argument)
            if self._frame_end and self.position >= self._frame_end:
                if self.position > self._frame_end:
                    raise self.unreadable("an opcode reaches across the end of its frame")
                self._frame_end = 0
        if self.position != size:
            raise self.unreadable(f"{size - self.position} bytes follow the STOP")
        (value,) = self._stack
        return value

    # The stack

    def _push(self, value: Any, start: int | None = None) -> None:
        self._stack.append(value)
        self._starts.append(self.offset if start is None else start)

    def _need(self, count: int) -> None:
        floor = self._marks[-1] if self._marks else 0
        if len(self._stack) - count < floor:
            raise self.unreadable("the stack holds fewer values than an opcode takes")

    def _pop(self, count: int) -> tuple[list[Any], list[int]]:
        self._need(count)
        where = len(self._stack) - count
        items, starts = self._stack[where:], self._starts[where:]
        del self._stack[where:], self._starts[where:]
        return items, starts

    def _to_mark(self) -> tuple[list[Any], list[int]]:
        if not self._marks:
            raise self.unreadable("an opcode takes all values since a mark, and there is no mark")
        found = self._pop(len(self._stack) - self._marks[-1])
        self._marks.pop()
        return found

    # One method for each kind of opcode; the argument tells those of a kind apart.

    def _protocol(self, _: Any) -> None:
        self.protocol = self.integer(1)
        if self.offset:
            raise self.unreadable("the protocol is not at the beginning")
        if self.protocol > _HIGHEST_PROTOCOL:
            raise self.unreadable(
                f"it has protocol {self.protocol}, and {_HIGHEST_PROTOCOL} is the newest known here"
            )

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
        self._push(self._make.scalar(read(self, width)))

    def _bytes(self, width: int) -> None:
        self._push(self._make.data(self.sized(width), bytes))

    def _bytearray(self, width: int) -> None:
        self._push(self._make.data(self.sized(width), bytearray))

    def _buffer(self, _: Any) -> None:
        self._push(self._make.buffer())

    def _read_only(self, _: Any) -> None:
        (value,), (start,) = self._pop(1)
        self._push(self._make.read_only(value), start)

    def _empty(self, kind: type) -> None:
        self._push(self._make.container(kind))

    def _tuple(self, count: int | None) -> None:
        items, starts = self._to_mark() if count is None else self._pop(count)
        last = self.offset - starts[-1] if starts else 0
        self._push(self._make.tuple(items, last), starts[0] if starts else None)

    def _frozenset(self, _: Any) -> None:
        items, _starts = self._to_mark()
        self._push(self._make.frozenset(items))

    def _filled(self, kind: type) -> None:
        items, starts = self._to_mark()
        self._push(self._make.container(kind), starts[0] if starts else None)
        self._extend(items, kind)

    def _one(self, kind: type) -> None:
        self._extend(self._pop(2 if kind is dict else 1)[0], kind)

    def _many(self, kind: type) -> None:
        self._extend(self._to_mark()[0], kind)

    def _extend(self, items: list[Any], kind: type) -> None:
        self._need(1)
        if kind is dict and len(items) % 2:
            raise self.unreadable("a dict has a key without a value")
        self._make.extend(self._stack[-1], items, kind)

    def _mark(self, _: Any) -> None:
        if len(self._marks) == _MARKS:
            raise self.unreadable(f"more than {_MARKS} marks are open")
        self._marks.append(len(self._stack))

    def _drop(self, _: Any) -> None:
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self._pop(1)

    def _drop_mark(self, _: Any) -> None:
        self._to_mark()

    def _duplicate(self, _: Any) -> None:
        self._need(1)
        self._push(self._stack[-1])

    def _memoize(self, _: Any) -> None:
        self._put(len(self._memo) + len(self._sparse))

    def _put_at(self, width: int) -> None:
        self._put(self.integer(width) if width else self.number())

    def _put(self, index: int) -> None:
        self._need(1)
        if not 0 <= index <= len(self._data):  # pickle would make room for all up to there
            raise self.unreadable(f"memo {index} is no index that a pickler comes to")
        if index < len(self._memo) or index in self._sparse:
            raise self.unreadable(f"memo {index} is set twice")
        if index == len(self._memo):
            self._memo.append(self._stack[-1])
        else:
            self._sparse[index] = self._stack[-1]

    def _get(self, width: int) -> None:
        index = self.integer(width) if width else self.number()
        if 0 <= index < len(self._memo):
            self._push(self._memo[index])
        elif index in self._sparse:
            self._push(self._sparse[index])
        else:
            raise self.unreadable(f"memo {index} is read, and was never set")

    def _global(self, _: Any) -> None:
        module = self.line("utf-8")
        self._push(self._named(module, self.line("utf-8")))

    def _stack_global(self, _: Any) -> None:
        (module, name), (start, _name) = self._pop(2)
        constant = type(module) is str and type(name) is str
        self._push(self._named(module, name) if constant else self._make.computed(), start)

    def _named(self, module: str, name: str) -> Any:
        if self.protocol < 3:  # the names of Python 2, as pickle takes them
            if (module, name) in NAME_MAPPING:
                module, name = NAME_MAPPING[module, name]
            else:
                module = IMPORT_MAPPING.get(module, module)
        return self._make.named(module, name)

    def _extension(self, width: int) -> None:
        self._push(self._make.extension(self.integer(width)))

    def _persistent(self, text: bool) -> None:
        key = self.line("ascii") if text else self._pop(1)[0][0]
        self._push(self._make.persistent(key))

    def _call(self, how: str) -> None:
        (function, *arguments), starts = self._pop(3 if how == "NEWOBJ_EX" else 2)
        self._push(self._make.call(how, function, *arguments), starts[0])

    def _instance(self, _: Any) -> None:
        module = self.line("ascii")
        function = self._named(module, self.line("ascii"))
        self._push(self._make.call("INST", function, self._make.tuple(self._to_mark()[0], 0)))

    def _object(self, _: Any) -> None:
        items, _starts = self._to_mark()
        if not items:
            raise self.unreadable("OBJ has no class")
        self._push(self._make.call("OBJ", items[0], self._make.tuple(items[1:], 0)))

    def _build(self, _: Any) -> None:
        (state,), _starts = self._pop(1)
        self._need(1)
        self._make.build(self._stack[-1], state)


_KINDS: list[tuple[Callable[[Machine, Any], None], dict[bytes, Any]]] = [
    (Machine._constant, CONSTANTS),
    (Machine._protocol, {b"\x80": 1}),
    (Machine._frame, {b"\x95": 8}),
    (Machine._stop, {b".": None}),
    (Machine._bytes, {b"C": 1, b"B": 4, b"\x8e": 8}),
    (Machine._bytearray, {b"\x96": 8}),
    (Machine._buffer, {b"\x97": None}),
    (Machine._read_only, {b"\x98": None}),
    (Machine._empty, {b"]": list, b"}": dict, b"\x8f": set}),
    (Machine._tuple, {b")": 0, b"\x85": 1, b"\x86": 2, b"\x87": 3, b"t": None}),
    (Machine._frozenset, {b"\x91": None}),
    (Machine._filled, {b"l": list, b"d": dict}),
    (Machine._one, {b"a": list, b"s": dict}),
    (Machine._many, {b"e": list, b"u": dict, b"\x90": set}),
    (Machine._mark, {b"(": None}),
    (Machine._drop, {b"0": None}),
    (Machine._drop_mark, {b"1": None}),
    (Machine._duplicate, {b"2": None}),
    (Machine._memoize, {b"\x94": None}),
    (Machine._put_at, {b"p": 0, b"q": 1, b"r": 4}),
    (Machine._get, {b"g": 0, b"h": 1, b"j": 4}),
    (Machine._global, {b"c": None}),
    (Machine._stack_global, {b"\x93": None}),
    (Machine._extension, {b"\x82": 1, b"\x83": 2, b"\x84": 4}),
    (Machine._persistent, {b"P": True, b"Q": False}),
    (Machine._call, {b"R": "REDUCE", b"\x81": "NEWOBJ", b"\x92": "NEWOBJ_EX"}),
    (Machine._instance, {b"i": None}),
    (Machine._object, {b"o": None}),
    (Machine._build, {b"b": None}),
]
_OPCODES = {code[0]: (run, argument) for run, codes in _KINDS for code, argument in codes.items()}
