"""Buffers: the bytes-like parts of states, which leave out of band (pickle's protocol 5)."""

from __future__ import annotations

from _weakref import ref

try:
    from _pickle import PickleBuffer
except ImportError:  # an interpreter without the C pickler
    from pickle import PickleBuffer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SCALARS = frozenset(map(type, (None, True, 0, 0.0, 0j, "")))
CONTAINERS = frozenset((tuple, list, dict))
BYTES_LIKE: set[type] = {bytes, bytearray, memoryview, PickleBuffer}

# From this size on `bytes` leave out of band, too: below, a buffer costs more than a copy.
LARGE = 4096


def inspect(state: Any) -> tuple[bool, bool]:
    """Whether a bytes-like part of a state has to leave out of band, and whether the state is flat.

    Flat are scalars and bytes-like parts alone, so that no cycle can be in it.
    """
    kind = type(state)
    if kind not in CONTAINERS:
        return has_buffers(state), kind in BYTES_LIKE
    kinds = set(map(type, state.values() if kind is dict else state)) - SCALARS
    buffers = bool(kinds) and has_buffers(state)
    flat = kinds <= BYTES_LIKE and (kind is not dict or SCALARS.issuperset(map(type, state)))
    return buffers, flat


def has_buffers(state: Any) -> bool:
    """Whether a bytes-like part that has to leave out of band is in a state, at any depth."""
    return next(buffers_in(state), None) is not None


def is_buffer(value: object) -> bool:
    """Whether a part of a state arrives as bytes or as a memoryview."""
    return type(value) is bytes or (type(value) not in CONTAINERS and has_buffers(value))


def buffers_in(state: Any) -> Iterator[Any]:
    """The bytes-like parts of nested tuples, lists and dicts, which may contain themselves."""
    todo = [state]
    seen = set()
    for value in todo:
        kind = type(value)
        if kind in BYTES_LIKE:
            if kind is not bytes or len(value) >= LARGE:
                yield value
        elif kind.__module__ == "_cffi_backend" and kind.__name__ == "buffer":
            BYTES_LIKE.add(kind)  # met for the first time: nothing here imports cffi
            yield value
        elif kind in CONTAINERS and id(value) not in seen:
            seen.add(id(value))
            items = value.values() if kind is dict else value
            todo += [item for item in items if type(item) not in SCALARS]


class OutOfBand:
    """A state, or a part of one, that pickles as itself with its bytes-like parts out of band.

    Protocol 5 writes each as a PickleBuffer: no copy, and the receiver gets a memoryview over the
    buffer that arrived. Older protocols have no buffers: there they are copied into the pickle.
    `bytes` arrive as bytes, everything else as a flat memoryview.

    Args:
        state: The state, or the part.
        others: Weak references to the OutOfBand of the other parts of the same state, by the id of
            the part, so that a part that is in it twice arrives as one. The pickler holds them.
    """

    __slots__ = ("__weakref__", "_others", "state")

    def __init__(self, state: Any, others: dict[int, ref[OutOfBand]] | None = None) -> None:
        self.state = state
        self._others = {} if others is None else others
        self._others[id(state)] = ref(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        state, kind = self.state, type(self.state)
        if kind is dict:
            pairs = [(key, self._part(value)) for key, value in state.items()]
            return dict, (), None, None, iter(pairs)
        if kind is list:
            return list, (), None, map(self._part, state)
        if kind is tuple:
            return tuple, (list(map(self._part, state)),)
        kind = bytes if kind is bytes else memoryview
        return kind, (PickleBuffer(_flat(state)) if protocol >= 5 else bytes(state),)

    def _part(self, value: Any) -> Any:
        if type(value) in SCALARS or not has_buffers(value):
            return value
        known = self._others.get(id(value))
        return (known and known()) or OutOfBand(value, self._others)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.copied(memo)

    def copied(self, memo: dict[int, Any] | None = None) -> Any:
        """The state as it arrives, with nothing shared with the original, for copy and deepcopy."""
        from copy import deepcopy

        memo = {} if memo is None else memo
        for part in buffers_in(self.state):
            if type(part) is not bytes:
                memo[id(part)] = memoryview(bytes(_flat(part)))
        return deepcopy(self.state, memo)


def _flat(value: Any) -> Any:
    """A buffer with the memory of `value`, as flat bytes."""
    view = memoryview(value)
    if view.format == "B" and view.ndim == 1 and view.contiguous:
        # Itself, not a view of it: before Python 3.13 a view of a view in a reference cycle can
        # crash the garbage collector.
        return value
    try:
        return PickleBuffer(value).raw()
    except BufferError:  # not contiguous: it cannot be sent without a copy
        return view.tobytes()
