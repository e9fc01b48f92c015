"""The parameters of a constructor or of any callable, from all that an extension offers.

Signatures are read from `inspect`, `__nb_signature__` of nanobind, docstrings and stubs. Nothing is
called; only attributes are read that describe a callable.
"""

from __future__ import annotations

import inspect
import sys
from functools import lru_cache
from types import BuiltinFunctionType, FunctionType, ModuleType, WrapperDescriptorType
from typing import TYPE_CHECKING, Any, cast

from adapters._naming import qualified_name
from adapters._suggest.docstrings import documented
from adapters._suggest.parameters import (
    MISSING,
    Parameter,
    merged,
    says_nothing,
    value_of,
)
from adapters._suggest.sections import described, described_result
from adapters._suggest.stubs import stubs_of
from adapters.errors import failures, suppress_failures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters._suggest.docstrings import Documented
    from adapters._suggest.parameters import Signature
    from adapters._suggest.stubs import Stub

__all__ = ["MISSING", "Parameter", "returns", "signatures"]

_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "either",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}
_CONSTRUCTORS = ("__init__", "__new__", "__cinit__")
_OF_CLASS = ("__init__", "__new__")
_OWNERS = frozenset(("self", "cls"))
_AS_WORDS: dict[str, Any] = {}  # how `inspect` is to give annotations: not evaluated
if sys.version_info >= (3, 14):
    import annotationlib

    _AS_WORDS["annotation_format"] = annotationlib.Format.STRING


def signatures(function: Any, cls: type | None = None) -> list[list[Parameter]]:
    """The signatures of a callable, or of a type's constructor, without self or cls.

    Args:
        function: A function, method or type, of Python or of an extension.
        cls: The type from which the function was got, if it is one of its methods.

    Returns:
        One list of parameters for each overload, the best documented first; [] if nothing tells
        them. One that takes anything, (*args, **kwargs), only where nothing else is known.
    """
    if issubclass(type(function), type):
        return _of_type(function)
    cls = _class_of(function, cls)
    name = _text(function, "__name__")
    doc = _text(function, "__doc__")
    told = _inspected(function, cls, name)
    sources = [
        [told] if told is not None else [],
        [each.parameters for each in _of_nanobind(function, name, cls)],
        [each.parameters for each in documented(doc, (name,), cls)] if name else [],
        [each.parameters for each in _stubs(function, name, cls)],
    ]
    return _with_descriptions(sources, [doc])


def returns(function: Any, cls: type | None = None) -> str:
    """What a callable returns, in the words of its documentation; "" if nothing tells it."""
    if issubclass(type(function), type):
        return qualified_name(function)
    cls = _class_of(function, cls)
    name = _text(function, "__name__")
    doc = _text(function, "__doc__")
    annotation: Any = inspect.Signature.empty
    with suppress_failures():
        annotation = inspect.signature(function, **_AS_WORDS).return_annotation
    if annotation is not inspect.Signature.empty:
        return _annotation(annotation)
    if not name:
        return described_result(doc)
    tellers = (
        lambda: _of_nanobind(function, name, cls),
        lambda: _stubs(function, name, cls),
        lambda: documented(doc, (name,), cls),  # last: OpenCV's tells a name, not a type
    )
    words = (each.returned for teller in tellers for each in teller() if each.returned)
    return next(words, "") or described_result(doc)


def _of_type(cls: type) -> list[Signature]:
    told = _inspected(cls, None, "")
    if told is None or says_nothing(told) or _has_call(type(cls)):
        told = None if _has_call(type(cls)) else told
        of_both = [_inspected(_read(cls, name), cls, name) for name in _OF_CLASS]
        inspected = [each for each in (told, *of_both) if each is not None]
    else:
        inspected = [told]
    init = _read(cls, "__init__")
    nanobind = [each.parameters for each in _of_nanobind(init, "__init__", cls)]
    docs: list[str] = []
    below: list[Signature] = []
    stubs: list[Signature] = []
    for base in type.__getattribute__(cls, "__mro__")[:-1]:
        # A type without a constructor of its own has the one of the next type.
        own_docs = [_text(base, "__doc__")]
        own_docs += [_text(_read(base, name), "__doc__") for name in _OF_CLASS]
        docs += own_docs
        names = (*_CONSTRUCTORS, _names_of(base)[-1])
        below = [each.parameters for doc in own_docs for each in documented(doc, names, base)]
        stubs = [each.parameters for name in _OF_CLASS for each in _stubs(base, name, base)]
        own = type.__getattribute__(base, "__dict__")
        if below or stubs or any(isinstance(own.get(name), FunctionType) for name in _OF_CLASS):
            break
    return _with_descriptions([inspected, nanobind, below, stubs], docs)


def _with_descriptions(sources: list[list[Signature]], docs: list[str]) -> list[Signature]:
    """The signatures of all sources, with the types that docstrings tell for each parameter."""
    found = merged(sources)
    about = next(filter(None, map(described, docs)), [])
    if about and (not found or says_nothing(found[0])):
        return [about]
    types = {each.name: each.type for each in about}
    return [
        [each if each.type else each._replace(type=types.get(each.name, "")) for each in one]
        for one in found
    ]


def _inspected(function: Any, cls: type | None, name: str) -> Signature | None:
    """What `inspect` tells; None if that is nothing, as for a slot that is the same for all."""
    slots = (WrapperDescriptorType, BuiltinFunctionType)
    try:
        signature = inspect.signature(function, **_AS_WORDS)
        found = [_parameter(each) for each in signature.parameters.values()]
    except failures():
        return None
    if found and _is_owner(found[0], function, cls, name):
        del found[0]
    return None if says_nothing(found) and isinstance(function, slots) else found


def _parameter(parameter: inspect.Parameter) -> Parameter:
    kind = _KINDS[parameter.kind]
    is_required = parameter.default is MISSING and kind not in ("*", "**")
    words = _annotation(parameter.annotation)
    return Parameter(parameter.name, is_required, kind, words, value_of(parameter.default))


def _annotation(annotation: Any) -> str:
    if annotation is MISSING:
        return ""
    if isinstance(annotation, str):
        return annotation.strip("'\"")
    if annotation is None:
        return "None"
    if isinstance(annotation, type) and type(annotation).__name__ != "GenericAlias":
        module, name = _names_of(annotation)
        return name if module == "builtins" else f"{module}.{name}"
    with suppress_failures():
        return repr(annotation)
    return ""


def _is_owner(first: Parameter, function: object, cls: type | None, name: str) -> bool:
    """Whether a first parameter is the object or type itself, by its name or in a method."""
    if first.kind not in ("positional", "either"):
        return False
    if first.name in _OWNERS:
        return True
    if cls is None or first.type or type(function) is not FunctionType:
        return False
    bases = type.__getattribute__(cls, "__mro__")
    held = (type.__getattribute__(base, "__dict__").get(name) for base in bases)
    return name == "__new__" or function in held


def _has_call(metaclass: type) -> bool:
    """Whether a metaclass has a `__call__` in Python, which `inspect` takes for the constructor."""
    return any(isinstance(vars(base).get("__call__"), FunctionType) for base in metaclass.__mro__)


def _class_of(function: Any, cls: type | None) -> type | None:
    """The type whose method a callable is, None if it is of a module."""
    if cls is not None:
        return cls
    for name in ("__objclass__", "__self__"):
        owner = _read(function, name)
        if issubclass(type(owner), type):
            return cast("type", owner)
        if owner is not None and not issubclass(type(owner), ModuleType):
            return type(owner)
    return None


def _of_nanobind(function: Any, name: str, cls: type | None) -> list[Documented]:
    found: list[Documented] = []
    overloads = _read(function, "__nb_signature__")
    for overload in overloads if isinstance(overloads, tuple) else ():
        text = overload[0] if isinstance(overload, tuple) and overload else ""
        if type(text) is str:
            found += documented(text.rpartition("\ndef ")[2], (name,), cls)
    return found


def _stubs(function: Any, name: str, cls: type | None) -> list[Stub]:
    if not name:
        return []
    if cls is None:
        return stubs_of(_modules(function, name), (name,))
    for base in type.__getattribute__(cls, "__mro__")[:-1]:
        _, qualified = _names_of(base)
        classes = qualified.split(".")
        found = stubs_of(_modules(base, classes[0]), (*classes, name))
        if found:
            return found
        if name in type.__getattribute__(base, "__dict__"):
            break
    return []


def _modules(target: Any, name: str) -> Iterator[str]:
    """The modules that hold a type or function, first the one that it names itself."""
    own = _text(target, "__module__")
    if own and own != "builtins":
        yield own
    # Types of PyO3 say that they are of `builtins`, others name a module that is none.
    root = own.partition(".")[0] if own in sys.modules and own != "builtins" else ""
    for module in _with_name(name, root, len(sys.modules)):
        found = None
        with suppress_failures():
            found = object.__getattribute__(sys.modules[module], "__dict__").get(name)
        if found is target and module != own:
            yield module


@lru_cache(maxsize=1024)
def _with_name(name: str, root: str, _count: int) -> list[str]:
    """The modules below a package that have a name; as many modules are loaded."""
    found = []
    for module, held in list(sys.modules.items()):
        if module.startswith(root):
            with suppress_failures():
                if name in object.__getattribute__(held, "__dict__"):
                    found.append(module)
    return found


def _names_of(cls: type) -> tuple[str, str]:
    """The module and the qualified name of a type."""
    names = [_text(cls, "__module__"), _text(cls, "__qualname__")]
    return names[0] or "builtins", names[1] or type.__getattribute__(cls, "__name__")


def _text(target: Any, name: str) -> str:
    found = _read(target, name)
    return found if type(found) is str else ""


def _read(target: Any, name: str) -> Any:
    with suppress_failures():
        return getattr(target, name, None)
    return None
