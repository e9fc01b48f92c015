"""What no adapter serves: what to do about it, in words, and what picklers get for it."""

from __future__ import annotations

from adapters._importable.functions import FUNCTION
from adapters._naming import qualified_name, shown
from adapters._wire.copying import is_copying, own_reduction
from adapters._wire.ctype import advice_for, ctype_of, is_address
from adapters.errors import AdapterError, SerializeError, UnknownAdapterError, suppress_failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from adapters._wire.lookup import Lookup

# Each of them says how to make an object, as `__reduce__` does; `__getstate__` alone does not.
_MAKERS = ("__setstate__", "__getnewargs__", "__getnewargs_ex__")


def unknown_adapter(registry: Lookup, obj: object) -> AdapterError:
    """The error for an object that no adapter serves, or whose adapter pickle does not use."""
    cls, ctype = type(obj), ctype_of(obj)
    adapter = registry.serving(cls if ctype is None else ctype)
    nearest = registry.nearest(cls) if ctype is None else registry.by_target.get(ctype)
    foreign = registry.foreign_reducer(cls)
    if foreign is None and nearest is not None and nearest.is_older:
        return nearest.error(cls if ctype is None else ctype)  # type: ignore[attr-defined, no-any-return]
    if foreign is not None:
        instead = "" if adapter is None else f", in place of {adapter!r}"
        advice = (
            f"pickle uses {name_of_reducer(foreign)}, which other code gave copyreg for the type"
            f"{instead}; to use an adapter, del copyreg.dispatch_table[type(obj)], and register it"
        )
    elif nearest is not None:
        advice = (
            f"{nearest!r} serves exactly its type: register one for the subclass, or register"
            " that one with subclasses=True if it keeps the class"
        )
    elif ctype is not None:
        advice = advice_for(ctype)
    else:
        advice = "call adapters.register(type(obj), serialize, factory)"
        advice += _virtual_base(registry, cls)
    subject = qualified_name(cls if ctype is None else ctype)
    problem = f"no adapter serves {subject}; {advice}. {registry.known}"
    return UnknownAdapterError(problem, subject)


def refuse(registry: Lookup, obj: Any) -> Any:
    """The reduction of what no adapter serves: only the copy module gets one, that of the type.

    Args:
        registry: Its adapters are told of.
        obj: The object.

    Raises:
        SerializeError: a pickler calls.
    """
    if is_copying():
        return own_reduction(obj)
    ctype, error = ctype_of(obj), unknown_adapter(registry, obj)
    reason = ""
    if ctype is not None and is_address(ctype):
        reason = " an address means nothing in another process, and"
    raise SerializeError(f"cannot pickle {shown(obj)}:{reason} {error}", error.subject)


def refuse_descriptor(registry: Lookup, cls: type) -> None:
    """Raise for a type of connections of multiprocessing, unless something says how they pickle.

    Only multiprocessing knows their reducer. By its attributes a connection would arrive as a bare
    descriptor number, which is that of another file there.

    Raises:
        SerializeError: neither the type nor other code says how.
    """
    said = ("__reduce__", "__reduce_ex__", "__getstate__")
    if any(name in vars(base) for base in cls.__mro__[:-1] for name in said):
        return
    if registry.foreign_reducer(cls) is not None:
        return
    name = qualified_name(cls)
    raise SerializeError(
        f"cannot pickle {name}: it is a descriptor of this process, which only multiprocessing"
        " hands over; pass it to a Process when that starts, send it through adapters.Executor"
        " over a ProcessPoolExecutor, send its address and connect there, or call"
        " adapters.register(type(obj), serialize, factory)",
        name,
    )


def pickles_itself(cls: type, base: type) -> bool:
    """Whether an extension type below `base` says how to make its objects, as pybind11's can.

    What a class written in Python says holds for its attributes; the rest is left to its bases.
    """
    bases = cls.__mro__[: cls.__mro__.index(base)]
    said = (vars(each).get(name) for each in bases for name in _MAKERS)
    return any(function is not None and type(function) is not FUNCTION for function in said)


def name_of_reducer(reducer: Any) -> str:
    """How a reducer of other code is called."""
    return qualified_name(reducer) if hasattr(reducer, "__qualname__") else shown(reducer)


def _virtual_base(registry: Lookup, cls: type) -> str:
    """The adapter of an abstract class that a type is given to, and does not derive from."""
    for adapter in registry:
        with suppress_failures():
            if adapter.target not in cls.__mro__ and issubclass(cls, adapter.target):
                return f" for it: it does not derive from {qualified_name(adapter.target)}"
    return ""
