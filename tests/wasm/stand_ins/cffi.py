"""In place of cffi, which is compiled: memory that pickle refuses; a test of C types is skipped.

What is skipped is skipped where it asks: the tests' own `gadgets` makes one C type, and no more.
"""

from __future__ import annotations

from typing import Any

import pytest

import adapters


def _skip(*_: Any, **__: Any) -> Any:
    pytest.skip("there is no cffi here", allow_module_level=True)


class CType:
    """The C type that `gadgets` has; whoever looks at it is skipped."""

    def __getattr__(self, name: str) -> Any:
        return _skip()

    __reduce_ex__ = __hash__ = __eq__ = _skip  # type: ignore[assignment]


class Memory:
    """What `ffi.new("int *", 42)` stands for in types that are about something else."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __getitem__(self, at: int) -> int:
        return self.value

    def __setitem__(self, at: int, value: int) -> None:
        self.value = value

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("cannot pickle memory of C")


class FFI:
    """Declares nothing."""

    CData = Memory

    def cdef(self, source: str) -> None:
        pass

    def typeof(self, name: str) -> CType:
        return CType()

    def new(self, name: str, value: Any = None) -> Memory:
        return Memory(value) if name == "int *" else _skip()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # pytest asks each global of a test module for some
            raise AttributeError(name)
        return _skip()

    __reduce_ex__ = _skip  # type: ignore[assignment]


def _register_struct(ctype: Any, *arguments: Any, **options: Any) -> None:
    if type(ctype) is not CType or arguments or options:
        _skip()


adapters.register_struct = _register_struct  # type: ignore[assignment]
