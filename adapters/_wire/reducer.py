"""Reducers: what picklers get for a native object."""

from __future__ import annotations

from sys import modules

from adapters._importable.importable import by_value_registry
from adapters._wire.attributes import attributes_of
from adapters._wire.buffers import SCALARS, OutOfBand, inspect
from adapters._wire.copying import is_copying
from adapters._wire.ctype import is_ctype
from adapters._wire.cycles import Progress, anew, in_progress, reaches
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from adapters._wire.adapter import Adapter


def reducer(
    adapter: Adapter, rebuild: Callable[..., Any], complete: Callable[..., Any]
) -> Callable[[Any], Any]:
    """The function that picklers call for each object that an adapter serves.

    Args:
        adapter: The adapter.
        rebuild: What payloads name.
        complete: What they name for the second phase.
    """
    serialize = adapter.serialize
    key = None if adapter.module is None else adapter.key  # by value: written at the first object
    registered = None  # the modules to go by value all the same, once cloudpickle is imported

    def reduce(obj: Any) -> Any:
        nonlocal registered
        if registered is None and "cloudpickle" in modules:
            registered = by_value_registry()
        try:
            state = serialize(obj)
        except failures() as error:
            raise adapter.raised("its serializer", error) from error
        # Most states are scalars, or a few of them in a tuple or a dict. That is found out here,
        # without a function call, since every object pays for it.
        kind = type(state)
        if kind is tuple:
            for part in state:
                if type(part) not in SCALARS:
                    return reduce_with_parts(adapter, rebuild, obj, state)
        elif kind is dict:
            for name in state:
                if type(state[name]) not in SCALARS or type(name) is not str:
                    return reduce_with_parts(adapter, rebuild, obj, state)
        elif kind not in SCALARS:
            return reduce_with_parts(adapter, rebuild, obj, state)
        return rebuild, (key if key and not registered else adapter.key, state)

    def reduce_in_two_phases(obj: Any) -> Any:
        reduced = reduce(obj)
        cls, attributes, links = second_phase(adapter, obj)
        function, arguments, _, mark = (*reduced, None, None)[:4]
        if cls is not None:
            arguments = (*arguments, cls)
        if attributes is None and links is None:
            return function, arguments, None, mark
        if is_copying(depth):  # the copy module takes no function for a state
            if links is not None:
                raise adapter.serialize_error(
                    "copy cannot copy what has links; use adapters.loads(adapters.dumps(obj))"
                )
            return function, arguments, attributes, mark
        return function, arguments, (adapter.key, attributes, links), mark, None, complete

    depth = 2 if is_ctype(adapter.target) else 1  # all C types have one reducer, which calls this
    return reduce if adapter.init is None and adapter.links is None else reduce_in_two_phases


def second_phase(adapter: Adapter, obj: Any) -> tuple[Any, Any, Any]:
    """What goes beside the state: the class of a subclass, the Python part, and the links."""
    cls = attributes = links = None
    step = "the __getstate__ of its class"
    try:
        if adapter.init is not None:
            cls = None if type(obj) is adapter.target else type(obj)
            attributes = attributes_of(obj, adapter.target)
        step = "links"
        if adapter.links is not None:
            links = anew(adapter.links(obj))
    except failures() as error:
        raise adapter.raised(step, error) from error
    return cls, attributes, links


def reduce_with_parts(adapter: Adapter, rebuild: Callable[..., Any], obj: Any, state: Any) -> Any:
    """What picklers get for `obj` if its state may hold buffers, or `obj` itself."""
    buffers, flat = inspect(state)
    whole = OutOfBand(state, adapter.serialize_error) if buffers else state
    arguments = adapter.key, whole
    if flat:
        return rebuild, arguments
    if in_progress(obj) and reaches(state, obj):
        raise adapter.serialize_error(
            "its state contains the object itself, and the factory needs the whole state before"
            " there is an object; leave the back reference to links= and link= of the adapter"
        )
    return rebuild, arguments, None, Progress(obj)
