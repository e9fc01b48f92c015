"""Exports: views under PickleBuffers, which the garbage collector must not find to be garbage.

Before 3.12.7, CPython crashes on garbage with a memoryview that something exports, as PickleBuffers
over one do: the collector clears the older of the two, the view, first (python/cpython#77894). So
the views are held while the collector runs.
"""

from __future__ import annotations

import gc
from _weakref import ref

# By id, for each generation of the collector: that of a view, or a younger one.
_exported: list[dict[int, ref[memoryview]]] = [{}, {}, {}]
_youngest = _exported[0]
_held: list[memoryview] = []


def watch(view: memoryview) -> None:
    """Hold a view while the collector runs, for as long as the view lives."""
    _youngest[id(view)] = ref(view)


def _hold(phase: str, info: dict[str, int]) -> None:
    """Hold the views that a collection may find to be garbage, from its start to its end."""
    generation = info["generation"]
    if phase == "start":
        for exported in _exported[generation:0:-1]:
            while exported:
                _take(exported)
        # Last, since other threads lend views meanwhile. From the test that ends the loop to the
        # collection no other thread gets the interpreter lock.
        while _youngest:
            _take(_youngest)
    else:
        older = _exported[min(generation + 1, 2)]
        for view in _held:
            older[id(view)] = ref(view)
        _held.clear()


def _take(exported: dict[int, ref[memoryview]]) -> None:
    view = exported.popitem()[1]()
    if view is not None:
        _held.append(view)


gc.callbacks.append(_hold)
