"""Reader of the arguments of pickle's opcodes: never reads beyond the payload.

It does not use `pickletools.genops`, which warns about escapes, reads numbers of any length and
takes twice the time. Constants are read strictly: a form that no pickler writes is an error.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from adapters._payload import budget

if TYPE_CHECKING:
    from collections.abc import Callable


_SHORT = 255  # bytes of an argument whose copies are not counted


class UnreadableError(Exception):
    """The payload cannot be read further; the message says why, `offset` where."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message, offset)
        self.message, self.offset = message, offset


class Reader:
    """A payload, and a position in it. The payload must not change meanwhile, hence bytes."""

    def __init__(self, data: bytes) -> None:
        self.offset = 0  # of the opcode that is running
        self.position = 0
        self._data = data

    def unreadable(self, message: str) -> UnreadableError:
        """The error to raise where the payload cannot be read further."""
        return UnreadableError(message, self.offset)

    def expect(self, size: int) -> None:
        """So much memory is needed for a moment."""

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start, self.position = self.position, self.position + size
        if self.position > len(self._data):
            left = len(self._data) - start
            raise self.unreadable(f"an opcode needs {size} bytes, and the payload has {left} more")
        if size > _SHORT:
            self.expect(size)
        return self._data[start : self.position]

    def integer(self, width: int) -> int:
        """An unsigned integer of `width` bytes; with 0 a memo index in a line of text."""
        if width:
            return int.from_bytes(self.take(width), "little")
        return self.number(most=budget.INDEX_DIGITS)

    def signed(self, width: int) -> int:
        """A signed integer of `width` bytes."""
        return int.from_bytes(self.take(width), "little", signed=True)

    def sized(self, width: int) -> bytes:
        """Bytes after their length, which is an unsigned integer of `width` bytes."""
        return self.take(self.integer(width))

    def line(self, encoding: str) -> str:
        """The text up to the end of the line."""
        start, end = self.position, self._data.find(b"\n", self.position)
        if end < 0:
            raise self.unreadable("a line does not end")
        if end - start > _SHORT:
            self.expect(end - start)
        self.position = end + 1
        return self._text(self._data[start:end], encoding)

    def number(self, suffix: str = "", most: int = budget.DIGITS) -> int:
        """An integer in text. The C and the Python unpickler disagree on other forms than these."""
        text = self.line("ascii").removesuffix(suffix)
        digits = text[1:] if text[:1] == "-" else text
        if digits.isdigit() and len(digits) <= most and (digits[0] != "0" or text == "0"):
            with suppress(ValueError):  # it has more digits than this process allows
                return int(text)
        raise self.unreadable("a number in text is not as picklers write it")

    def _text(self, data: bytes, encoding: str, errors: str = "strict") -> str:
        if len(data) > _SHORT:  # some bytes for each, while it grows from narrow to wide characters
            wide = not data.isascii() or (encoding == "raw-unicode-escape" and b"\\" in data)
            self.expect(len(data) * (8 if wide else 2))
        try:
            return str(data, encoding, errors)
        except UnicodeDecodeError as error:
            raise self.unreadable(f"a text is not {encoding}: {error.reason}") from None

    def _signed_size(self, width: int) -> int:
        size = self.integer(width)
        if width == 4 and size >> 31:
            raise self.unreadable("a length is negative")
        return size

    def _long(self, width: int) -> int:
        return self.signed(self._signed_size(width)) if width else self.number("L")

    def _int(self, _: int) -> int:
        if self._data[self.position : self.position + 3] in (b"00\n", b"01\n"):
            return self.line("ascii") == "01"  # False and True, in protocols 0 and 1
        return self.number()

    def _float(self, width: int) -> float:
        if width:
            return float(struct.unpack(">d", self.take(width))[0])
        text = self.line("ascii")
        with suppress(ValueError):
            if "_" not in text and text == text.strip():
                return float(text)
        raise self.unreadable("a text is not a float")

    def _unicode(self, width: int) -> str:
        if width:
            return self._text(self.sized(width), "utf-8", "surrogatepass")
        return self.line("raw-unicode-escape")

    def _string(self, width: int) -> str:
        """The str of Python 2, which becomes a str; one with escapes is an error."""
        if width:
            return self._text(self.take(self._signed_size(width)), "ascii")
        text = self.line("ascii")
        if len(text) < 2 or text[0] not in "'\"" or text[-1] != text[0] or "\\" in text:
            raise self.unreadable("a string of Python 2 has escapes, or no quotes")
        return text[1:-1]


# How the constant of each opcode is read, and the bytes of it or of its length; 0 means a line.
_READERS: list[tuple[Callable[[Reader, int], Any], dict[str, int]]] = [
    (lambda reader, _: None, {"NONE": 0}),
    (lambda reader, _: True, {"NEWTRUE": 0}),
    (lambda reader, _: False, {"NEWFALSE": 0}),
    (Reader.integer, {"BININT1": 1, "BININT2": 2}),
    (Reader.signed, {"BININT": 4}),
    (Reader._int, {"INT": 0}),
    (Reader._long, {"LONG": 0, "LONG1": 1, "LONG4": 4}),
    (Reader._float, {"FLOAT": 0, "BINFLOAT": 8}),
    (Reader._unicode, {"UNICODE": 0, "SHORT_BINUNICODE": 1, "BINUNICODE": 4, "BINUNICODE8": 8}),
    (Reader._string, {"STRING": 0, "SHORT_BINSTRING": 1, "BINSTRING": 4}),
]
CONSTANTS = {name: (read, width) for read, names in _READERS for name, width in names.items()}
