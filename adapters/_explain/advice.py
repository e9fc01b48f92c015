"""What to do about a part that does not pickle."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from adapters import _nesting
from adapters._explain.hazards import CONNECT, OPEN, OWNER, reducer_instead
from adapters._explain.walk import Walk
from adapters._expressions import is_of_stdlib
from adapters._naming import qualified_name
from adapters._wire.ctype import advice_for, ctype_of
from adapters._wire.rebuild import registry
from adapters._wire.served import adapter_for, type_name
from adapters._wire.unserved import name_of_reducer
from adapters.errors import suppress_failures

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class made at run time, as in Python

_FILES = ("TextIOWrapper", "BufferedReader", "BufferedWriter", "BufferedRandom", "FileIO")
# What to do about types that are often in objects by mistake.
_INSTEAD = {
    **dict.fromkeys(("_thread.lock", "_thread.RLock"), "make a new lock there"),
    "_thread._local": "make a new one there",
    "threading.Thread": "start one there",
    "builtins.generator": "send a list of what it gives, or a function that makes it",
    "builtins.coroutine": "send its arguments, and call the function there",
    "builtins.async_generator": "send a function that makes it",
    "builtins.frame": "send what it holds, or a formatted traceback as text",
    "builtins.traceback": "send a formatted traceback as text",
    "builtins.module": "send its name, and import it there",
    "builtins.memoryview": "send bytes of it; as the state of an adapter it travels",
    "builtins.mappingproxy": "send a dict of it",
    **{f"builtins.dict_{view}": "send a list of it" for view in ("keys", "values", "items")},
    "builtins.PyCapsule": OWNER,
    **{f"_io.{kind}": OPEN for kind in _FILES},
    "socket.socket": CONNECT,
    "sqlite3.Connection": "send the path of the database, and connect there",
    "sqlite3.Cursor": "send the rows",
    "re.Match": "send its groups",
    "weakref.ReferenceType": "send what it refers to, or leave it out",
    "mmap.mmap": "send the path of the file, or adapters.share what is in it",
}


def adapter_of(part: Any) -> str | None:
    """The `adapter` of a finding: a name; else "register_struct", "subclasses=True" or None.

    "copyreg: module.function" if pickle uses that in place of an adapter.
    """
    adapter = _asked(adapter_for, part)
    if adapter is not None:
        foreign = registry.foreign_reducer(type(part))
        return adapter.name if foreign is None else f"copyreg: {name_of_reducer(foreign)}"
    ctype = ctype_of(part)
    if ctype is None:
        return None if _asked(registry.nearest, type(part)) is None else "subclasses=True"
    return "register_struct" if _refusal(ctype) is None else None


def advice(walk: Walk, number: int, deep: bool) -> str:
    """What to do about a part that fails, `deep` if it is nested too deep for pickle."""
    part = walk.parts[number]
    if deep:
        return f"{_nesting.advice()}; its reducer may also make new parts without end"
    if issubclass(type(part), (type, FunctionType)):
        return "move it to the top level of a module that the other process can import"
    if instead := _asked(reducer_instead, part):
        return instead[1]
    if _asked(adapter_for, part) is not None:
        return "mend the serializer: it has to take every object of the type"
    name, ctype, nearest = type_name(part), ctype_of(part), _asked(registry.nearest, type(part))
    register = f"call adapters.register({name}, serialize, factory)"
    if ctype is not None:
        first = _for_ctype(ctype)
    elif nearest is not None:
        first = (
            f"{nearest!r} serves exactly its type; register that one with subclasses=True if it"
            " keeps the class, or one for this class"
        )
    elif name not in _INSTEAD and _asked(_has_own_reducer, part):
        return f"mend {name}.__reduce__ (or __getstate__), or {register}"
    else:
        first = _INSTEAD.get(name, register)
    owner = _owner(walk, number)
    if owner is None:
        return first
    return f"{first}; or leave it out of the state of {owner}: an adapter, or __getstate__"


def _asked(question: Callable[[Any], T], subject: Any) -> T | None:
    with suppress_failures():  # of a metaclass
        return question(subject)
    return None


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
    if is_of_stdlib(type(part)):
        return False
    bases = type.__getattribute__(type(part), "__mro__")
    heap = (base for base in bases if base.__flags__ & _HEAP_TYPE)
    return any(callable(vars(base).get(name)) for base in heap for name in own)


def _owner(walk: Walk, number: int) -> str | None:
    """The type of the nearest object above a part whose class is not of the standard library."""
    for above in reversed(walk.line_to(number)[:-1]):
        kind = type(walk.parts[above])
        if not is_of_stdlib(kind):
            return qualified_name(kind)
    return None
