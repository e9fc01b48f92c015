"""Reducers: what picklers get for a native object."""

from __future__ import annotations

from _functools import partial  # type: ignore[import-not-found]
from sys import modules

from adapters._accelerated import accelerator, in_c
from adapters._importable.importable import by_value_registry
from adapters._wire.buffers import BUFFERS, MAPPINGS, OTHER, OutOfBand, has_buffers, inspect
from adapters._wire.copying import is_copying
from adapters.errors import failures, is_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from adapters._wire.adapter import Adapter
    from adapters._wire.key import Key


def reducer(
    adapter: Adapter, rebuild: Callable[..., Any], complete: Callable[..., Any]
) -> Callable[[Any], Any]:
    """The function that picklers call for each object that an adapter serves.

    Args:
        adapter: The adapter.
        rebuild: What payloads name.
        complete: What they name for the second phase.
    """
    by_module = None if adapter.module is None else adapter.key  # by value: once one is sent

    def reduce_with_parts(obj: Any, state: Any, found: int) -> Any:
        if found & OTHER and len(MAPPINGS) > 1 and has_buffers(state):  # in a frozendict
            found |= BUFFERS
        whole = OutOfBand(state, adapter.serialize_error) if found & BUFFERS else state
        arguments = adapter.key, whole
        if not found & OTHER:
            return rebuild, arguments
        from adapters._wire.cycles import Progress, is_cycle  # of such states alone

        if is_cycle(state, obj):
            raise adapter.serialize_error(
                "its state contains the object itself, and the factory needs the whole state before"
                " there is an object; leave the back reference to links= and link= of the adapter"
            )
        return rebuild, arguments, None, Progress(obj)

    if accelerator is None:
        reduce = _reducer(adapter, by_module, rebuild, reduce_with_parts)
    else:
        reduce = accelerator.Reducer(
            adapter,
            in_c(adapter.serialize),
            rebuild,
            reduce_with_parts,
            partial(_failed, adapter),
            by_value_registry,
            by_module,
        ).reduce

    def reduce_in_two_phases(obj: Any) -> Any:
        reduced = reduce(obj)
        cls, attributes, links = second_phase(adapter, obj)
        function, arguments, _, mark = (*reduced, None, None)[:4]
        if cls is not None:
            arguments = (*arguments, cls)
        if attributes is None and links is None:
            return function, arguments, None, mark
        if is_copying():  # the copy module takes no function for a state
            if links is not None:
                raise adapter.serialize_error(
                    "copy cannot copy what has links; use adapters.loads(adapters.dumps(obj))"
                )
            return function, arguments, attributes, mark
        return function, arguments, (adapter.key, attributes, links), mark, None, complete

    return reduce if adapter.init is None and adapter.links is None else reduce_in_two_phases


def _reducer(
    adapter: Adapter,
    by_module: Key | None,
    rebuild: Callable[..., Any],
    reduce_with_parts: Callable[[Any, Any, int], Any],
) -> Callable[[Any], Any]:
    """The reducer for the first phase; `_accelerator.c` has the same in C.

    Args:
        adapter: The adapter.
        by_module: Its key while it goes by its module, None if it goes by value.
        rebuild: What payloads name.
        reduce_with_parts: Gets the object, its state, and what `inspect` has found in it.
    """
    serialize = adapter.serialize
    registered = None  # the modules to go by value all the same, once cloudpickle is imported

    def reduce(obj: Any) -> Any:
        nonlocal registered
        try:
            state = serialize(obj)
        except failures() as error:
            _failed(adapter, error)
        found = inspect(state)
        if found:
            return reduce_with_parts(obj, state, found)
        if registered is None and "cloudpickle" in modules:
            registered = by_value_registry()
        return rebuild, (by_module if by_module and not registered else adapter.key, state)

    return reduce


def _failed(adapter: Adapter, error: BaseException) -> NoReturn:
    """Raise what a pickler gets for an error of the serializer."""
    try:
        if is_failure(error):
            raise adapter.raised("its serializer", error) from error
        raise error
    finally:
        del error  # whose traceback has this frame


def second_phase(adapter: Adapter, obj: Any) -> tuple[Any, Any, Any]:
    """What goes beside the state: the class of a subclass, the Python part, and the links."""
    cls = attributes = links = None
    step = "the __getstate__ of its class"
    try:
        if adapter.init is not None:
            from adapters._wire.attributes import attributes_of  # of few adapters

            cls = None if type(obj) is adapter.target else type(obj)
            attributes = attributes_of(obj, adapter.target)
        step = "links"
        if adapter.links is not None:
            from adapters._wire.cycles import anew

            links = anew(adapter.links(obj))
    except failures() as error:
        raise adapter.raised(step, error) from error
    return cls, attributes, links
