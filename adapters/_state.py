"""What happens to a state on its way: large parts out of band, cycles refused."""

from __future__ import annotations

from _thread import get_ident

try:
    from _pickle import PickleBuffer, Pickler
except ImportError:  # an interpreter without the C pickler
    from pickle import PickleBuffer, Pickler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCALARS = frozenset(map(type, (None, True, 0, 0.0, 0j, "")))
SCALARS_AND_BYTES = SCALARS | {bytes}
CONTAINERS = frozenset((tuple, list, dict))
BYTES_LIKE: set[type] = {memoryview, bytearray, PickleBuffer}

# From this size on `bytes` leave out of band, too: below, a buffer costs more than a copy.
LARGE = 4096


def inspect(state: Any) -> tuple[bool, bool]:
    """Look through a state, at any depth but once.

    Returns:
        Whether a bytes-like part has to leave out of band, and whether there is nothing but scalars
        and bytes-like parts, so that no cycle can be in it.
    """
    kind = type(state)
    if kind is tuple or kind is list:
        kinds = set(map(type, state))
        items = state
    elif kind is dict:
        kinds = set(map(type, state.values()))
        items = state.values()
    else:
        return has_buffers(state), kind in SCALARS or kind is bytes or kind in BYTES_LIKE
    flat = kind is not dict or SCALARS.issuperset(map(type, state))
    if kinds <= SCALARS:
        return False, flat
    leaves = kinds <= SCALARS_AND_BYTES or all(
        kind in SCALARS_AND_BYTES or kind in BYTES_LIKE for kind in kinds
    )
    return any(map(has_buffers, items)), flat and leaves


def has_buffers(value: Any) -> bool:
    """Whether a bytes-like part that has to leave out of band is in a state, at any depth."""
    kind = type(value)
    if kind is bytes:
        return len(value) >= LARGE
    return inspect(value)[0] if kind in CONTAINERS else kind in BYTES_LIKE


class OutOfBand:
    """A state, or a part of one, that pickles as itself with its bytes-like parts out of band.

    Protocol 5 writes each as a PickleBuffer: no copy, and the receiver gets a memoryview over the
    buffer that arrived. Where there are no buffers (older protocols) they are copied in band.
    `bytes` arrive as bytes, everything else as a flat memoryview.
    """

    __slots__ = ("state",)

    def __init__(self, state: Any) -> None:
        self.state = state

    def __reduce_ex__(self, protocol: Any) -> Any:
        state, kind = self.state, type(self.state)
        if kind is dict:
            return dict, ({key: _part(value) for key, value in state.items()},)
        if kind in CONTAINERS:
            return kind, (tuple(map(_part, state)) if kind is list else list(map(_part, state)),)
        kind = bytes if kind is bytes else memoryview
        return kind, (PickleBuffer(_flat(state)) if protocol >= 5 else bytes(state),)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.copied(memo)

    def copied(self, memo: dict[int, Any] | None = None) -> Any:
        """The state with nothing shared with the original object's memory, for copy.copy."""
        from copy import deepcopy

        return _copied(self.state, deepcopy, {} if memo is None else memo)


def _part(value: Any) -> Any:
    return OutOfBand(value) if has_buffers(value) else value


def _flat(value: Any) -> memoryview:
    buffer = value if isinstance(value, PickleBuffer) else PickleBuffer(value)
    try:
        return buffer.raw()
    except BufferError:  # not contiguous: no single stretch of memory to send without a copy
        return memoryview(memoryview(buffer).tobytes())


def _copied(state: Any, deepcopy: Any, memo: dict[int, Any]) -> Any:
    kind = type(state)
    if not has_buffers(state):
        return deepcopy(state, memo)
    if kind is dict:
        return {deepcopy(key, memo): _copied(value, deepcopy, memo) for key, value in state.items()}
    if kind in CONTAINERS:
        return kind(_copied(value, deepcopy, memo) for value in state)
    return state if kind is bytes else memoryview(bytes(_flat(state)))


_in_progress: set[tuple[int, int]] = set()
_searching: set[int] = set()


def in_progress(obj: object) -> bool:
    """Whether the state of `obj` is, or may be, in the middle of being pickled in this thread.

    "May be": a pickler written in Python that failed leaves the mark for as long as its traceback
    lives. `reaches` tells.
    """
    return (get_ident(), id(obj)) in _in_progress and get_ident() not in _searching


def reaches(state: Any, obj: object) -> bool:
    """Whether pickling `state` comes upon `obj`."""
    found = False

    class Search(Pickler):
        def persistent_id(self, part: object) -> str | None:
            nonlocal found
            found = found or part is obj
            return "" if found else None  # in place of the part: the search need not go into it

    _searching.add(get_ident())
    try:
        Search(_Nowhere()).dump(state)
    except Exception:  # a part that does not pickle, or another cycle: the pickler itself will tell
        return found
    finally:
        _searching.discard(get_ident())
    return found


class _Nowhere:
    def write(self, data: object) -> None:
        pass


class Progress:
    """Marks `obj` as being pickled until the pickler is done with its state, or drops it.

    It is the iterator of list items in what a reducer returns: empty, so nothing of it is written.
    Each pickler, and `copy`, holds it as long as it works on the object.
    """

    __slots__ = ("_key",)

    def __init__(self, obj: object) -> None:
        self._key = (get_ident(), id(obj))
        _in_progress.add(self._key)

    def __iter__(self) -> Progress:
        return self

    def __next__(self) -> Any:
        raise StopIteration

    def __del__(self) -> None:
        _in_progress.discard(self._key)
