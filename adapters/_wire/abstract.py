"""Abstract classes: no object has exactly this type, so an adapter for it alone serves nothing.

Objects may be instances of it for `isinstance` although it is none of their bases: their types were
given to `ABC.register` (virtual subclasses), or match a protocol.
"""

from __future__ import annotations

import sys

from adapters._naming import has_module, qualified_name
from adapters._wire.ctype import is_ctype
from adapters.errors import RegistrationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from adapters._wire.adapter import Adapter

_ABSTRACT = 1 << 20  # Py_TPFLAGS_IS_ABSTRACT: it has abstract methods
_NATIVE = type(object.__new__)  # a `__new__` that is not written in Python
_SHOWN = 3  # names of types


def require_objects(adapter: Adapter) -> None:
    """Refuse an adapter that would serve no object, as its type is abstract.

    With `subclasses=True` it serves the classes that derive from the type, also later ones; so it
    is refused only if virtual subclasses, which it does not serve, are all that there is.

    Raises:
        RegistrationError: it names the types that the objects have.
    """
    target = adapter.target
    if is_ctype(target) or not _is_abstract(target):
        return
    types = _concrete_types(target)
    derived = [cls for cls in types if target in cls.__mro__]
    if adapter.subclasses and (derived or not (types or _is_protocol(target))):
        return
    subject, problem = qualified_name(target), "it is abstract, so no object has exactly this type"
    advice = "register type(obj), the type of an object"
    if types and all(map(has_module, types)):
        left = f" and {len(types) - _SHOWN} more" if len(types) > _SHOWN else ""
        advice = f"register {', '.join(map(qualified_name, types[:_SHOWN]))}{left}"
    if adapter.subclasses:
        problem += ", and no class derives from it"
    elif derived or not types:
        advice += ", or pass subclasses=True if serialize and factory keep the class of an object"
    problem = f"cannot register an adapter for {subject}: {problem}; {advice}"
    raise RegistrationError(problem, subject)


def _is_abstract(cls: type) -> bool:
    if _is_protocol(cls):
        return True
    new, init = _inherited(cls, "__new__"), _inherited(cls, "__init__")
    if _registered(cls) and new is object.__new__ and init is object.__init__:
        return True  # virtual subclasses and no constructor: an interface without abstract methods
    if not cls.__flags__ & _ABSTRACT:
        return False
    return _inherited(cls, "__new__", _NATIVE) is object.__new__  # others make such objects


def _is_protocol(cls: type) -> bool:
    """Whether a class is a typing.Protocol, and not one that derives from a protocol."""
    return _inherited(cls, "_is_protocol") is True


def _inherited(cls: type, name: str, kind: type = object) -> Any:
    """An attribute of a class or its nearest base, of a type; as it stands there, or None."""
    found = (vars(base).get(name) for base in cls.__mro__)
    return next((each for each in found if each is not None and isinstance(each, kind)), None)


def _concrete_types(cls: type) -> list[type]:
    """The types below an abstract class, virtual ones too, of which there can be objects."""
    abstract, concrete = [cls], set()
    for base in abstract:
        for sub in [*type.__subclasses__(base), *_registered(base)]:
            if not _is_abstract(sub):
                concrete.add(sub)
            elif sub not in abstract:
                abstract.append(sub)
    return sorted(concrete, key=qualified_name)


def _registered(cls: type) -> list[type]:
    """The types that were given to `cls.register`, if it is an abstract base class."""
    try:
        references = sys.modules["_abc"]._get_dump(cls)[0]
    except (KeyError, AttributeError, TypeError):  # no such class, or an interpreter without that
        return []
    return [found for found in (reference() for reference in references) if found is not None]
