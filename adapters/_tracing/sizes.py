"""Sizes: the bytes of a state, and of a message, in and out of band."""

from __future__ import annotations

from typing import Any, TypeAlias

from adapters._pickling import write
from adapters._plain_pickler import Override, reduction
from adapters._wire.buffers import OutOfBand, has_buffers
from adapters._wire.ctype import ctype_of
from adapters._wire.rebuild import registry
from adapters.errors import failures

Size: TypeAlias = tuple[int, int]  # bytes in band, bytes out of band


def size_of_state(state: Any) -> Size:
    """The bytes of a state, pickled by itself; (0, 0) if it cannot be, as it will turn out.

    What it holds has to be such that it can be pickled twice.
    """
    large: list[int] = []
    override = Override({}, {}, _reduce_plainly)
    try:
        whole = OutOfBand(state) if type(state) is not OutOfBand and has_buffers(state) else state
        pieces = write(
            whole,
            5,
            lambda buffer: large.append(memoryview(buffer).nbytes),
            override=override,
            first=_leave_out,
        )
    except failures():
        return 0, 0
    return sum(map(len, pieces)), sum(large)


def _leave_out(obj: Any) -> Any:
    """A short reduction of a native object, which has an event of its own; else NotImplemented.

    It is this pickler's alone: an object in the state whose `__reduce__` pickles others, and maybe
    keeps what comes of it, gets what there is without a trace.
    """
    is_native = ctype_of(obj) is not None or registry.nearest(type(obj)) is not None
    return (bool, ()) if is_native else NotImplemented


def _reduce_plainly(obj: Any) -> Any:
    reduced = _leave_out(obj)
    return reduction(obj) if reduced is NotImplemented else reduced


def size_of_message(parts: Any) -> Size:
    """The bytes of a message: its pickles in band, the large parts beside them out of band.

    Args:
        parts: Bytes, memory, parts of a message (which have a `size`), and tuples and lists of
            these; anything else takes few bytes, and is not counted.
    """
    kind = type(parts)
    if kind is bytes:
        return len(parts), 0
    if kind is tuple or kind is list:
        sizes = [size_of_message(each) for each in parts]
        return sum(size[0] for size in sizes), sum(size[1] for size in sizes)
    if kind is memoryview:
        return 0, parts.nbytes
    if kind is bytearray:
        return 0, len(parts)
    return 0, getattr(parts, "size", 0) if hasattr(parts, "mark_sent") else 0
