"""Fingerprints: digests that are equal for the same registration, in whichever process it ran."""

from __future__ import annotations

from adapters._importable.functions import FUNCTION, METHOD
from adapters._importable.importable import MAIN, is_importable
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_CODE = type((lambda: None).__code__)
# Attributes of classes that come with their use, or that differ between processes.
_LEFT_OUT = frozenset(("__dict__", "__module__", "__slotnames__", "__static_attributes__"))
_LEFT_OUT |= {"__weakref__", "_abc_impl"}
_CONSTANTS = (type(None), bool, int, float, complex, str, bytes)
_MOST = 1000  # objects that one description goes into


def fingerprint(name: str, version: int, subclasses: bool, functions: Iterable[Any]) -> str:
    """A digest of what an adapter is called and of what its functions do.

    A child that runs the same script again makes the same registration. The digest tells that one
    from another registration of the same name, without loading the functions of the other.

    Returns:
        24 hexadecimal digits, of BLAKE2b.
    """
    return _digest((name, version, subclasses, _describe(functions, {})))


def definition_digest(value: Any) -> str:
    """A digest of a class or of a function: its name, its code and what it refers to.

    Equal in each process that ran the same source, different for what is defined otherwise. What
    `fingerprint` knows by its name is taken apart, too.
    """
    seen: dict[int, object] = {}
    if type(value) is FUNCTION:
        return _digest((value.__qualname__, _describe_function(value, seen)))
    is_class = issubclass(type(value), type)
    return _digest(_describe_class(value, seen) if is_class else _describe(value, seen))


def code_digest(value: Any) -> str:
    """A digest of the code of a class or of a function, and of constant default values.

    It does not change while a program runs, and differs for a definition of the same name that was
    made of other code. A decorated function has the code of what it wraps, too. The values of
    attributes of a class are left out, as many count or collect something.
    """
    return _digest(_code_of(value, {}))


def _code_of(value: Any, seen: dict[int, object]) -> object:
    seen[id(value)] = value
    if issubclass(type(value), type):
        held = [(name, _parts_of(each, value)) for name, each in sorted(vars(value).items())]
        return [(name, [_code_of(each, seen) for each in parts]) for name, parts in held if parts]
    function: Any = value if type(value) is FUNCTION else getattr(value, "__wrapped__", None)
    code: Any = getattr(function, "__code__", None)
    if code is None:
        return None
    inside = [*map(_contents, function.__closure__ or ()), getattr(value, "__wrapped__", None)]
    inner = [each for each in inside if type(each) is FUNCTION and id(each) not in seen]
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    constants = [each for each in defaults if isinstance(each, _CONSTANTS)]
    return _describe((code, counts, constants), {}), [_code_of(each, seen) for each in inner]


def _parts_of(attribute: Any, cls: type) -> list[Any]:
    """The functions and the classes that were defined in a class, under one of its attributes."""
    kind = type(attribute)
    if issubclass(kind, type):
        own = str(attribute.__qualname__).startswith(f"{cls.__qualname__}.")
        return [attribute] if own else []
    if kind is property:
        parts = [attribute.fget, attribute.fset, attribute.fdel]
    elif kind.__module__ == "functools":  # a cached property, a partial method, a cached method
        parts = [getattr(attribute, name, None) for name in ("func", "__wrapped__")]
    else:
        parts = [_plain(attribute)]
    return [part for part in parts if type(part) is FUNCTION]


def _plain(attribute: Any) -> Any:
    """The function inside what a class has for a method."""
    return attribute.__func__ if isinstance(attribute, (staticmethod, classmethod)) else attribute


def _digest(description: object) -> str:
    """24 hexadecimal digits, of BLAKE2b."""
    import hashlib

    return hashlib.blake2b(repr(description).encode(), digest_size=12).hexdigest()


def describe(value: Any) -> object:
    """`value` as nested tuples of scalars, equal in each process that ran the same source."""
    return _describe(value, {})


def _describe(value: Any, seen: dict[int, object]) -> object:
    def describe(*parts: object) -> object:
        return tuple(_describe(part, seen) for part in parts)

    if isinstance(value, _CONSTANTS):
        return repr(value)
    kind = type(value)
    if kind is tuple:
        return describe(*value)
    if kind is _CODE:
        return describe(
            value.co_code, value.co_names, value.co_varnames, value.co_freevars, value.co_consts
        )
    if id(value) in seen or len(seen) > _MOST:  # a recursive function is in its own closure
        return "again"
    seen[id(value)] = value
    if kind is list:
        return describe(*value)
    if kind in (set, frozenset):
        return sorted(repr(_describe(part, seen)) for part in value)
    if kind is dict:
        pairs = ((_describe(key, seen), _describe(part, seen)) for key, part in value.items())
        return sorted((key if type(key) is str else repr(key), repr(part)) for key, part in pairs)
    if kind is METHOD:
        return describe(value.__func__, value.__self__)
    if kind is FUNCTION and not _is_named(value):
        return _describe_function(value, seen)
    if kind is FUNCTION or isinstance(value, type):
        return ("__main__" if value.__module__ in MAIN else value.__module__), value.__qualname__
    name = getattr(value, "cname", None) if kind.__module__ == "_cffi_backend" else None
    try:  # as pickle sees it: a partial, an attrgetter, a bound method of C, an instance
        reduced = value.__reduce_ex__(2)
    except failures():
        return describe(kind, name)
    return describe(*reduced) if type(reduced) is tuple else describe(kind, reduced)


def _describe_function(function: Any, seen: dict[int, object]) -> object:
    cells = [_contents(cell) for cell in function.__closure__ or ()]
    parts = function.__code__, cells, function.__defaults__, function.__kwdefaults__
    return tuple(_describe(part, seen) for part in parts)


def _describe_class(cls: type, seen: dict[int, object]) -> object:
    """A class: its name, what it is made of, and each attribute, functions by their code."""
    own = []
    for name, value in sorted(vars(cls).items()):
        is_property = type(value) is property
        parts = (value.fget, value.fset, value.fdel) if is_property else (_plain(value),)
        for part in parts:
            describe = _describe_function if type(part) is FUNCTION else _describe
            if name not in _LEFT_OUT:
                own.append((name, type(value).__name__, describe(part, seen)))
    above = []
    for base in (type(cls), *cls.__bases__):
        known = is_importable(base)
        above.append(_describe(base, seen) if known else _describe_class(base, seen))
    return _describe(cls, seen), above, own


def _is_named(function: Any) -> bool:
    """Whether a function is known by its name, and not only by its code."""
    return "<" not in function.__qualname__ and function.__module__ not in MAIN


def _contents(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # still empty
        return "empty"
