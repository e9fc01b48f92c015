"""A small C struct with an adapter of `register_struct`, and with a hand-written cffi reducer.

All cffi objects share one Python type, and copyreg has one reducer for it: that of the adapters. So
the hand-written one is in a dispatch table of its own. Either side makes a `pickle.Pickler` with a
dispatch table, in the same lines, as a program does that brings its own reducers; what differs is
the reducer that pickle finds there. The two write the same dict of fields.
"""

from __future__ import annotations

import copyreg
import pickle
from collections import ChainMap
from io import BytesIO
from typing import Any, ClassVar

import _cffi_backend
import cffi
import cloudpickle

import adapters

_declared = cffi.FFI()
_declared.cdef("typedef struct { int number; double weight; int rank; } node_t;")
NODE = _declared.typeof("node_t *")
ffi = _cffi_backend.FFI()  # in C, as that of a compiled module; it takes the C types of others

adapters.register_struct(NODE)


def make_node(state: Any) -> Any:
    """A new struct; the factory of the hand-written reducer."""
    return ffi.new(NODE, state)


def reduce_node(obj: Any) -> Any:
    """The hand-written reducer."""
    if ffi.typeof(obj) is not NODE:
        raise TypeError(f"cannot pickle {obj!r}")
    return make_node, ({"number": obj.number, "weight": obj.weight, "rank": obj.rank},)


_BY_HAND = {type(ffi.new(NODE)): reduce_node}


class _CloudPickler(cloudpickle.Pickler):  # type: ignore[misc]
    dispatch_table: ClassVar[Any] = ChainMap(_BY_HAND, cloudpickle.Pickler.dispatch_table)


def adapted_dumps(obj: object) -> bytes:
    """Pickle with the reducers of copyreg, which has that of the adapters."""
    return _dumps(obj, copyreg.dispatch_table)


def by_hand_dumps(obj: object) -> bytes:
    """Pickle with the hand-written reducer."""
    return _dumps(obj, _BY_HAND)


def cloudpickle_dumps(obj: object) -> bytes:
    """Pickle by cloudpickle with the hand-written reducer."""
    file = BytesIO()
    _CloudPickler(file).dump(obj)
    return file.getvalue()


def _dumps(obj: object, table: Any) -> bytes:
    file = BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dispatch_table = table
    pickler.dump(obj)
    return file.getvalue()
