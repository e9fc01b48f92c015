"""Getters: which attributes and methods of a type may be read, by their names and signatures.

Nothing is read here. A property is read; a method is called if its name says that it only tells
something, it takes no argument, and it returns something. Names that act are never read, but for
those of a getter that has a setter: `get_next` beside `set_next`.
"""

from __future__ import annotations

import inspect
import re
from inspect import Parameter
from types import (
    ClassMethodDescriptorType,
    CoroutineType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
)
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters._comparison.names import differs_by_nature, is_asking, is_noun, setter_for, uses_up
from adapters._expressions import is_of_stdlib
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from collections.abc import Iterator


# Where a class from elsewhere has these bases, they tell what its contents tell.
_PROTOCOLS = frozenset(("abc", "builtins", "collections.abc", "contextlib", "enum", "typing"))
# Digests of any length are read with this one, in bytes.
_DIGESTS = frozenset(("digest", "hexdigest"))
_LENGTH = 8
_ANY = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_BY_PLACE = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class Getter(NamedTuple):
    """One thing to read: its name, whether it is a method, to be called, and with what."""

    name: str
    called: bool
    arguments: tuple[int, ...] = ()

    def __str__(self) -> str:
        call = f"({', '.join(map(str, self.arguments))})" if self.called else ""
        return f".{self.name}{call}"

    def read(self, obj: Any) -> Any:
        value = getattr(obj, self.name)
        value = value(*self.arguments) if self.called else value
        if type(value) is CoroutineType:  # of a method that a decorator hides
            value.close()
        return value


def getters_of(cls: type, *, of_stdlib: bool = False) -> Iterator[Getter]:
    """The public properties and getters of a type, those of the standard library if asked for."""
    seen: set[str] = set()
    left_out = frozenset(("numpy",))  # arrays and what describes them: they are seen whole
    if not is_of_stdlib(cls):
        left_out |= _PROTOCOLS
    for base in type.__getattribute__(cls, "__mro__"):
        skipped = is_of_stdlib(base) and not of_stdlib
        if base is object or skipped or base.__module__ in left_out:
            continue
        for name, attribute in list(vars(base).items()):
            if type(name) is not str or name in seen or name.startswith("_"):
                continue
            seen.add(name)
            if differs_by_nature(name):
                continue
            if is_read(attribute):
                # A member, as of __slots__, is held by the object: to read it runs no code.
                if type(attribute) is MemberDescriptorType or not uses_up(name):
                    yield Getter(name, called=False)
            elif is_asking(name) or _is_set(cls, name):
                if takes_nothing(name, attribute):
                    yield Getter(name, called=True)
                elif name in _DIGESTS and _takes_one(attribute):
                    yield Getter(name, called=True, arguments=(_LENGTH,))


def _is_set(cls: type, name: str) -> bool:
    """Whether a type has the setter that belongs to a getter of this name."""
    setter = setter_for(name)
    held = (vars(base).get(setter) for base in type.__getattribute__(cls, "__mro__"))
    return setter != "" and any(map(callable, held))


def pointers_of(cls: type) -> Iterator[str]:
    """The private members of the C struct of a type, of which some may be pointers."""
    for base in type.__getattribute__(cls, "__mro__"):
        if "__slots__" in vars(base) or is_of_stdlib(base):
            continue  # slots of Python classes are attributes
        for name, attribute in list(vars(base).items()):
            if type(attribute) is MemberDescriptorType and name.startswith("_"):
                yield name


def is_read(attribute: object) -> bool:
    """Whether an attribute of a type is a property, in Python or in C."""
    kind = type(attribute)
    if issubclass(kind, (property, GetSetDescriptorType, MemberDescriptorType)):
        return True
    if kind.__name__ == "cached_property":
        return True
    # Other descriptors of data: those of Cython, pybind11, nanobind, Boost.Python and attrs.
    return hasattr(kind, "__get__") and hasattr(kind, "__set__") and not callable(attribute)


def takes_nothing(name: str, attribute: Any) -> bool:
    """Whether a method can be called without arguments, and returns something."""
    signature = _signature(attribute)
    if signature is not None and not _says_nothing(signature):
        return len(_required(signature)) <= 1 and _returns(signature)  # self
    if not _is_method(attribute) or (signature is not None and not _returns(signature)):
        return False
    try:
        text = attribute.__doc__
    except failures():
        text = None
    documented = _documented(name, text) if type(text) is str else None
    if documented is not None:
        return documented
    # A decorator hides what it wraps: a noun may be the name of a setter, a question is none.
    return not (isinstance(attribute, FunctionType) and is_noun(name))


def _takes_one(attribute: Any) -> bool:
    """Whether a method takes one argument, by its place."""
    signature = _signature(attribute)
    required = [] if signature is None else _required(signature)
    return len(required) == 2 and all(each.kind in _BY_PLACE for each in required)  # self


def _is_method(attribute: Any) -> bool:
    of_class = (staticmethod, classmethod, ClassMethodDescriptorType, type)
    if isinstance(attribute, of_class) or not callable(attribute):
        return False
    return not (isinstance(attribute, FunctionType) and inspect.iscoroutinefunction(attribute))


def _signature(attribute: Any) -> inspect.Signature | None:
    """The signature of a method, None where it has none, and for what is no method."""
    with suppress_failures():
        return inspect.signature(attribute) if _is_method(attribute) else None
    return None


def _required(signature: inspect.Signature) -> list[Parameter]:
    """The parameters that have no default, with self."""
    return [
        parameter
        for parameter in signature.parameters.values()
        if parameter.default is Parameter.empty and parameter.kind not in _ANY
    ]


def _returns(signature: inspect.Signature) -> bool:
    return signature.return_annotation not in (None, "None")


def _says_nothing(signature: inspect.Signature) -> bool:
    """Whether a signature is the one of any function: (*args, **kwargs)."""
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    return bool(kinds) and kinds <= {*_ANY}


def _documented(name: str, text: str) -> bool | None:
    """Whether the signatures in a docstring have one without arguments; None if there is none.

    Those of pybind11, nanobind, Boost.Python, SWIG, Cython and OpenCV have the form
    `name(self: Type, argument: int = 1) -> type`, `name( (Type)self [, (int)argument=1]) -> type`
    or `name() -> value`.
    """
    found = re.findall(rf"\b{re.escape(name)}\s*\(([^\n]*)", text)
    if not found:
        return None
    return any(_is_free(*_split(rest)) for rest in found)


def _split(rest: str) -> tuple[str, str]:
    """The arguments and what is returned, of a signature without its name and opening bracket."""
    depth = 1
    for at, character in enumerate(rest):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            returned = re.match(r"\s*->\s*([\w.\[\], |*]+)", rest[at + 1 :])
            return rest[:at], returned[1].strip() if returned else ""
    return rest, ""


def _is_free(arguments: str, returned: str) -> bool:
    if returned in ("None", "void"):
        return False
    previous = ""
    while previous != arguments:  # optional ones, innermost first, and the types of Boost.Python
        previous = arguments
        arguments = re.sub(r"\[[^\[\]]*\]|\((\w|\.|:)+\)", "", arguments)
    given = [each.strip() for each in arguments.split(",")]
    required = [each for each in given if each and "=" not in each and each not in ("/", "*")]
    return not required or (len(required) == 1 and _is_self(required[0]))


def _is_self(argument: str) -> bool:
    return bool(re.match(r"(self|arg1|this|\w+ self)\b", argument))
