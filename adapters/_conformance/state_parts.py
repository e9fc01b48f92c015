"""The parts of a state: a snapshot of it, what it holds, and a change of one part for a moment."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

from adapters._comparison.contents import adapter_for, attributes, is_buffer
from adapters._wire.buffers import OutOfBand, has_buffers

_MUTABLE = (list, dict, set)


def snapshot(state: Any) -> Any:
    """The state as it arrives elsewhere: nothing in it is shared with the original."""
    return pickle.loads(pickled(state))


def pickled(state: Any, buffer_callback: Any = None) -> bytes:
    """A state as it leaves, its buffers out of band if there is a callback for them."""
    whole = OutOfBand(state) if has_buffers(state) else state
    return pickle.dumps(whole, 5, buffer_callback=buffer_callback)


def parts(state: Any, path: str = "state") -> Iterator[tuple[str, Any]]:
    """All that a state holds, with the path to it, itself first.

    Goes through containers and the attributes of Python objects, not into native objects that an
    adapter serves.
    """
    todo = [(path, state)]
    seen: set[int] = set()
    for where, value in todo:
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield where, value
        if type(value) in (tuple, list):
            todo += [(f"{where}[{index}]", part) for index, part in enumerate(value)]
        elif type(value) is dict:
            todo += [(f"{where}[{key!r}]", part) for key, part in value.items()]
            todo += [(f"key {key!r} of {where}", key) for key in value]
        elif type(value) in (set, frozenset):
            todo += [(f"an element of {where}", part) for part in value]
        elif adapter_for(value) is None:
            todo += [(f"{where}.{name}", part) for name, part in attributes(value).items()]


def containers(state: Any) -> list[tuple[str, Any]]:
    """The lists, dicts and sets of a state, with their paths."""
    return [(path, part) for path, part in parts(state) if type(part) in _MUTABLE]


def changed(part: Any) -> Callable[[], None]:
    """Put something else into a list, dict, set or writable buffer, if it is one of these.

    Returns:
        A function that undoes it.
    """
    if type(part) not in _MUTABLE:
        return _changed_buffer(part)
    kept = part.copy()

    def restore() -> None:
        part.clear()
        part.extend(kept) if type(part) is list else part.update(kept)

    part.clear()
    if not kept:
        noise = "put in by adapters.testing"
        if type(part) is list:
            part.append(noise)
        else:
            part.update([noise] if type(part) is set else {noise: noise})
    return restore


def _changed_buffer(part: Any) -> Callable[[], None]:
    view = memoryview(part if is_buffer(part) else b"")
    if view.readonly or not view.nbytes or not view.c_contiguous:
        return lambda: None
    memory = view.cast("B")

    def flip() -> None:
        memory[0] ^= 255

    flip()
    return flip
