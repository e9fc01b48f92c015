"""Makers: what makes objects of a type: itself, its class methods, the functions around it."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, NamedTuple

from adapters._expressions import is_of_stdlib
from adapters._suggest.names import content, modules_of, name_of, written
from adapters._suggest.signatures import Parameter, returns, signatures
from adapters._suggest.words import creates, loads, opens, saves
from adapters.errors import failures, suppress_failures

_MOST = 60  # functions of modules


class Maker(NamedTuple):
    """What may make an object.

    Attributes:
        name: Its last name.
        expression: What to write to have it.
        kind: "type", "classmethod" or "function".
        near: Whether it is of the type, or in a module that has the type.
        signatures: Its parameters, one list for each overload; empty if nothing tells them.
        returns: The type that it says to return, "" if it says nothing.
    """

    name: str
    expression: str
    kind: str
    near: bool
    signatures: tuple[tuple[Parameter, ...], ...]
    returns: str

    @property
    def given(self) -> tuple[tuple[Parameter, ...], ...]:
        """The signatures that say something, as (*args, **kwargs) does not."""
        return tuple(
            each for each in self.signatures if not each or any(p.kind[0] != "*" for p in each)
        )


def constructor_of(cls: type) -> Maker | None:
    """A type as what makes its objects, None if no module names it."""
    named = name_of(cls)
    if named is None:
        return None
    found = _signatures(cls, cls)
    return Maker(cls.__name__, named.expression, "type", True, found, cls.__name__)


def class_methods_of(cls: type) -> list[Maker]:
    """The class methods and static methods of a type that may make an object of it."""
    named = name_of(cls)
    if named is None:
        return []
    found: dict[str, Maker] = {}
    for base in type.__getattribute__(cls, "__mro__"):
        if base is object:
            continue
        for name, attribute in list(vars(base).items()):
            if type(name) is not str or name.startswith("_") or name in found:
                continue
            if not (loads(name) or opens(name)) or not _is_of_class(attribute, base, name):
                continue
            bound = _bound(cls, name)
            if bound is not None:
                expression = written(named.module, f"{named.path}.{name}")
                found[name] = Maker(
                    name, expression, "classmethod", True, _signatures(bound), _says(bound)
                )
    return list(found.values())


def functions_for(cls: type) -> list[Maker]:
    """The functions of modules around a type that may make an object of it, the likely first."""
    found: list[tuple[int, int, Maker]] = []
    seen: set[int] = set()
    own = name_of(cls)
    for depth, (module_name, module) in enumerate(modules_of(cls)):
        for name, each in content(module).items():
            if id(each) in seen or not _is_function(each):
                continue
            seen.add(id(each))
            near = depth < 3 or (own is not None and own.module == module_name)
            said = _says(each) if creates(name, cls) or loads(name) or opens(name) else ""
            fits = said.rpartition(".")[2] == cls.__name__
            if not (fits or creates(name, cls) or loads(name) or (near and opens(name))):
                continue
            expression = written(module_name, name)
            maker = Maker(name, expression, "function", near, _signatures(each), said)
            rank = 0 if fits or creates(name, cls) else 1 if near else 2
            found.append((rank, depth, maker))
    found.sort(key=lambda each: each[:2])
    return [maker for _, _, maker in found[:_MOST]]


def savers_for(cls: type) -> list[tuple[str, str]]:
    """The functions of modules around a type that may make data of an object of it.

    Each as (name, expression).
    """
    found: list[tuple[str, str]] = []
    seen: set[int] = set()
    for module_name, module in modules_of(cls):
        for name, each in content(module).items():
            if id(each) not in seen and saves(name) and _is_function(each):
                seen.add(id(each))
                expression = written(module_name, name)
                found.append((name, expression))
    return found[:_MOST]


def _is_of_class(attribute: object, base: type, name: str) -> bool:
    """Whether an attribute of a class is called with the class, or with nothing."""
    if isinstance(attribute, (classmethod, staticmethod)):
        return True
    kind = type(attribute).__name__
    if kind in ("classmethod_descriptor", "builtin_function_or_method", "nb_func", "nb_method"):
        return True
    with suppress_failures():
        bound = getattr(base, name)
        return isinstance(bound, MethodType) or (
            isinstance(bound, BuiltinFunctionType) and bound.__self__ is not None
        )
    return False


def is_method(cls: type, name: str) -> bool:
    """Whether something of a class is called with its objects."""
    for base in type.__getattribute__(cls, "__mro__"):
        if name in vars(base):
            attribute = vars(base)[name]
            return callable(attribute) and not _is_of_class(attribute, base, name)
    return False


def _is_function(value: Any) -> bool:
    if isinstance(value, (FunctionType, BuiltinFunctionType)):
        return getattr(value, "__module__", None) not in ("typing", "dataclasses")
    kind = type(value)
    return kind.__name__ in ("cython_function_or_method", "nb_func", "ufunc") or (
        kind.__module__ == "Boost.Python" and kind.__name__ == "function"
    )


def _bound(cls: type, name: str) -> Any:
    try:
        return getattr(cls, name)
    except failures():
        return None


def _says(function: Any) -> str:
    try:
        return returns(function)
    except failures():
        return ""


def _signatures(function: Any, cls: type | None = None) -> tuple[tuple[Parameter, ...], ...]:
    if cls is not None and is_of_stdlib(cls) and cls.__module__ == "builtins":
        cls = None
    try:
        return tuple(map(tuple, signatures(function, cls)))
    except failures():
        return ()
