"""What to do about a part that does not pickle, for `explain`."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from adapters._naming import qualified_name
from adapters._wire.ctype import ctype_of, fields_of, is_ctype
from adapters._wire.rebuild import registry
from adapters.errors import FAILURES

if TYPE_CHECKING:
    from adapters._explain.walk import Walk

# What people have in their objects without wanting to send it.
_INSTEAD = {
    "_thread.lock": "make a new lock there",
    "_thread.RLock": "make a new lock there",
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
    "builtins.dict_keys": "send a list of it",
    "builtins.dict_values": "send a list of it",
    "builtins.dict_items": "send a list of it",
    "builtins.PyCapsule": "register an adapter for the type that owns it",
    "_io.TextIOWrapper": "send its path, and open it there",
    "_io.BufferedReader": "send its path, and open it there",
    "_io.BufferedWriter": "send its path, and open it there",
    "_io.BufferedRandom": "send its path, and open it there",
    "_io.FileIO": "send its path, and open it there",
    "socket.socket": "send the address, and connect there",
    "sqlite3.Connection": "send the path of the database, and connect there",
    "sqlite3.Cursor": "send the rows",
    "re.Match": "send its groups",
    "weakref.ReferenceType": "send what it refers to, or leave it out",
    "mmap.mmap": "send the path of the file, or adapters.share what is in it",
}


def type_name(part: Any) -> str:
    """The module-qualified type of a part, or its C type, whatever its class does."""
    try:
        ctype = ctype_of(part)
        return qualified_name(type(part) if ctype is None else ctype)
    except FAILURES:
        return str(type.__getattribute__(type(part), "__name__"))


def adapter_of(part: Any) -> str | None:
    """The name of the adapter for a part, or else the way to have one without writing one."""
    ctype = ctype_of(part)
    target = type(part) if ctype is None else ctype
    adapter = registry.serving(target)
    if adapter is not None:
        return adapter.name
    if ctype is None:
        return None if registry.nearest(target) is None else "subclasses=True"
    return None if _struct(ctype) is None or _why_not(ctype) else "register_struct"


def advice(walk: Walk, number: int, error: BaseException) -> str:
    """The next thing to do about a part that fails."""
    part = walk.parts[number]
    if type(error) is RecursionError or type(error.__cause__) is RecursionError:
        return "flatten it, or raise sys.setrecursionlimit; its reducer may also call itself"
    ctype = ctype_of(part)
    target = type(part) if ctype is None else ctype
    if issubclass(target if ctype is None else object, (type, FunctionType)):
        return "move it to the top level of a module that the other process can import"
    if registry.serving(target) is not None:
        return "mend the serializer: it has to take every object of the type"
    name = qualified_name(target)
    owner = _owner(walk, number)
    if ctype is not None:
        first = _for_ctype(ctype)
    elif registry.nearest(target) is not None:
        first = (
            f"{registry.nearest(target)!r} serves exactly its type; register that one with"
            " subclasses=True if it keeps the class, or one for this class"
        )
    elif name in _INSTEAD:
        first = _INSTEAD[name]
    elif _has_own_reducer(part):
        first = f"mend {name}.__reduce__ (or __getstate__), or"
        return f"{first} call adapters.register({name}, serialize, factory)"
    else:
        first = f"call adapters.register({name}, serialize, factory)"
    if owner is None:
        return first
    return f"{first}; or leave it out of the state of {owner}: an adapter, or __getstate__"


def _for_ctype(ctype: Any) -> str:
    register = f"adapters.register(ffi.typeof({ctype.cname!r}), serialize, factory)"
    if _struct(ctype) is None:
        return f"call {register}"
    derive = f"adapters.register_struct(ffi.typeof({ctype.cname!r}))"
    problem = _why_not(ctype)
    return f"call {derive}" if problem is None else f"{derive} says: {problem}"


def _struct(ctype: Any) -> Any:
    """The struct of a C type from whose fields an adapter may be derived, or None."""
    item = ctype.item if ctype.kind == "pointer" else ctype
    return item if item.kind == "struct" and fields_of(item) is not None else None


def _why_not(ctype: Any) -> str | None:
    """Why no adapter follows from the fields of a struct alone; None if one does."""
    from adapters._struct.layout import _Layout

    try:
        _Layout(ctype, {})
    except FAILURES as error:
        return str(error).partition("from its fields: ")[2] or str(error)
    return None


def _has_own_reducer(part: Any) -> bool:
    own = ("__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")
    if type(part).__module__ in sys.stdlib_module_names:
        return False
    bases = type.__getattribute__(type(part), "__mro__")[:-1]
    return any(
        callable(vars(base).get(name)) and _is_python(base) for base in bases for name in own
    )


def _is_python(kind: type) -> bool:
    return bool(kind.__flags__ & (1 << 9))  # a heap type


def _owner(walk: Walk, number: int) -> str | None:
    """The type of the nearest object of somebody's class that holds a part."""
    for above in reversed(walk.line_to(number)[:-1]):
        kind = type(walk.parts[above])
        if kind.__module__ not in sys.stdlib_module_names and not is_ctype(kind):
            return qualified_name(kind)
    return None
