"""Buffers: the bytes-like parts of states, which leave out of band (pickle's protocol 5).

However they travel, they arrive as flat bytes in C order, read-only.
"""

from __future__ import annotations

import builtins
import sys
from _weakref import ref

try:
    from _pickle import PickleBuffer
except ImportError:  # an interpreter without the C pickler
    from pickle import PickleBuffer

from adapters._accelerated import accelerator
from adapters.errors import SerializeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

SCALARS = frozenset(map(type, (None, True, 0, 0.0, 0j, "")))
CONTAINERS = frozenset((tuple, list, dict))
# frozendict came with Python 3.15.
MAPPINGS: set[type] = {dict, getattr(builtins, "frozendict", dict)}
KEYS = SCALARS | {bytes}  # of dicts that are plain data
BYTES_LIKE: set[type] = {bytes, bytearray, memoryview, PickleBuffer}

# From this size on `bytes` leave out of band, too: below, a buffer costs more than a copy.
LARGE = 1 << 20

# What `inspect` finds.
OTHER = 1
BUFFERS = 2


def inspect(state: Any) -> int:
    """What is in a state besides plain data, as the sum of `OTHER` and `BUFFERS`.

    Plain data are scalars, `bytes` below `LARGE`, and tuples, lists and dicts of them, so that a
    pickler needs nothing but the state. `BUFFERS` are bytes-like parts that leave out of band.
    `OTHER` is all else; a cycle may be in it.
    """
    kind = type(state)
    if kind in SCALARS:
        return 0
    if kind is bytes:
        return BUFFERS if len(state) >= LARGE else 0
    if kind in CONTAINERS and SCALARS.issuperset(map(type, state)):
        values = state.values() if kind is dict else ()
        if SCALARS.issuperset(map(type, values)):
            return 0  # as most containers are
    found = 0
    todo = [state]
    seen = set()
    for value in todo:
        kind = type(value)
        if kind in CONTAINERS:
            if id(value) in seen:
                continue
            seen.add(id(value))
            items = value
            if kind is dict:
                found |= 0 if KEYS.issuperset(map(type, value)) else OTHER
                items = value.values()
            if not SCALARS.issuperset(map(type, items)):
                todo += [item for item in items if type(item) not in SCALARS]
        elif kind is bytes:
            found |= BUFFERS if len(value) >= LARGE else 0
        else:
            found |= BUFFERS if is_bytes_like(kind) else OTHER
    return found


def is_bytes_like(kind: type) -> bool:
    """Whether the objects of a type are buffers; that of cffi is met once cffi is imported."""
    if kind in BYTES_LIKE:
        return True
    cffi = sys.modules.get("_cffi_backend")
    if kind is not getattr(cffi, "buffer", None):
        return False
    BYTES_LIKE.add(kind)
    return True


def has_buffers(state: Any) -> bool:
    """Whether a bytes-like part that has to leave out of band is in a state, at any depth."""
    if type(state) in BYTES_LIKE:
        return type(state) is not bytes or len(state) >= LARGE
    return next(buffers_in(state), None) is not None


def is_buffer(value: object) -> bool:
    """Whether a part of a state arrives as bytes or as a memoryview."""
    kind = type(value)
    nested = kind in CONTAINERS or kind in MAPPINGS
    return kind is bytes or (not nested and has_buffers(value))


def buffers_in(state: Any) -> Iterator[Any]:
    """The bytes-like parts of nested tuples, lists and mappings, which may contain themselves."""
    todo = [state]
    seen = set()
    for value in todo:
        kind = type(value)
        if kind in BYTES_LIKE:
            if kind is not bytes or len(value) >= LARGE:
                yield value
        elif kind in CONTAINERS or kind in MAPPINGS:
            if id(value) not in seen:
                seen.add(id(value))
                items = value.values() if kind in MAPPINGS else value
                todo += [item for item in items if type(item) not in SCALARS]
        elif is_bytes_like(kind):
            yield value


def as_arrived(state: Any) -> Any:
    """A state as it arrives elsewhere: the same, or a copy where a buffer in it is not like that.

    What a buffer in it refers to cannot change.
    """
    parts = (part for part in buffers_in(state) if type(part) is not bytes)
    return state if all(map(_is_constant, parts)) else OutOfBand(state).copied()


class OutOfBand:
    """A state, or a part of one, that pickles as itself with its bytes-like parts out of band.

    Protocol 5 writes each as a PickleBuffer: no copy if it is contiguous in C order, else one.
    Older protocols have no buffers: there they are copied into the pickle. `bytes` arrive as bytes,
    everything else as a flat, read-only memoryview over the buffer that arrived.

    Args:
        state: The state, or the part.
        error: Makes the error for a state that cannot be serialized, from what is wrong.
        others: Weak references to the OutOfBand of the other parts of the same state, by the id of
            the part, so that a part that is in it twice arrives as one. The pickler holds them.
    """

    __slots__ = ("__weakref__", "_error", "_others", "state")

    def __init__(
        self,
        state: Any,
        error: Callable[[str], SerializeError] | None = None,
        others: dict[int, ref[OutOfBand]] | None = None,
    ) -> None:
        self.state = state
        self._error = error
        self._others = {} if others is None else others
        self._others[id(state)] = ref(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        state, kind = self.state, type(self.state)
        if kind is dict:
            pairs = [(key, self._part(value)) for key, value in state.items()]
            return dict, (), None, None, iter(pairs)
        if kind in MAPPINGS:
            return kind, ({key: self._part(value) for key, value in state.items()},)
        if kind is list:
            return list, (), None, map(self._part, state)
        if kind is tuple:
            return tuple, (list(map(self._part, state)),)
        if kind is bytes:
            return bytes, (PickleBuffer(state) if protocol >= 5 else state,)
        try:
            view = memoryview(state)
        except ValueError as error:
            raise self._released(state) from error
        return memoryview, (_lend(view) if protocol >= 5 else view.tobytes(),)

    def _part(self, value: Any) -> Any:
        if type(value) in SCALARS or not has_buffers(value):
            return value
        known = self._others.get(id(value))
        return (known and known()) or OutOfBand(value, self._error, self._others)

    def _released(self, part: Any) -> SerializeError:
        kind = type(part).__name__
        problem = f"a {kind} in its state has been released; serialize must return an open one"
        if self._error is not None:
            return self._error(problem)
        return SerializeError(f"cannot serialize a state: {problem}", kind)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.copied(memo)

    def copied(self, memo: dict[int, Any] | None = None) -> Any:
        """The state as it arrives, with nothing shared with the original, for copy and deepcopy."""
        from copy import deepcopy

        memo = {} if memo is None else memo
        views = {}
        for part in buffers_in(self.state):
            if type(part) is not bytes:
                try:
                    views[id(part)] = memoryview(memoryview(part).tobytes())
                except ValueError as error:
                    raise self._released(part) from error
        # In the state alone: a bytearray that is also somewhere else is copied there as one.
        known = {key: memo.pop(key, None) for key in views}
        memo.update(views)
        try:
            return deepcopy(self.state, memo)
        finally:
            for key, copy in known.items():
                if copy is None:
                    del memo[key]
                else:
                    memo[key] = copy


# See `exports`, which is imported where it is needed.
_COLLECTOR_CRASHES = sys.version_info < (3, 12, 7) and sys.implementation.name == "cpython"
_watch: Any = None


def _lend(view: memoryview) -> Any:
    """What protocol 5 writes for the bytes of a view, in C order: its own memory if they lie so."""
    global _watch
    if not view.c_contiguous:
        return PickleBuffer(view.tobytes())
    if not view.nbytes:  # as no pickler in Python takes two that are empty (python/cpython#120380)
        return b""
    if view.format != "B" or view.ndim != 1:
        view = view.cast("B")
    if not view.readonly:
        view = view.toreadonly()
    if _COLLECTOR_CRASHES:
        if _watch is None:
            from adapters._wire.exports import watch as _watch
        _watch(view)
    return PickleBuffer(view)


def _is_constant(part: Any) -> bool:
    """Whether a buffer is as it arrives, and over memory that cannot change."""
    if type(part) is not memoryview:
        return False
    try:
        return type(part.obj) is bytes and part.format == "B" and part.ndim == 1 and part.contiguous
    except ValueError:  # released: `copied` reports it
        return False


if accelerator is not None:
    accelerator.set_up_inspect(inspect, (bytearray, memoryview, PickleBuffer), LARGE)
    inspect = accelerator.inspect
