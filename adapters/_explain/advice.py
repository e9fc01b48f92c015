"""What to do about a part that does not pickle."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from adapters import _nesting
from adapters._batteries.described import why_left_out
from adapters._explain.classes import is_foreign, is_standard, package_of
from adapters._explain.hazards import CONNECT, LINKS, OPEN
from adapters._explain.owners import Owners, is_data_of_ctypes, is_handle
from adapters._explain.reducers import newer_class, reducer_instead
from adapters._explain.standard_advice import sqlite_advice
from adapters._explain.walk import Walk
from adapters._naming import qualified_name
from adapters._wire.ctype import advice_for, ctype_expression, ctype_of
from adapters._wire.rebuild import registry
from adapters._wire.served import adapter_for, type_name
from adapters._wire.unserved import name_of_reducer
from adapters.errors import suppress_failures

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_FILES = ("TextIOWrapper", "BufferedReader", "BufferedWriter", "BufferedRandom", "FileIO")
# What to do about types that are often in objects by mistake.
_INSTEAD = {
    **dict.fromkeys(("_thread.lock", "_thread.RLock"), "make a new lock there"),
    "_thread._local": "make a new one there",
    **dict.fromkeys(("threading.Thread", "threading.Timer"), "start one there"),
    **dict.fromkeys(("_asyncio.Future", "_asyncio.Task"), "await it here, and send its result"),
    "concurrent.futures._base.Future": "send its result",
    "_contextvars.ContextVar": "define it at the top level of a module, and import it there",
    "_contextvars.Context": "send a dict of the values that are needed",
    "builtins.generator": "send a list of what it gives, or a function that makes it",
    "builtins.coroutine": "send its arguments, and call the function there",
    "builtins.async_generator": "send a function that makes it",
    "builtins.frame": "send what it holds, or a formatted traceback as text",
    "builtins.traceback": "send a formatted traceback as text",
    "builtins.module": "send its name, and import it there",
    "builtins.memoryview": "send bytes of it; as the state of an adapter it travels",
    "builtins.mappingproxy": "send a dict of it",
    **{f"builtins.dict_{view}": "send a list of it" for view in ("keys", "values", "items")},
    **{f"_io.{kind}": OPEN for kind in _FILES},
    "socket.socket": CONNECT,
    "sqlite3.Cursor": "send the rows",
    "re.Match": "send its groups",
    "weakref.ReferenceType": "send what it refers to, or leave it out",
    "mmap.mmap": "send the path of the file, or adapters.share what is in it",
}

_SENT = (OPEN, CONNECT)  # what is sent also for an object of the standard library


def adapter_of(part: Any) -> str | None:
    """The `adapter` of a finding: a name; else "register_struct", "subclasses=True" or None.

    "copyreg: module.function" if pickle uses that in place of an adapter.
    """
    adapter = _asked(adapter_for, part)
    if adapter is not None:
        foreign = registry.foreign_reducer(type(part))
        return adapter.name if foreign is None else f"copyreg: {name_of_reducer(foreign)}"
    ctype = ctype_of(part)
    if _asked(newer_class, part) is not None:
        return None
    if ctype is None:
        return None if _asked(registry.nearest, type(part)) is None else "subclasses=True"
    return "register_struct" if _refusal(ctype) is None else None


def advice(walk: Walk, owners: Owners, number: int, deep: bool) -> str:
    """What to do about a part that fails, `deep` if it is nested too deep for pickle."""
    part = walk.parts[number]
    if deep:
        return f"{_nesting.advice()}; its reducer may also make new parts without end"
    if issubclass(type(part), (type, FunctionType)):
        return "move it to the top level of a module that the other process can import"
    if instead := _asked(reducer_instead, part):
        return instead[1]
    if number in walk.cyclic:
        return f"{LINKS}: the factory needs the whole state first"
    if (adapter := _asked(adapter_for, part)) is not None:
        if adapter in registry.libraries:
            return f"{adapter.module} refuses it: do what the message says, or register your own"
        return "mend the serializer: it has to take every object of the type"
    if others := owners.by_other_ways(number):
        return others
    library = _asked(owners.library_object_of, number)
    is_of_c = ctype_of(part) is not None and library is not None
    if is_of_c or _asked(is_handle, part):
        return owners.for_handle(number)
    if is_data_of_ctypes(type(part)):
        return "send bytes of it, and make it there by the from_buffer_copy of its type"
    first = _first(owners, part, number)
    if reason := _asked(why_left_out, type(part)):
        first = f"{reason}; {first}"
    if library is not None:
        return _in_library(owners, part, number, library, first)
    owner = _asked(owners.user_of, number)
    if owner is None:
        return first
    name = qualified_name(type(walk.parts[owner]))
    return f"{first}; or leave it out of the state of {name}: an adapter, or __getstate__"


def _first(owners: Owners, part: Any, number: int) -> str:
    """What to do about a part, wherever it is."""
    ctype, nearest = ctype_of(part), _asked(registry.nearest, type(part))
    if ctype is not None:
        return _for_ctype(ctype, owners.path_of(number))
    if nearest is not None:
        return (
            f"{nearest!r} serves exactly its type; register that one with subclasses=True if it"
            " keeps the class, or one for this class"
        )
    if inherited := _asked(owners.inherited, number):
        return inherited
    name = type_name(part)
    standard = owners.standard_object_of(number)
    instead = _asked(sqlite_advice, part) or _INSTEAD.get(name)
    if standard is not None and not (instead in _SENT and owners.is_opened_by(standard, number)):
        of_owner = _INSTEAD.get(qualified_name(type(owners.part(standard))))
        return of_owner or f"make a new {owners.class_of(standard)} there"
    if instead is not None:
        return instead
    register = f"call {owners.register(number)}"
    if is_standard(type(part)) and package_of(type(part)) != "builtins":
        return f"make a new one there, or {register}"
    reducing = _asked(_reducing_class, part)
    if reducing is None:
        return register
    return f"mend {qualified_name(reducing)}.__reduce__ (or __getstate__), or {register}"


def _in_library(owners: Owners, part: Any, number: int, library: int, first: str) -> str:
    """What to do about a part of an object of a library, whose class is not to be changed."""
    register = f"call {owners.register(library)}"
    if type_name(part) in _INSTEAD or is_standard(type(part)):
        return f"{register}, with a factory that makes this part anew"
    package = package_of(type(owners.part(library))).strip("_")
    # Extensions often state a module of their own, such as `_duckdb`, and are held by the package.
    if any(
        name.strip("_").startswith(package)
        for name in (package_of(type(part)), owners.class_of(number))
    ):
        return f"{register}; or, for this part alone, {first}"
    return f"{first}; or {register}"


def _asked(question: Callable[[Any], T], subject: Any) -> T | None:
    with suppress_failures():  # of a metaclass
        return question(subject)
    return None


def _for_ctype(ctype: Any, path: str) -> str:
    derive = f"adapters.register_struct({ctype_expression(ctype, path)})"
    general = advice_for(ctype, path)
    if derive not in general:  # it is no struct with fields that cffi knows
        return general
    problem = _refusal(ctype)
    return f"call {derive}" if problem is None else f"{derive} says: {problem}"


def _refusal(ctype: Any) -> str | None:
    from adapters._struct.layout import refusal  # imports cffi

    return refusal(ctype)


def _reducing_class(part: Any) -> type | None:
    """The class of the user's that says how a part pickles, None if a library's does, or none."""
    own = ("__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")
    for base in type.__getattribute__(type(part), "__mro__"):
        if any(callable(vars(base).get(name)) for name in own):
            return None if is_foreign(base) else base
    return None
