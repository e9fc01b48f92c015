"""Functions made from source, as namedtuple and attrs make theirs.

Into the source go names of fields that are identifiers in Python, and numbers. It refers to all
other objects as c0, c1 and so on, and keeps values in variables v0, v1 and so on.
"""

from __future__ import annotations

from functools import partial
from keyword import iskeyword
from typing import Any

from adapters._struct.fields import Field, Items, array_of, ffi
from adapters.errors import failures

_DEEPEST = 20  # levels of structs in structs that one function has; Python's parser has a limit
_NAMES = {
    "buffer": ffi.buffer,
    "failures": failures,
    "memmove": ffi.memmove,
    "new": ffi.new,
    "new_allocator": ffi.new_allocator,
    "new_chars": partial(ffi.new, array_of(ffi.typeof("char"))),
    "null": ffi.NULL,
    "string": ffi.string,
    "unpack": ffi.unpack,
}


class Source:
    """The source of a function, and the objects that it refers to.

    `margin` stands before each line.
    """

    def __init__(self) -> None:
        self.margin = "    "
        self._lines: list[str] = []
        self._constants: list[Any] = []
        self._variables = 0

    def add(self, *lines: str) -> None:
        """Add statements."""
        self._lines += [self.margin + line for line in lines]

    def constant(self, value: Any) -> str:
        """The name of an object that exists now."""
        self._constants.append(value)
        return f"c{len(self._constants) - 1}"

    def variable(self, expression: str) -> str:
        """The name of a new variable, after a statement that gives it a value."""
        name = f"v{self._variables}"
        self._variables += 1
        self.add(f"{name} = {expression}")
        return name

    def key(self, name: str) -> str:
        """An expression for the name of a field."""
        return f"'{name}'" if _is_identifier(name) else self.constant(name)

    def attribute(self, struct: str, name: str) -> str:
        """An expression for a field of a struct."""
        if _is_identifier(name):
            return f"{struct}.{name}"
        return f"getattr({struct}, {self.constant(name)})"

    def function(self, parameters: str) -> Any:
        """The function that consists of what was added."""
        source = "\n".join([f"def function({parameters}):", *self._lines])
        names = _NAMES | {f"c{index}": value for index, value in enumerate(self._constants)}
        exec(compile(source, "<made from the fields of a C struct>", "exec"), names)
        return names["function"]


def _is_identifier(name: str) -> bool:
    """Whether a field of C is an attribute in Python's source, too."""
    usual = name.isascii() and name.isidentifier() and not iskeyword(name)
    return usual and name != "__debug__"


def is_near(part: Field) -> bool:
    """Whether few structs are around a field."""
    return part.path.count(".") < _DEEPEST


def is_flat(items: Items) -> bool:
    """Whether the items are structs of numbers, which hold no struct, array or pointer."""
    return items.parts is not None and all(type(part) is Field for part in items.parts)
