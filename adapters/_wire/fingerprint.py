"""Fingerprints: digests that are equal for the same registration, in whichever process it ran."""

from __future__ import annotations

from adapters._wire.importable import MAIN
from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_FUNCTION, _CODE = type(lambda: None), type((lambda: None).__code__)
_METHOD = type(type("", (), {"method": lambda self: None})().method)
_MOST = 1000  # objects that one description goes into


def fingerprint(name: str, version: int, subclasses: bool, functions: Iterable[Any]) -> str:
    """A digest of what an adapter is called and of what its functions do.

    A child that runs the same script again makes the same registration. The digest tells that one
    from another registration of the same name, without loading the functions of the other.

    Returns:
        24 hexadecimal digits, of BLAKE2b.
    """
    import hashlib

    known = (name, version, subclasses, _describe(functions, {}))
    return hashlib.blake2b(repr(known).encode(), digest_size=12).hexdigest()


def _describe(value: Any, seen: dict[int, object]) -> object:
    """`value` as nested tuples of scalars, equal in each process that ran the same source."""

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
    if id(value) in seen or len(seen) > _MOST:  # a recursive function is in its own closure
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
    except failures():
        return describe(kind, name)
    return describe(*reduced) if type(reduced) is tuple else describe(kind, reduced)


def _is_named(function: Any) -> bool:
    """Whether a function is known by its name, and not only by its code."""
    return "<" not in function.__qualname__ and function.__module__ not in MAIN


def _contents(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # still empty
        return "empty"
