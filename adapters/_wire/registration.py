"""Registration: what an adapter can be made of, and what tells one from another."""

from __future__ import annotations

from adapters._batteries.packages import PREFIX
from adapters._naming import extension_of, has_module, qualified_name, shown
from adapters._wire.ctype import is_ctype, python_types
from adapters.errors import RegistrationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from adapters._wire.adapter import Adapter

# The pickler writes these by itself and calls no reducer: an adapter would not be used.
_PICKLED_NATIVELY = frozenset(
    map(type, (None, True, 0, 0.0, "", b"", bytearray(), (), [], {}, set(), frozenset(), type))
) | {type(lambda: None)}


def check(adapter: Adapter) -> None:
    """Refuse what an adapter cannot be made of; raises a RegistrationError."""
    subject = qualified_name(adapter.target)

    def refuse(problem: str) -> RegistrationError:
        problem = f"cannot register an adapter for {subject}: {problem}"
        return RegistrationError(problem, subject)

    if not is_ctype(adapter.target) and not issubclass(type(adapter.target), type):
        kind = qualified_name(type(adapter.target))
        raise RegistrationError(
            f"cannot register an adapter for {shown(adapter.target)}, which is a {kind}: the first"
            " argument is a type, or a C type as ffi.typeof() returns it",
            kind,
        )
    if adapter.target in python_types():
        raise refuse("all objects of cffi share this type; pass their C type, ffi.typeof(obj)")
    if adapter.target is object:
        raise refuse("every object is an instance of it; register the type itself")
    if adapter.target in _PICKLED_NATIVELY:
        raise refuse("pickle writes this built-in type by itself and would never ask for it")
    if (adapter.init is None) is (adapter.factory is None):
        raise refuse("it needs a factory, or init= in place of one")
    if (adapter.links is None) is not (adapter.link is None):
        raise refuse("links= and link= belong together: what is pickled, and what sets it")
    if adapter.init is not None and is_ctype(adapter.target):
        raise refuse("objects of C types are not made empty; pass a factory, not init=")
    for role in ("serialize", "factory", "init", "links", "link"):
        function = getattr(adapter, role)
        if not callable(function) and (function is not None or role == "serialize"):
            raise refuse(f"{role} must be callable, not {shown(function)}")
    if not isinstance(adapter.name, str) or not adapter.name:
        raise refuse(f"name must be a non-empty str, not {shown(adapter.name)}")
    if type(adapter.version) is not int or not 1 <= adapter.version < 10**18:
        raise refuse(f"version must be an int from 1 to 10**18 - 1, not {shown(adapter.version)}")
    if not isinstance(adapter.upgrades, dict):
        raise refuse(f"upgrades must be a dict, not {shown(adapter.upgrades)}")
    for old, upgrade in adapter.upgrades.items():
        pair = type(upgrade) is tuple and len(upgrade) == 2 and adapter.links is not None
        functions = all(map(callable, upgrade if pair else [upgrade]))
        if type(old) is not int or not 1 <= old < adapter.version or not functions:
            raise refuse(
                f"upgrades maps an older version (1 to {adapter.version - 1}) to a function from"
                " its state to the next version's (with links=, also to a pair of functions, of"
                f" the state and of the links), but holds {shown(old)}: {shown(upgrade)}"
            )
    if adapter.subclasses and is_ctype(adapter.target):
        raise refuse("C types have no subclasses")


def fingerprint_of(adapter: Adapter) -> str:
    """A digest of an adapter's name, version and code, and of the edition of its class."""
    from adapters._importable.fingerprint import fingerprint  # of few adapters

    parts: tuple[object, ...] = (adapter.serialize, adapter.factory, adapter.upgrades)
    more = (adapter.init, adapter.links, adapter.link)
    parts += more if any(more) else ()  # no other digest where there are none
    parts += (adapter.edition,) if adapter.edition > 1 else ()
    return fingerprint(adapter.name, adapter.version, adapter.subclasses, parts)


def default_name(target: Any, module: str) -> Any:
    """The name of an adapter that a module registers without one: the same in every process."""
    if is_ctype(target):
        return f"{module}:{target.cname}"
    if module.startswith(PREFIX):
        return f"{module}.{target.__qualname__}"
    if has_module(target):
        return qualified_name(target)
    extension = extension_of(target)
    name = target.__qualname__
    return f"{module}:{name}" if extension is None else f"{extension}.{name}"
