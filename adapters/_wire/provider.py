"""Providers: what a process that never saw a registration needs to get the adapter.

A provider is the name of a module whose import registers the adapter or, where no import would (a
script, a notebook, a function), the pair of the adapter's fingerprint and the adapter itself by
value, as cloudpickle writes it. Where it cannot go by value, the reason stands in place of the
bytes, and the process that would have needed them says it.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from adapters.errors import FAILURES, SerializeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, ModuleType
    from typing import Any, TypeAlias

    from adapters._wire.adapter import Adapter

    Provider: TypeAlias = "str | tuple[str, bytes | str]"

MAIN = ("__main__", "__mp_main__")
_FUNCTION, _CODE = type(lambda: None), type((lambda: None).__code__)
_METHOD = type(type("", (), {"method": lambda self: None})().method)
_under_way: set[tuple[int, int]] = set()  # (thread, adapter) that goes by value just now


def importing_module() -> str | None:
    """The module whose top level is running, directly or through functions, or None.

    Importing it elsewhere runs the same registration. A main script is not importable by name.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    name = frame.f_globals.get("__name__") if frame else None
    module = sys.modules.get(name) if isinstance(name, str) else None
    if frame is None or module is None or name in MAIN or vars(module) is not frame.f_globals:
        return None
    return name


def by_value(adapter: Adapter) -> tuple[str, bytes | str]:
    """The fingerprint and the bytes of `adapter`, or the reason why there are no bytes."""
    key = (get_ident(), id(adapter))
    if key in _under_way:
        raise SerializeError("its functions refer to an object of its own type", adapter.name)
    _under_way.add(key)
    options = ("name", "version", "upgrades", "subclasses")
    try:
        from adapters._wire.by_value import dumps

        body = dumps(
            (
                (adapter.target, adapter.serialize, adapter.factory),
                {option: getattr(adapter, option) for option in options},
            )
        )
    except FAILURES as error:  # types raise anything when pickled
        return adapter.fingerprint, f"{type(error).__name__}: {error}"
    finally:
        _under_way.discard(key)
    return adapter.fingerprint, body


def import_provider(module: str) -> None:
    """Import a module for the registrations that it makes.

    Raises:
        LookupError: it cannot be imported; the message is the reason.
    """
    try:
        __import__(module)
    except FAILURES as error:
        raise LookupError(
            f"its provider, module {module!r}, cannot be imported here ({type(error).__name__}:"
            f" {error}); install it, or put its folder on sys.path"
        ) from error


def load_by_value(body: bytes | str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments and the options of an adapter that came by value.

    Raises:
        LookupError: it could not go, or cannot be loaded; the message is the reason.
    """
    if isinstance(body, str):
        raise LookupError(
            "it was registered in a script, a notebook or a function, so it had to go by value, and"
            f" could not ({body}); register it at the top level of a module that both can import"
        )
    try:
        import pickle

        arguments, options = pickle.loads(body)
    except FAILURES as error:
        raise LookupError(
            f"it came by value and cannot be loaded here ({type(error).__name__}: {error});"
            " install what its functions use"
        ) from error
    return arguments, options


def fingerprint(adapter: Adapter) -> str:
    """A digest of what the adapter is called and what its functions do.

    It tells the registration that a child made by running the same script again from another one
    of the same name, without loading the other one.
    """
    import hashlib

    functions = (adapter.serialize, adapter.factory, adapter.upgrades)
    known = (adapter.name, adapter.version, adapter.subclasses, _describe(functions, {}))
    return hashlib.blake2b(repr(known).encode(), digest_size=12).hexdigest()


def _describe(value: Any, seen: dict[int, object]) -> object:
    """`value` as nested tuples of scalars that are the same in each process that ran its source."""

    def describe(*parts: object) -> object:
        return tuple(_describe(part, seen) for part in parts)

    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return repr(value)
    kind = type(value)
    if kind is tuple:
        return describe(*value)
    if kind is _CODE:
        return describe(
            value.co_code, value.co_names, value.co_varnames, value.co_freevars, value.co_consts
        )
    if id(value) in seen or len(seen) > 1000:  # a recursive function is in its own closure
        return "again"
    seen[id(value)] = value
    if kind is list:
        return describe(*value)
    if kind in (set, frozenset):
        return sorted(repr(_describe(part, seen)) for part in value)
    if kind is dict:
        return sorted((repr(key), repr(_describe(part, seen))) for key, part in value.items())
    if kind is _METHOD:
        return describe(value.__func__, value.__self__)
    if kind is _FUNCTION and not _is_named(value):
        cells = [_contents(cell) for cell in value.__closure__ or ()]
        return describe(value.__code__, cells, value.__defaults__, value.__kwdefaults__)
    if kind is _FUNCTION or isinstance(value, type):
        return ("__main__" if value.__module__ in MAIN else value.__module__), value.__qualname__
    name = getattr(value, "cname", None) if kind.__module__ == "_cffi_backend" else None
    try:  # as pickle sees it: a partial, an attrgetter, a bound method of C, an instance
        reduced = value.__reduce_ex__(2)
    except Exception:
        return describe(kind, name)
    return describe(*reduced) if type(reduced) is tuple else describe(kind, reduced)


def _is_named(function: Any) -> bool:
    return "<" not in function.__qualname__ and function.__module__ not in MAIN


def _contents(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # still empty
        return "empty"


def is_importable(value: Any) -> bool:
    """Whether another process gets this class or function by importing its module."""
    module = getattr(value, "__module__", None)
    found: ModuleType | Callable[..., Any] | type | None = sys.modules.get(module or "")
    if module in MAIN or found is None:
        return False
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value


def importable_attributes() -> Iterator[tuple[str, Any]]:
    """("module:name", value) for all that modules hold which other processes can import."""
    for module, content in list(sys.modules.items()):
        # A main script is another one there; the other two hold what happened to come by.
        if module not in (*MAIN, "builtins", "sys"):
            for name, value in list(getattr(content, "__dict__", {}).items()):
                yield f"{module}:{name}", value


def find_in_main(script: str, qualname: str) -> type | None:
    """The class `qualname` of this process's main script, None where that is another script."""
    main: Any = sys.modules["__main__"]
    here = getattr(main, "__file__", None)
    if here is None or os.path.abspath(here) != os.path.abspath(script):
        return None
    for part in qualname.split("."):
        main = getattr(main, part, None)
    return main if isinstance(main, type) else None


def _main_class(script: str, qualname: str, body: bytes) -> Any:
    """The class `qualname` of the main script, or the one in `body` where another script runs."""
    import pickle

    found = find_in_main(script, qualname)
    return pickle.loads(body) if found is None else found
