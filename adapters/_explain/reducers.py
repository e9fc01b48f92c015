"""Reducers: parts that pickle in another way than it seems.

| what | why |
|---|---|
| other code's reducer in copyreg | pickle uses it in place of the adapter of the type |
| a class with a `__reduce__` of its own | pickle uses it in place of the adapter of its base |
| a class or an ffi that was defined again | its adapter, and its name, belong to the newer class |
| a reducer of multiprocessing's pickler | no other pickler uses it |
"""

from __future__ import annotations

import sys
from typing import Any

from adapters._explain.classes import is_foreign
from adapters._importable.importable import MAIN
from adapters._naming import qualified_name
from adapters._wire.ctype import ctype_of
from adapters._wire.rebuild import registry
from adapters._wire.served import adapter_for
from adapters._wire.unserved import name_of_reducer, pickles_itself
from adapters.errors import suppress_failures

_REDUCERS = ("__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")


def reducer_instead(part: Any) -> tuple[str, str] | None:
    """The problem and what to do, if pickle uses another reducer than the part's adapter."""
    foreign = registry.foreign_reducer(type(part))
    adapter = None if foreign is None else adapter_for(part)
    if adapter is None:
        return None
    problem = f"pickle uses {name_of_reducer(foreign)}, which other code gave copyreg for the type"
    to_do = "del copyreg.dispatch_table[the type], and register it again; or unregister it"
    return f"{problem}, in place of {adapter!r}", f"to use the adapter, {to_do}"


def unused_adapter(part: Any) -> tuple[str, str] | None:
    """The problem and what to do, if the adapter of a base is not used for a part."""
    cls = type(part)
    targets = {adapter.target: adapter for adapter in registry if isinstance(adapter.target, type)}
    bases = cls.__mro__
    adapter = next((targets[base] for base in bases if base in targets), None)
    if adapter is None or adapter.target is cls or registry.serving(cls) is not None:
        return None
    before = bases[: bases.index(adapter.target)]
    said = [base for base in before if {"__reduce__", "__reduce_ex__"} & vars(base).keys()]
    if not said and not pickles_itself(cls, adapter.target):
        return None
    how = f"{qualified_name(said[0])}.__reduce__" if said else f"what {qualified_name(cls)} says"
    problem = f"pickle uses {how}, so that {adapter!r}, of a base, is not used"
    return problem, "if it loses anything, register an adapter for this class, too"


def newer_class(part: Any) -> tuple[str, str] | None:
    """The problem and what to do, if the class, or the ffi, of a part was defined again since."""
    cls, ctype = type(part), ctype_of(part)
    known = registry.nearest(cls) if ctype is None else registry.by_target.get(ctype)
    older = known.target if known is not None and known.is_older else None
    if ctype is not None and older is not None:
        problem = f"its {qualified_name(ctype)} is of an older ffi: that of a newer one is served"
        return problem, "make the object again, with the newer ffi"
    if older is not None and older is not cls:
        problem = (
            f"its class derives from an older {qualified_name(older)}, which was defined again"
        )
        return problem, "define the class again, too, and make the object again"
    if older is None and (is_foreign(cls) or adapter_for(part) is not None):
        return None
    name = qualified_name(cls)
    newer = next((each for each in registry if _is_newer(each.target, cls)), None)
    if newer is not None:
        return (
            f"its class is an older {name}: {newer!r} serves the newer one of this name",
            "make the object again, of the newer class",
        )
    found = sys.modules.get(cls.__module__)
    for step in cls.__qualname__.split("."):
        found = getattr(found, step, None)
    if not _is_newer(found, cls):
        return None
    return (
        f"its class is an older {name}: the name was defined again, and is another class now",
        "make the object again, of the newer class",
    )


def _is_newer(other: Any, cls: type) -> bool:
    if other is cls or not issubclass(type(other), type):
        return False
    module = "__main__" if cls.__module__ in MAIN else cls.__module__
    return qualified_name(other) == f"{module}.{cls.__qualname__}"


def reducer_of_multiprocessing(cls: type) -> Any:
    """The reducer of a type that other code gave multiprocessing's pickler, or None."""
    reduction: Any = sys.modules.get("multiprocessing.reduction")
    if reduction is None:
        return None
    reducer = getattr(reduction.ForkingPickler, "_extra_reducers", {}).get(cls)
    own = str(getattr(reducer, "__module__", "")).partition(".")[0] == "multiprocessing"
    return None if own else reducer


def only_multiprocessing(part: Any) -> tuple[str, str] | None:
    """The problem and what to do, if multiprocessing alone knows how a part pickles."""
    cls = type(part)
    reducer = reducer_of_multiprocessing(cls)
    if reducer is None or adapter_for(part) is not None or registry.foreign_reducer(cls):
        return None
    if any(name in vars(base) for base in cls.__mro__[:-1] for name in _REDUCERS):
        return None
    problem = (
        f"multiprocessing pickles it by {name_of_reducer(reducer)}; pickle and adapters.dumps"
        " send its attributes instead"
    )
    return problem, multiprocessing_advice(reducer)


def multiprocessing_advice(reducer: Any) -> str:
    """What to do about an object of which multiprocessing alone has a reducer."""
    return (
        "send it through multiprocessing itself (Process, Pool, Queue) or an adapters.Executor over"
        f" a ProcessPoolExecutor, which use {name_of_reducer(reducer)}; or register an adapter"
    )


def pickled_otherwise(part: Any) -> tuple[str, str] | None:
    """The first problem of these that a part has, and what to do; None if it has none."""
    for find in (reducer_instead, unused_adapter, newer_class, only_multiprocessing):
        with suppress_failures():  # of a metaclass
            if found := find(part):
                return found
    return None
