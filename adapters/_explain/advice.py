"""What to do about a part that does not pickle."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from adapters._comparison.contents import adapter_for, type_name
from adapters._naming import qualified_name
from adapters._wire.ctype import advice_for, ctype_of, is_ctype
from adapters._wire.rebuild import registry

if TYPE_CHECKING:
    from adapters._explain.walk import Walk

_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class made at run time, as in Python

# What to do about types that are often in objects by mistake.
_INSTEAD = {
    name: todo
    for todo, names in {
        "make a new lock there": "_thread.lock _thread.RLock",
        "make a new one there": "_thread._local",
        "start one there": "threading.Thread",
        "send a list of what it gives, or a function that makes it": "builtins.generator",
        "send its arguments, and call the function there": "builtins.coroutine",
        "send a function that makes it": "builtins.async_generator",
        "send what it holds, or a formatted traceback as text": "builtins.frame",
        "send a formatted traceback as text": "builtins.traceback",
        "send its name, and import it there": "builtins.module",
        "send bytes of it; as the state of an adapter it travels": "builtins.memoryview",
        "send a dict of it": "builtins.mappingproxy",
        "send a list of it": "builtins.dict_keys builtins.dict_values builtins.dict_items",
        "register an adapter for the type that owns it": "builtins.PyCapsule",
        "send its path, and open it there": (
            "_io.TextIOWrapper _io.BufferedReader _io.BufferedWriter _io.BufferedRandom _io.FileIO"
        ),
        "send the address, and connect there": "socket.socket",
        "send the path of the database, and connect there": "sqlite3.Connection",
        "send the rows": "sqlite3.Cursor",
        "send its groups": "re.Match",
        "send what it refers to, or leave it out": "weakref.ReferenceType",
        "send the path of the file, or adapters.share what is in it": "mmap.mmap",
    }.items()
    for name in names.split()
}


def adapter_of(part: Any) -> str | None:
    """The name of the adapter for a part, or else the way to have one without writing one."""
    adapter = adapter_for(part)
    if adapter is not None:
        return adapter.name
    ctype = ctype_of(part)
    if ctype is None:
        return None if registry.nearest(type(part)) is None else "subclasses=True"
    return "register_struct" if _refusal(ctype) is None else None


def advice(walk: Walk, number: int, deep: bool) -> str:
    """What to do about a part that fails, `deep` if it is nested too deep for pickle."""
    part = walk.parts[number]
    if deep:
        return "flatten it, or raise sys.setrecursionlimit; its reducer may also call itself"
    if issubclass(type(part), (type, FunctionType)):
        return "move it to the top level of a module that the other process can import"
    if adapter_for(part) is not None:
        return "mend the serializer: it has to take every object of the type"
    name, ctype, nearest = type_name(part), ctype_of(part), registry.nearest(type(part))
    register = f"call adapters.register({name}, serialize, factory)"
    if ctype is not None:
        first = _for_ctype(ctype)
    elif nearest is not None:
        first = (
            f"{nearest!r} serves exactly its type; register that one with subclasses=True if it"
            " keeps the class, or one for this class"
        )
    elif name not in _INSTEAD and _has_own_reducer(part):
        return f"mend {name}.__reduce__ (or __getstate__), or {register}"
    else:
        first = _INSTEAD.get(name, register)
    owner = _owner(walk, number)
    if owner is None:
        return first
    return f"{first}; or leave it out of the state of {owner}: an adapter, or __getstate__"


def _for_ctype(ctype: Any) -> str:
    derive = f"adapters.register_struct(ffi.typeof({ctype.cname!r}))"
    general = advice_for(ctype)
    if derive not in general:  # it is no struct with fields that cffi knows
        return general
    problem = _refusal(ctype)
    return f"call {derive}" if problem is None else f"{derive} says: {problem}"


def _refusal(ctype: Any) -> str | None:
    from adapters._struct.layout import refusal  # imports cffi

    return refusal(ctype)


def _has_own_reducer(part: Any) -> bool:
    """Whether a class written in Python, and not of the standard library, says how it pickles."""
    own = ("__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")
    if type(part).__module__ in sys.stdlib_module_names:
        return False
    bases = type.__getattribute__(type(part), "__mro__")
    heap = (base for base in bases if base.__flags__ & _HEAP_TYPE)
    return any(callable(vars(base).get(name)) for base in heap for name in own)


def _owner(walk: Walk, number: int) -> str | None:
    """The type of the nearest object above a part whose class is not of the standard library."""
    for above in reversed(walk.line_to(number)[:-1]):
        kind = type(walk.parts[above])
        if kind.__module__ not in sys.stdlib_module_names and not is_ctype(kind):
            return qualified_name(kind)
    return None
