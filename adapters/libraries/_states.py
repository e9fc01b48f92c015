"""What the adapters of libraries check in a state before they use it."""

from __future__ import annotations

import zlib
from typing import Any


def parts(state: Any, *kinds: type | tuple[type, ...]) -> Any:
    """The parts of a state: a tuple, or list, of as many as there are `kinds`, each of that type.

    A bool is no int here. A part of which nothing is known has the kind `object`.

    Raises:
        TypeError: it is anything else; the message says what, and what was expected.
    """
    if type(state) not in (tuple, list) or len(state) != len(kinds):
        raise TypeError(f"the state is no tuple of {len(kinds)} parts, but {_of(state)}")
    for number, (part, kind) in enumerate(zip(state, kinds, strict=True)):
        either = kind if isinstance(kind, tuple) else (kind,)
        wrong = not isinstance(part, either)
        if wrong or (type(part) is bool and bool not in either and object not in either):
            names = " or ".join(each.__name__ for each in either)
            raise TypeError(f"part {number} of the state is no {names}, but {_of(part)}")
    return state


def _of(value: object) -> str:
    size = f" of {len(value)}" if isinstance(value, (tuple, list, str, bytes)) else ""
    return f"a {type(value).__name__}{size}"


def sealed(data: Any) -> tuple[Any, int]:
    """Bytes and their checksum, for a native reader that crashes where they are damaged."""
    return data, zlib.crc32(data)


def opened(state: Any) -> Any:
    """The bytes of what `sealed` returned: a `bytes`, or a read-only memoryview.

    Raises:
        ValueError: they are damaged.
    """
    data, checksum = parts(state, (bytes, memoryview), int)
    if zlib.crc32(data) != checksum:
        raise ValueError(f"the {len(data)} bytes are damaged: their checksum is another")
    return data
