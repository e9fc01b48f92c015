"""Cycles: refuse a state that contains its own object, since the factory needs the state first.

Pickle would recurse through such a state until it fails. `Progress` marks the objects whose states
are being pickled; a reducer that is called again for one of them searches its state.
"""

from __future__ import annotations

from _thread import get_ident

try:
    from _pickle import Pickler
except ImportError:  # an interpreter without the C pickler
    from pickle import Pickler
from adapters._accelerated import accelerator
from adapters._wire.buffers import MAPPINGS
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_in_progress: set[tuple[int, int]] = set()  # (thread, id of the object)
_searching: set[int] = set()  # threads


def is_cycle(state: Any, obj: object) -> bool:
    """Whether `obj`, whose state is just to be pickled, is in it.

    It is not, if the pickling of a state of `obj` has not begun in this thread: only what has
    begun comes back. What has begun may have failed: a pickler written in Python keeps its mark for
    as long as the traceback lives.
    """
    begun = is_in_progress(obj) and get_ident() not in _searching
    return begun and reaches(state, obj)


def is_in_progress(obj: object) -> bool:
    """Whether a mark says that the state of `obj` is being pickled in this thread."""
    return (get_ident(), id(obj)) in _in_progress


def anew(links: Any) -> Any:
    """The same with new containers: one that is pickled elsewhere may be half loaded for `link`."""
    kind = type(links)
    if kind in MAPPINGS:
        return kind({key: anew(value) for key, value in links.items()})
    return kind(map(anew, links)) if kind in (list, tuple, set, frozenset) else links


def reaches(state: Any, obj: object) -> bool:
    """Whether pickling `state` meets `obj`."""
    found = False

    class Search(Pickler):
        def persistent_id(self, part: object) -> str | None:
            nonlocal found
            found = found or part is obj
            return "" if found else None  # written in place of the part, which is not entered

    _searching.add(get_ident())
    try:
        Search(_NullFile()).dump(state)
    except failures():  # a part that does not pickle, or another cycle: the real pickler reports it
        return found
    finally:
        _searching.discard(get_ident())
    return found


class _NullFile:
    def write(self, data: object) -> None:
        pass


class Progress:
    """Marks `obj` as being pickled until the pickler is done with its state, or drops it.

    It is the iterator of list items in what a reducer returns. It is empty, so nothing of it is
    written; each pickler, and `copy`, holds it for as long as it works on the object.
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
        _in_progress.discard(getattr(self, "_key", (0, 0)))  # not set where __init__ has failed


if accelerator is not None:
    Progress = accelerator.Progress  # type: ignore[misc]
    is_in_progress = accelerator.is_in_progress
